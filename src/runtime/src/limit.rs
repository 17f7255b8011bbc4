//! How often each caller may call: `RESOURCE_EXHAUSTED` to those who come too often, and when to come again.
//!
//! The generic cell rate algorithm (ITU-T I.371): per caller one number, the moment at which its last call would have
//! come at an even pace. The callers stand in a table of a fixed size, so that their number costs no memory, and each
//! place of it is two atomics, so that no call waits for another.

use std::future::ready;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

use crate::caller::caller;
use crate::refusal;
use crate::worn::{Answer, Around, wear};

/// Places in the table: 64 Ki, one MiB.
const PLACES: usize = 1 << 16;

/// How many places a caller may stand in.
const PROBES: usize = 8;

/// How many calls a caller may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// In a second, for long. Above zero.
    pub per_second: f64,
    /// At once, after a pause. At least one.
    pub burst: u32,
}

/// Refuses the calls of a caller above its rate. Belongs inside of what says who calls: a caller is its identity, else
/// its address.
#[derive(Clone)]
pub struct RateLimitLayer {
    limits: Arc<Limits>,
    exempt: Arc<[String]>,
    domain: Arc<str>,
}

impl std::fmt::Debug for RateLimitLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimitLayer").field("exempt", &self.exempt).finish_non_exhaustive()
    }
}

impl RateLimitLayer {
    /// Holds callers to `rate`, but not where the path begins with one of `exempt`. `domain` is that of the
    /// `google.rpc.ErrorInfo` of refusals.
    pub fn new(rate: Rate, exempt: impl IntoIterator<Item = impl Into<String>>, domain: &str) -> Self {
        let exempt = exempt.into_iter().map(Into::into).collect();
        Self { limits: Arc::new(Limits::new(rate)), exempt, domain: domain.into() }
    }
}

wear!(RateLimitLayer);

impl<S> Around<S> for RateLimitLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        let path = request.uri().path();
        if !self.exempt.iter().any(|prefix| path.starts_with(prefix.as_str()))
            && let Err(wait) = self.limits.take(caller(&request, &self.limits.hasher), self.limits.now())
        {
            let message = "the caller calls too often: come again after the delay in the details";
            let response = refusal::come_again(message, "RATE_LIMITED", &self.domain, wait);
            return Box::pin(ready(Ok(response)));
        }
        Box::pin(inner.call(request))
    }
}

/// The table.
struct Limits {
    /// Nanoseconds from one call to the next at an even pace, and those that a burst may run ahead.
    pace: u64,
    ahead: u64,
    began: Instant,
    hasher: RandomState,
    places: Box<[Place]>,
}

/// Whose place it is, and the moment (in nanoseconds since the start) at which their next call would be due.
#[derive(Default)]
struct Place {
    key: AtomicU64,
    due: AtomicU64,
}

impl Limits {
    fn new(rate: Rate) -> Self {
        // From one call in 31 years to one in a nanosecond.
        let pace = (1e9 / rate.per_second).clamp(1.0, 1e18) as u64;
        Self {
            pace,
            ahead: pace.saturating_mul(u64::from(rate.burst.max(1)) - 1),
            began: Instant::now(),
            hasher: RandomState::new(),
            places: (0..PLACES).map(|_| Place::default()).collect(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The place of `key`: its own, else one whose holder has been quiet for so long that forgetting it changes
    /// nothing. Where all are busy it shares one, and the callers of that place their rate.
    fn place(&self, key: u64, now: u64) -> &Place {
        let at = |probe: usize| &self.places[(key as usize).wrapping_add(probe) % PLACES];
        for place in (0..PROBES).map(at) {
            if place.key.load(Ordering::Relaxed) == key {
                return place;
            }
        }
        for place in (0..PROBES).map(at) {
            let held = place.key.load(Ordering::Relaxed);
            let quiet = held == 0 || place.due.load(Ordering::Relaxed) <= now;
            if quiet && place.key.compare_exchange(held, key, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                return place;
            }
        }
        at(0)
    }

    /// Counts a call, or says how long to wait for it.
    fn take(&self, key: u64, now: u64) -> Result<(), Duration> {
        let due = &self.place(key, now).due;
        let counted = due.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| {
            let from = due.max(now);
            (from - now <= self.ahead).then(|| from.saturating_add(self.pace))
        });
        counted
            .map(|_| ())
            .map_err(|due| Duration::from_nanos(due.saturating_sub(now).saturating_sub(self.ahead)))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Status;
    use tonic_types::StatusExt as _;

    use std::hash::BuildHasher as _;

    use super::*;
    use crate::identity::{Identity, Proof};
    use crate::peer::Peer;
    use crate::testing::{Script, call, request};

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_burst_then_the_pace() {
        let limits = Limits::new(Rate { per_second: 2.0, burst: 3 });
        let took = |at: u64| limits.take(7, at).map_err(|wait| wait.as_millis());
        assert_eq!([took(0), took(0), took(0), took(0)], [Ok(()), Ok(()), Ok(()), Err(500)]);
        assert_eq!([took(SECOND / 4), took(SECOND / 2), took(SECOND / 2)], [Err(250), Ok(()), Err(500)]);
        // A pause gives the burst back, and no more.
        let later = 60 * SECOND;
        assert_eq!([took(later), took(later), took(later), took(later)], [Ok(()), Ok(()), Ok(()), Err(500)]);
    }

    #[test]
    fn each_caller_has_a_rate_of_its_own_in_the_same_memory() {
        let limits = Limits::new(Rate { per_second: 1.0, burst: 1 });
        let random = RandomState::new();
        let mut keys = (0_u64..).map(|number| random.hash_one(number).max(1));
        let first: Vec<u64> = keys.by_ref().take(1000).collect();
        assert!(first.iter().all(|key| limits.take(*key, 0).is_ok()));
        assert!(first.iter().all(|key| limits.take(*key, 0).is_err()));
        // A million others: the table is full, and callers share places until it is quiet again.
        let refused = keys.by_ref().take(1_000_000).filter(|key| limits.take(*key, 1).is_err()).count();
        assert!(refused > 900_000, "{refused}");
        assert!(keys.take(1000).all(|key| limits.take(key, 3 * SECOND * PLACES as u64).is_ok()));
    }

    /// A call from this address, by this caller.
    fn by(addr: &str, identity: Option<&str>) -> Request<Body> {
        let mut request = request();
        let addr = Some(format!("{addr}:1").parse().unwrap());
        request.extensions_mut().insert(Peer { addr, ..Peer::default() });
        if let Some(subject) = identity {
            let identity = Identity { subject: subject.into(), proof: Proof::Token, roles: Vec::new() };
            request.extensions_mut().insert(Arc::new(identity));
        }
        request
    }

    #[tokio::test]
    async fn a_caller_is_its_identity_else_its_address() {
        let layer = RateLimitLayer::new(Rate { per_second: 0.01, burst: 1 }, ["/free/"], "a.B");
        for (addr, identity, code) in [
            ("10.0.0.1", None, "0"),
            ("10.0.0.1", None, "8"),
            ("10.0.0.2", None, "0"),
            ("10.0.0.1", Some("ci"), "0"),
            ("10.0.0.3", Some("ci"), "8"),
            ("[2001:db8::1]", None, "0"),
            ("[2001:db8::2]", None, "8"),
            ("[2001:db8:0:1::1]", None, "0"),
            ("[::ffff:10.0.0.1]", None, "8"),
        ] {
            let answer = call(layer.clone(), Script::Ok, by(addr, identity)).await;
            assert_eq!(answer.status("grpc-status"), code, "{addr} {identity:?}");
        }
        let mut free = by("10.0.0.1", None);
        *free.uri_mut() = "/free/X".parse().unwrap();
        assert_eq!(call(layer, Script::Ok, free).await.status("grpc-status"), "0");
    }

    #[tokio::test]
    async fn the_refusal_says_when_to_come_again() {
        let layer = RateLimitLayer::new(Rate { per_second: 0.1, burst: 1 }, [""; 0], "a.B");
        call(layer.clone(), Script::Ok, by("10.0.0.1", None)).await;
        let refused = call(layer, Script::Ok, by("10.0.0.1", None)).await;
        let pushback: u64 = refused.status("grpc-retry-pushback-ms").parse().unwrap();
        assert!((9_000..=10_000).contains(&pushback), "{pushback}");
        let details = Status::from_header_map(&refused.headers).unwrap().get_error_details();
        let delay = details.retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(delay.as_nanos().div_ceil(1_000_000), u128::from(pushback));
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("RATE_LIMITED", "a.B"));
    }
}
