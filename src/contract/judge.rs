//! One case on the wire: makes the calls an input needs and asks the checks. Run, shrinking and replay share it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prost_reflect::DynamicMessage;

use super::{
    Check, Class, Method,
    answer::Answer,
    checks::{Seen, Verdict, is_flood, timed_out},
    compare, cover,
    input::Input,
    patient::advice,
    requests, streams,
};
use crate::client::{Call, CallError, Code, End, Exchange, Step, Transport, frame};

/// What makes two failures the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub check: &'static str,
    pub method: String,
    pub cause: String,
}

#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub key: Key,
    pub check: &'static Check,
    pub message: String,
    pub outcome: String,
    pub answer: Answer,
    /// There may be a good reason for it.
    pub doubtful: bool,
}

/// What came of one case.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// The name of the status, or how the call broke; nothing when it could not be made.
    pub outcome: Option<String>,
    pub failures: Vec<Failure>,
    pub open_ended: bool,
    pub hung: bool,
    /// The server asked for time to the last.
    pub put_off: bool,
    /// The replies to a valid request that was answered with OK.
    pub replies: Vec<DynamicMessage>,
    /// A valid request was answered with OK.
    pub accepted: bool,
    /// What the server said, in its status and its trailers: the words of a refusal.
    pub said: Option<(Code, String)>,
    /// Why the server could not be called.
    pub unreachable: Option<CallError>,
}

pub(super) struct Judge<'a, T> {
    pub transport: &'a T,
    pub checks: &'a [&'static Check],
    pub metadata: &'a [(String, Vec<u8>)],
    pub deadline: Duration,
    pub calls: AtomicU64,
    /// Asks after every case whether the server is still there, not only after those that lost the connection.
    pub doubts: bool,
    /// How long a unary call may take, where that is bounded.
    pub max_latency: Option<Duration>,
    /// A unary method, to be called beside another.
    pub sibling: Option<&'a Method>,
    /// Counts the times that cases are sent again, each of which needs names that nobody has used.
    pub again: AtomicU64,
}

const SECOND: Duration = Duration::from_secs(1);

/// A limit of so many calls a second is a fresh one after this time.
const LETS_GO: Duration = Duration::from_millis(1100);

/// How often [`Class::Cancel`] cancels.
const CANCELS: usize = 8;

/// The receive window that HTTP/2 begins with.
const USUAL_WINDOW: u32 = 65_535;

/// How often [`Class::Repeat`] sends the same: what a write changes once more each time shows at the third.
pub(super) fn repetitions(method: &Method) -> usize {
    if method.reads { 2 } else { 3 }
}

/// How many calls [`Class::Parallel`] makes at once.
pub(super) const AT_ONCE: usize = 4;

/// How many other requests are tried to see whether a method ends.
const OTHERS: u64 = 3;

/// So many of a stream of replies say what the server answers with.
const KEPT_REPLIES: usize = 16;

/// How long to wait before asking a busy server again.
const PATIENCE: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(25), Duration::from_millis(125)];

/// How often, and after which waits, a server is asked whether it is alive before it is given up. One that is
/// started again within this time counts as alive.
const LAST_CHANCES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(500)];

/// A path that no server has; a server that is alive answers it, with an error.
const LIVENESS: &str = "/protogate.Liveness/Probe";

impl<'a, T: Transport> Judge<'a, T> {
    /// The same with a tenth of the deadline: what hangs is shrunk in seconds, not in minutes.
    pub fn impatient(&self) -> Judge<'a, T> {
        self.within((self.deadline / 10).max(SECOND.min(self.deadline)))
    }

    /// The same with another deadline, and a count of its own.
    pub fn within(&self, deadline: Duration) -> Judge<'a, T> {
        let (calls, again) = (0.into(), self.again.load(Ordering::Relaxed).into());
        let (transport, checks, metadata) = (self.transport, self.checks, self.metadata);
        Judge {
            transport,
            checks,
            metadata,
            deadline,
            calls,
            doubts: self.doubts,
            max_latency: self.max_latency,
            sibling: self.sibling,
            again,
        }
    }

    pub async fn judge(&self, method: &Method, input: &Input) -> Judged {
        self.try_judge(method, input)
            .await
            .unwrap_or_else(|unreachable| Judged { unreachable: Some(unreachable), ..Judged::default() })
    }

    async fn try_judge(&self, method: &Method, input: &Input) -> Result<Judged, CallError> {
        let (exchange, base) = match input.class {
            class if class.is_compared() => self.compared(method, input).await?,
            Class::Repeat => {
                let call = self.call_of(method, input);
                let mut before = vec![self.patient(&call).await?];
                while before.len() + 1 < repetitions(method) {
                    before.push(self.patient(&call).await?);
                }
                (self.patient(&call).await?, before)
            }
            Class::Parallel => self.parallel(method, input).await?,
            Class::Cancel => self.cancelled(method, input).await?,
            Class::Backpressure => self.beside(method, input).await?,
            Class::Deadline => {
                let exchange = self.call(&self.call_of(method, input)).await?;
                (exchange, vec![self.call(&self.liveness()).await?])
            }
            Class::BadTimeout => (self.apart(&self.call_of(method, input)).await?, Vec::new()),
            Class::Valid if input.label == requests::EDGE => {
                let plain = method.typical(self.salt(method, input, 1));
                let plain = Input::valid(method, "", vec![plain]);
                let before = self.patient(&plain.plain_call(method, self.metadata, self.deadline)).await?;
                (self.patient(&self.call_of(method, input)).await?, vec![before])
            }
            class if class.is_malformed() => (self.call(&self.call_of(method, input)).await?, Vec::new()),
            _ => {
                let exchange = self.patient(&self.call_of(method, input)).await?;
                let others = if is_flood(&exchange) { self.others(method, input).await? } else { Vec::new() };
                (exchange, others)
            }
        };
        let suspect = input.class.is_malformed() && input.class != Class::UnknownMethod;
        let alive = !(suspect || lost(&exchange) || self.doubts) || self.is_alive().await;
        let deadline = input.deadline(self.deadline);
        let (class, label) = (input.class, &*input.label);
        let secrets = self.metadata;
        let sent =
            if class.is_malformed() { Vec::new() } else { self.variant(method, input).messages(method) };
        let seen = Seen {
            method,
            exchange: &exchange,
            base: &base,
            sent: &sent,
            alive,
            deadline,
            class,
            label,
            max_latency: self.max_latency,
            secrets,
        };
        let put_off = advice(&exchange).is_some();
        // An answer that asks for time says something of itself, and nothing of the request.
        let puts_off = |it: &Exchange| advice(it).is_some() || (class != Class::Cancel && is_busy(it));
        let compares = alive && (puts_off(&exchange) || base.iter().any(puts_off));
        let asks = |check: &Check| !compares || check.applies.contains(&Class::Valid);
        let is_plain = matches!(class, Class::Valid | Class::Invalid);
        let mut judged = Judged {
            outcome: Some(exchange.outcome()),
            put_off,
            // A framework that notices the deadline has waited for it all the same.
            hung: class != Class::Deadline
                && !class.is_malformed()
                && (exchange.end == End::Hang || timed_out(&exchange, self.deadline)),
            replies: replies(method, input, &exchange),
            accepted: is_plain && exchange.status().code == Code::Ok,
            said: is_plain.then(|| words(&exchange)),
            ..Judged::default()
        };
        for check in self.checks.iter().filter(|it| it.applies.contains(&input.class) && asks(it)) {
            let (doubtful, cause, message) = match (check.check)(&seen) {
                Verdict::Pass => continue,
                Verdict::OpenEnded => {
                    judged.open_ended = true;
                    continue;
                }
                Verdict::Doubt { cause, message } => (true, cause, message),
                Verdict::Fail { cause, message } => (false, cause, message),
            };
            judged.failures.push(Failure {
                key: Key { check: check.info.name, method: method.name.clone(), cause },
                check,
                message: match input.class {
                    Class::Valid | Class::Invalid | Class::EmptyStream => message,
                    _ => format!("{message} ({})", input.label),
                },
                outcome: exchange.outcome(),
                answer: Answer::of(method, &exchange, secrets),
                doubtful,
            });
        }
        Ok(judged)
    }

    fn call_of(&self, method: &Method, input: &Input) -> Call {
        input.call(method, self.metadata, self.deadline)
    }

    /// Plainly, in the variant, and plainly again. A method that writes gets other names each time, or the second
    /// call would meet what the first one made.
    async fn compared(&self, method: &Method, input: &Input) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let salted = |turn: u64| match method.reads {
            true => input.clone(),
            false => input.renewed(method, self.salt(method, input, turn)),
        };
        let plain = |turn| salted(turn).plain_call(method, self.metadata, self.deadline);
        let mut base = vec![self.patient(&plain(1)).await?];
        let with = self.patient(&self.call_of(method, &self.variant(method, input))).await?;
        // A server that died of it cannot be asked again.
        if !lost(&with) {
            base.push(self.patient(&plain(2)).await?);
        }
        Ok((with, base))
    }

    /// The first time as the case has it, so that what is shown is what was sent.
    fn variant(&self, method: &Method, input: &Input) -> Input {
        let again = self.again.load(Ordering::Relaxed);
        if again == 0 || !input.class.is_compared() {
            return input.clone();
        }
        let renewed =
            if method.reads { input.clone() } else { input.renewed(method, self.salt(method, input, 3)) };
        // A value that was taken over once is no other value any more.
        if input.class == Class::Immutable { requests::moved_on(method, &renewed, again) } else { renewed }
    }

    /// For names that no other case has, the same for the same case. No clock and no count of calls has a part in
    /// it: the cases must not depend on the number of workers.
    fn salt(&self, method: &Method, input: &Input, turn: u64) -> u64 {
        let again = self.again.load(Ordering::Relaxed);
        let sent = input.plain(method).iter().fold(0, |salt, step| match step {
            Step::Send(bytes) | Step::Raw(bytes) => cover::hash(&[&u64::to_le_bytes(salt), bytes]),
            _ => salt,
        });
        let words = [sent, turn, again].map(u64::to_le_bytes);
        cover::hash(&[method.name.as_bytes(), input.label.as_bytes(), &words.concat()]) >> 24
    }

    /// Other plain requests to the method, up to the first that is answered with OK.
    async fn others(&self, method: &Method, input: &Input) -> Result<Vec<Exchange>, CallError> {
        let mut others = Vec::new();
        for turn in 0..OTHERS {
            let typical = method.typical(self.salt(method, input, turn));
            let call =
                Input::valid(method, "", vec![typical]).plain_call(method, self.metadata, self.deadline);
            others.push(self.patient(&call).await?);
            if others.last().is_some_and(|other| other.status().code == Code::Ok) {
                break;
            }
        }
        Ok(others)
    }

    /// Alone, and then several times at once: of those the first that differs, or else the last.
    async fn parallel(&self, method: &Method, input: &Input) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let call = self.call_of(method, input);
        let alone = self.patient(&call).await?;
        let together = futures_util::future::try_join_all((0..AT_ONCE).map(|_| self.patient(&call))).await?;
        let differs = |it: &Exchange| compare::difference(method, &alone, it).is_some();
        let at = together.iter().position(differs).unwrap_or(AT_ONCE - 1);
        let after = self.patient(&call).await?;
        Ok((together.into_iter().nth(at).unwrap_or_else(|| alone.clone()), vec![alone, after]))
    }

    /// A plain call, the cancelled one, and a plain call again, which is what is judged.
    async fn cancelled(
        &self,
        method: &Method,
        input: &Input,
    ) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let plain = |turn: u64| {
            let typical = method.typical(self.salt(method, input, turn));
            Input::valid(method, "", vec![typical]).plain_call(method, self.metadata, self.deadline)
        };
        let before = self.patient(&plain(1)).await?;
        let mut cancelled = self.call(&self.call_of(method, input)).await?;
        // What one of them leaves behind is often not missed before there are several.
        for _ in 1..CANCELS {
            cancelled = self.call(&self.call_of(method, input)).await?;
        }
        let mut after = self.patient(&plain(2)).await?;
        if is_busy(&after) && !is_busy(&before) {
            // A limit of calls lets go in time, and what cancelled calls still hold does not.
            tokio::time::sleep(LETS_GO).await;
            after = self.patient(&plain(3)).await?;
        }
        Ok((after, vec![before, cancelled]))
    }

    /// A call whose response is not read for a while, and another one alone and meanwhile.
    async fn beside(&self, method: &Method, input: &Input) -> Result<(Exchange, Vec<Exchange>), CallError> {
        let Some(sibling) = self.sibling else {
            return Ok((self.call(&self.call_of(method, input)).await?, Vec::new()));
        };
        let typical = sibling.typical(0);
        let other =
            Input::valid(sibling, "", vec![typical]).plain_call(sibling, self.metadata, self.deadline);
        let alone = self.patient(&other).await?;
        let unread = self.call_of(method, input);
        self.calls.fetch_add(1, Ordering::Relaxed);
        let unread = self.transport.call_through_window(&unread, streams::WINDOW);
        let meanwhile = async {
            tokio::time::sleep(streams::HEAD_START).await;
            self.patient(&other).await
        };
        let (unread, meanwhile) = futures_util::future::try_join(unread, meanwhile).await?;
        Ok((unread, vec![alone, meanwhile]))
    }

    /// A busy server is asked again, a little later each time.
    async fn patient(&self, call: &Call) -> Result<Exchange, CallError> {
        let mut exchange = self.call(call).await?;
        for wait in PATIENCE {
            // What it says itself about asking again was heeded when the call was made.
            if !is_busy(&exchange) || advice(&exchange).is_some() {
                break;
            }
            tokio::time::sleep(wait).await;
            exchange = self.call(call).await?;
        }
        Ok(exchange)
    }

    /// On a connection of its own. gRPC's C core remembers a timeout that it could not read together with the header's
    /// place in the connection's table (HPACK), and refuses good ones after it (measured with grpcio 1.85).
    async fn apart(&self, call: &Call) -> Result<Exchange, CallError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.transport.call_through_window(call, USUAL_WINDOW).await
    }

    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.transport.call(call).await
    }

    pub async fn is_alive(&self) -> bool {
        for wait in LAST_CHANCES {
            tokio::time::sleep(wait).await;
            if self.answers().await {
                return true;
            }
        }
        false
    }

    /// Why the server cannot be reached, if it cannot.
    pub async fn gone(&self) -> Option<CallError> {
        self.call(&self.liveness()).await.err().filter(CallError::is_unreachable)
    }

    fn liveness(&self) -> Call {
        let script = vec![Step::Raw(frame(&[])), Step::HalfClose];
        Call { path: LIVENESS.into(), metadata: self.metadata.to_vec(), deadline: self.deadline, script }
    }

    async fn answers(&self) -> bool {
        self.call(&self.liveness())
            .await
            .is_ok_and(|exchange| !matches!(exchange.end, End::Hang | End::Closed(_)))
    }
}

/// What a valid request was answered with.
fn replies(method: &Method, input: &Input, exchange: &Exchange) -> Vec<DynamicMessage> {
    if input.class != Class::Valid || exchange.status().code != Code::Ok {
        return Vec::new();
    }
    let decode = |bytes: &bytes::Bytes| DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok();
    exchange.messages.iter().take(KEPT_REPLIES).filter_map(|(_, bytes)| decode(bytes)).collect()
}

/// The code, and the message with what the details hold of text.
fn words(exchange: &Exchange) -> (Code, String) {
    let status = exchange.status();
    let details = String::from_utf8_lossy(exchange.trailer("grpc-status-details-bin").unwrap_or_default());
    (status.code, format!("{} {details}", status.message))
}

/// The server says that it has no room at the moment.
fn is_busy(exchange: &Exchange) -> bool {
    let status = exchange.status();
    matches!(status.code, Code::Unavailable | Code::ResourceExhausted) && !status.synthetic
}

/// The connection is gone; the server may be.
fn lost(exchange: &Exchange) -> bool {
    matches!(exchange.end, End::Closed(_) | End::GoAway(_))
}

/// One unknown field of each wire type, with numbers that the request type does not have.
pub(super) fn unknown_fields(method: &Method) -> Vec<u8> {
    use prost::encoding::{WireType, encode_key};
    let desc = method.desc.input();
    let mut free = (1..=536_870_911u32).rev().filter(|number| {
        desc.get_field(*number).is_none() && !desc.extension_ranges().any(|range| range.contains(number))
    });
    let values: [(WireType, &[u8]); 4] = [
        (WireType::Varint, &[1]),
        (WireType::SixtyFourBit, &[1; 8]),
        (WireType::LengthDelimited, &[2, b'h', b'i']),
        (WireType::ThirtyTwoBit, &[1; 4]),
    ];
    let mut out = Vec::new();
    for ((wire_type, bytes), number) in values.into_iter().zip(&mut free) {
        encode_key(number, wire_type, &mut out);
        out.extend_from_slice(bytes);
    }
    if let Some(number) = free.next() {
        encode_key(number, WireType::StartGroup, &mut out);
        encode_key(number, WireType::EndGroup, &mut out);
    }
    out
}
