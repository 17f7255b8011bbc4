//! Servers that ask for time: what they say about being asked again, and a transport that does as they say.
//!
//! A limit of calls is no fault. Nor is it a reason to wait for ever: a run has a budget for it, and an answer that
//! still asks for time when the budget is spent counts as it is. What it says of the server's limit, it does not say of
//! the request: no check that compares it with other answers is asked.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{checks::ASKED_TO_WAIT, wire};
use crate::{
    client::{Call, CallError, Code, Exchange, Greeting, Transport},
    diag::{Diagnostic, Severity},
};

/// How often one call is made again because the server asked for time.
const TIMES: usize = 3;
/// How much of a run may be spent on waiting: this, or a tenth of the time that the run has.
const BUDGET: Duration = Duration::from_secs(5);

/// What an answer says about asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// After so much time.
    After(Duration),
    /// Not at all.
    Never,
}

/// What UNAVAILABLE or RESOURCE_EXHAUSTED says about asking again: the trailer `grpc-retry-pushback-ms` (gRFC A6), or
/// else the `google.rpc.RetryInfo` of its details.
pub(super) fn advice(exchange: &Exchange) -> Option<Advice> {
    let status = exchange.status();
    if status.synthetic || !matches!(status.code, Code::Unavailable | Code::ResourceExhausted) {
        return None;
    }
    if let Some(pushback) = exchange.trailer("grpc-retry-pushback-ms") {
        // "If the value for pushback is negative or unparseable, then it will be seen as the server asking the client
        // not to retry at all."
        let millis = std::str::from_utf8(pushback).ok().and_then(|text| text.parse::<u32>().ok());
        return Some(millis.map_or(Advice::Never, |ms| Advice::After(Duration::from_millis(ms.into()))));
    }
    retry_delay(exchange.trailer("grpc-status-details-bin")?).map(Advice::After)
}

/// `retry_delay` of the `google.rpc.RetryInfo` in a `google.rpc.Status`.
fn retry_delay(status: &[u8]) -> Option<Duration> {
    const DETAILS: u32 = 3;
    for any in wire::fields(status)?.iter().filter(|field| field.number == DETAILS) {
        let any = wire::fields(&any.payload)?;
        let part = |number| any.iter().rev().find(|field| field.number == number).map(|it| &it.payload[..]);
        if part(1).is_some_and(|url| url.ends_with(b"google.rpc.RetryInfo")) {
            let info = wire::fields(part(2).unwrap_or_default())?;
            let Some(delay) = info.iter().rev().find(|field| field.number == 1) else {
                return Some(Duration::ZERO);
            };
            let delay = wire::fields(&delay.payload)?;
            let number = |number| {
                let field = delay.iter().rev().find(|field| field.number == number);
                field.map_or(Some(0), wire::Field::as_u64)
            };
            // More than a second's worth of nanoseconds is no delay.
            let nanos = u32::try_from(number(2)?).ok().filter(|nanos| *nanos < 1_000_000_000)?;
            return Some(Duration::new(number(1)?, nanos));
        }
    }
    None
}

/// Makes calls as the transport within, and again where the server asks for time, for as long as the budget lasts.
#[derive(Debug)]
pub(super) struct Patient<'a, T> {
    transport: &'a T,
    budget: Mutex<Budget>,
    /// Calls made again.
    again: AtomicU64,
    /// Answers that asked for time and did not get it.
    put_off: AtomicU64,
}

#[derive(Debug)]
struct Budget {
    whole: Duration,
    left: Duration,
    /// Somebody waits until then: who waits beside costs nothing more.
    until: Instant,
}

impl<'a, T> Patient<'a, T> {
    pub fn new(transport: &'a T, max_time: Option<Duration>) -> Self {
        let whole = max_time.map_or(BUDGET, |time| time / 10);
        let budget = Mutex::new(Budget { whole, left: whole, until: Instant::now() });
        Patient { transport, budget, again: 0.into(), put_off: 0.into() }
    }

    /// How many calls were made beyond those that were asked for.
    pub fn again(&self) -> u64 {
        self.again.load(Relaxed)
    }

    /// What is worth saying of a server that asked for time.
    pub fn said(&self) -> Option<Diagnostic> {
        let (again, put_off) = (self.again(), self.put_off.load(Relaxed));
        if again + put_off == 0 {
            return None;
        }
        let waited = self.budget(|budget| budget.whole - budget.left).as_secs_f64();
        let message =
            format!("the server asked for time: {again} calls were made again, after {waited:.1} s in all");
        if put_off == 0 {
            return Some(Diagnostic::new(&ASKED_TO_WAIT, Severity::Note, message));
        }
        let message = format!("{message}, and {put_off} answers still asked for it");
        let said = Diagnostic::new(&ASKED_TO_WAIT, Severity::Warning, message);
        Some(said.help("raise the server's limit for the test, or take more time for it with --max-time"))
    }

    /// Takes the wait from the budget, if there is enough of it.
    fn grant(&self, wait: Duration) -> bool {
        let now = Instant::now();
        let Some(end) = now.checked_add(wait) else { return false };
        self.budget(|budget| {
            let cost = end.saturating_duration_since(budget.until.max(now));
            let Some(left) = budget.left.checked_sub(cost) else { return false };
            budget.left = left;
            budget.until = budget.until.max(end);
            true
        })
    }

    fn budget<R>(&self, with: impl FnOnce(&mut Budget) -> R) -> R {
        with(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Transport> Patient<'_, T> {
    async fn ask<F>(&self, make: impl Fn() -> F + Send) -> Result<Exchange, CallError>
    where
        F: Future<Output = Result<Exchange, CallError>> + Send,
    {
        let mut exchange = make().await?;
        for _ in 0..TIMES {
            match advice(&exchange) {
                None => return Ok(exchange),
                Some(Advice::After(wait)) if self.grant(wait) => tokio::time::sleep(wait).await,
                Some(_) => break,
            }
            self.again.fetch_add(1, Relaxed);
            exchange = make().await?;
        }
        self.put_off.fetch_add(u64::from(advice(&exchange).is_some()), Relaxed);
        Ok(exchange)
    }
}

impl<T: Transport> Transport for Patient<'_, T> {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        self.ask(|| self.transport.call(call)).await
    }

    async fn call_through_window(&self, call: &Call, window: u32) -> Result<Exchange, CallError> {
        self.ask(|| self.transport.call_through_window(call, window)).await
    }

    async fn greet(&self, within: Duration) -> Option<Result<Greeting, CallError>> {
        self.transport.greet(within).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::End;

    fn answer(code: &str, trailers: &[(&str, &[u8])]) -> Exchange {
        let pair = |(name, value): &(&str, &[u8])| ((*name).to_owned(), value.to_vec());
        Exchange {
            http_status: Some(200),
            headers: Vec::new(),
            messages: Vec::new(),
            leftover: Vec::new().into(),
            trailers: [("grpc-status", code.as_bytes())].iter().chain(trailers).map(pair).collect(),
            end: End::Trailers,
            t_headers: None,
            arrivals: Vec::new(),
            unread: 0,
            elapsed: Duration::ZERO,
        }
    }

    /// A `google.rpc.Status` with one detail of this type and content.
    fn details(kind: &str, content: &[u8]) -> Vec<u8> {
        let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat();
        let url = format!("type.googleapis.com/{kind}");
        let any = [field(1, url.as_bytes()), field(2, content)].concat();
        [vec![0x08, 8], field(3, &any)].concat()
    }

    #[test]
    fn what_an_answer_says_about_asking_again() {
        const RETRY: &str = "google.rpc.RetryInfo";
        let after = |millis| Some(Advice::After(Duration::from_millis(millis)));
        let pushback = |text: &'static str| vec![("grpc-retry-pushback-ms", text.as_bytes().to_vec())];
        let info = |kind, content: &[u8]| vec![("grpc-status-details-bin", details(kind, content))];
        for (code, trailers, expected) in [
            ("8", pushback("250"), after(250)),
            ("14", pushback("0"), after(0)),
            ("8", pushback("-1"), Some(Advice::Never)),
            ("8", pushback("soon"), Some(Advice::Never)),
            ("0", pushback("250"), None),
            ("13", pushback("250"), None),
            // 2 s, 3 s and 500 ms, 7 ns, nothing at all.
            ("8", info(RETRY, &[0x0a, 2, 0x08, 2]), after(2000)),
            ("14", info(RETRY, &[0x0a, 8, 0x08, 3, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]), after(3500)),
            ("8", info(RETRY, &[0x0a, 2, 0x10, 7]), Some(Advice::After(Duration::from_nanos(7)))),
            ("8", info(RETRY, &[]), after(0)),
            ("5", info(RETRY, &[0x0a, 2, 0x08, 2]), None),
            ("8", info("google.rpc.QuotaFailure", &[0x0a, 2, 0x08, 2]), None),
            ("8", info(RETRY, &[0x0a, 9, 0x08]), None),
            ("8", vec![("grpc-status-details-bin", vec![0xff])], None),
            ("8", [info(RETRY, &[0x0a, 2, 0x08, 2]), pushback("1")].concat(), after(1)),
            ("8", Vec::new(), None),
        ] {
            let trailers: Vec<(&str, &[u8])> = trailers.iter().map(|(n, v)| (*n, v.as_slice())).collect();
            assert_eq!(advice(&answer(code, &trailers)), expected, "{code} {trailers:?}");
        }
        let synthetic = Exchange { trailers: Vec::new(), http_status: Some(503), ..answer("8", &[]) };
        assert_eq!(advice(&synthetic), None);
    }

    /// Always says this.
    struct Busy(&'static str, AtomicU64);

    impl Transport for Busy {
        async fn call(&self, _: &Call) -> Result<Exchange, CallError> {
            self.1.fetch_add(1, Relaxed);
            Ok(answer("8", &[("grpc-retry-pushback-ms", self.0.as_bytes())]))
        }
    }

    #[tokio::test]
    async fn a_server_is_asked_again_three_times_and_within_the_budget() {
        let call = Call { path: "/a/b".into(), metadata: vec![], deadline: Duration::ZERO, script: vec![] };
        for (pushback, max_time, calls, left) in [
            ("1", None, 4, 4997),
            ("0", Some(0), 4, 0),
            ("-1", None, 1, 5000),
            // A budget of 10 ms has room for two times 4 ms, and for no 11 ms.
            ("4", Some(100), 3, 2),
            ("11", Some(100), 1, 10),
            ("4294967295", None, 1, 5000),
        ] {
            let server = Busy(pushback, 0.into());
            let patient = Patient::new(&server, max_time.map(Duration::from_millis));
            patient.call(&call).await.unwrap();
            assert_eq!(server.1.load(Relaxed), calls, "{pushback}");
            assert_eq!(patient.budget(|budget| budget.left.as_millis()), left, "{pushback}");
            let said = patient.said().unwrap();
            assert!(
                said.message.contains(&format!("{} calls were made again", calls - 1)),
                "{}",
                said.message
            );
            assert!(said.severity == Severity::Warning && said.message.contains("1 answers still"));
        }
    }

    /// A wall clock runs once for all who wait.
    #[tokio::test]
    async fn who_waits_together_waits_once() {
        let server = Busy("100", 0.into());
        let patient = Patient::new(&server, None);
        for _ in 0..10 {
            assert!(patient.grant(Duration::from_millis(100)));
        }
        let spent = patient.budget(|budget| budget.whole - budget.left);
        assert!((100..200).contains(&spent.as_millis()), "{spent:?}");
    }
}
