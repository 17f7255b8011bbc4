//! How many calls are under way at once: each holds memory until its client has read the answer, or has not.

use std::future::ready;
use std::hash::RandomState;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::caller::caller;
use crate::refusal;
use crate::worn::{Answer, Around, wear};

/// Counts of callers. Those who share one share what each may have: one of thousands who call at once.
const PLACES: usize = 1 << 14;

/// When a caller may come again.
const AGAIN: Duration = Duration::from_secs(1);

/// How many calls may be under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// Of everybody.
    pub all: u32,
    /// Of one caller, so that none has them all.
    pub each: u32,
}

impl Default for AtOnce {
    /// 8,192, and 2,048 of one caller. A streaming answer that nobody reads holds some 40 KiB.
    fn default() -> Self {
        Self { all: 8192, each: 2048 }
    }
}

/// Answers `RESOURCE_EXHAUSTED`, with when to come again, to calls above these numbers. Belongs inside of what says who
/// calls: a caller is its identity, else its address.
#[derive(Clone)]
pub struct InFlightLayer {
    counts: Arc<Counts>,
    exempt: Arc<[String]>,
    domain: Arc<str>,
}

impl std::fmt::Debug for InFlightLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InFlightLayer").field("most", &self.counts.most).finish_non_exhaustive()
    }
}

impl InFlightLayer {
    /// With these numbers, which calls whose path begins with one of `exempt` are not held to. `domain` is that of the
    /// `google.rpc.ErrorInfo` of refusals.
    pub fn new(most: AtOnce, exempt: impl IntoIterator<Item = impl Into<String>>, domain: &str) -> Self {
        let places = std::iter::repeat_with(AtomicU32::default).take(PLACES).collect();
        let counts = Counts { most, hasher: RandomState::new(), all: AtomicU32::default(), places };
        let exempt = exempt.into_iter().map(Into::into).collect();
        Self { counts: Arc::new(counts), exempt, domain: domain.into() }
    }
}

wear!(InFlightLayer);

impl<S> Around<S> for InFlightLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        let path = request.uri().path();
        if self.exempt.iter().any(|prefix| path.starts_with(prefix.as_str())) {
            return Box::pin(inner.call(request));
        }
        let guest = match Guest::enter(&self.counts, caller(&request, &self.counts.hasher)) {
            Ok(guest) => guest,
            Err(why) => {
                let response = refusal::come_again(why, "TOO_MANY_CALLS", &self.domain, AGAIN);
                return Box::pin(ready(Ok(response)));
            }
        };
        let answer = inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            answer.map(|response| response.map(|inner| Body::new(Counted { inner, _guest: guest })))
        })
    }
}

struct Counts {
    most: AtOnce,
    hasher: RandomState,
    all: AtomicU32,
    places: Box<[AtomicU32]>,
}

/// A call that is counted, until it is dropped.
struct Guest {
    counts: Arc<Counts>,
    place: usize,
}

impl Guest {
    /// # Errors
    ///
    /// What there is too much of.
    fn enter(counts: &Arc<Counts>, key: u64) -> Result<Self, &'static str> {
        // The remainder is below the number of places, so it fits.
        let place = usize::try_from(key % PLACES as u64).unwrap_or(0);
        let one_more = |count: &AtomicU32, most: u32| {
            let more = |now: u32| (now < most).then_some(now + 1);
            count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
        };
        if !one_more(&counts.places[place], counts.most.each) {
            return Err("the caller has too many calls under way: come again when some of them have ended");
        }
        if !one_more(&counts.all, counts.most.all) {
            counts.places[place].fetch_sub(1, Ordering::Relaxed);
            return Err("the server has too many calls under way: come again after the delay in the details");
        }
        Ok(Self { counts: Arc::clone(counts), place })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.counts.places[self.place].fetch_sub(1, Ordering::Relaxed);
        self.counts.all.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answer to a call that is counted as long as it lasts.
struct Counted {
    inner: Body,
    _guest: Guest,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tower::Layer as _;

    use super::*;
    use crate::testing::{Script, Scripted, request};

    /// A call from this address, not read yet.
    async fn call(layer: &InFlightLayer, addr: &str, path: &'static str) -> Response<Body> {
        let mut request = request();
        *request.uri_mut() = path.parse().unwrap();
        let addr = Some(format!("{addr}:1").parse().unwrap());
        request.extensions_mut().insert(crate::Peer { addr, ..crate::Peer::default() });
        layer.layer(Scripted(Script::Ok)).call(request).await.unwrap()
    }

    fn status(response: &Response<Body>) -> Option<Status> {
        Status::from_header_map(response.headers())
    }

    #[tokio::test]
    async fn a_call_counts_until_its_answer_is_gone() {
        let layer = InFlightLayer::new(AtOnce { all: 3, each: 2 }, ["/free/"], "a.B");
        let path = "/a.B/C";
        let mut open = Vec::new();
        for (addr, refused) in [
            ("10.0.0.1", None),
            ("10.0.0.1", None),
            ("10.0.0.1", Some("the caller has")),
            ("10.0.0.2", None),
            ("10.0.0.2", Some("the server has")),
        ] {
            let response = call(&layer, addr, path).await;
            let said = status(&response).map(|status| status.message().to_owned());
            assert_eq!(said.is_some(), refused.is_some(), "{addr}: {said:?}");
            assert!(said.unwrap_or_default().starts_with(refused.unwrap_or_default()), "{addr}");
            open.push(response);
        }
        assert!(status(&call(&layer, "10.0.0.1", "/free/X").await).is_none());
        drop(open);
        assert!(
            layer.counts.places.iter().chain([&layer.counts.all]).all(|it| it.load(Ordering::Relaxed) == 0)
        );
        assert!(status(&call(&layer, "10.0.0.1", path).await).is_none());
    }
}
