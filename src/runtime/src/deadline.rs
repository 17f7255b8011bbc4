//! Deadlines: the client's `grpc-timeout`, under a cap of the server's own.
//!
//! tonic answers a deadline with `CANCELLED`, counts it to the first byte of the answer only, and ignores a header
//! it cannot read. Its timer stands outside of all layers; ours begins earlier and is polled first, so it wins.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{answer, timeout};

/// Ends a call with `DEADLINE_EXCEEDED` at its deadline, be it silent or in the midst of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeadlineLayer {
    /// The longest that any call may take. Without it, only the client limits its calls.
    pub cap: Option<Duration>,
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline { inner, cap: self.cap }
    }
}

/// A service under a [`DeadlineLayer`].
#[derive(Debug, Clone)]
pub struct Deadline<S> {
    inner: S,
    cap: Option<Duration>,
}

impl<S> Service<Request<Body>> for Deadline<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Taken away, so that no timer further in acts on it.
        let asked = match request.headers_mut().remove("grpc-timeout") {
            None => None,
            Some(value) => match timeout::parse(value.as_bytes()) {
                Some(asked) => Some(asked),
                None => return Box::pin(async { Ok(answer::trailers_only(malformed())) }),
            },
        };
        let Some(left) = asked.into_iter().chain(self.cap).min() else {
            return Box::pin(self.inner.call(request));
        };
        if left.is_zero() {
            // The timer would take a millisecond, in which the handler might answer.
            return Box::pin(async { Ok(answer::trailers_only(passed())) });
        }
        // Here and not in the future below: the time counts from the call, and before tonic's.
        let mut timer = Box::pin(sleep(left));
        let answered = self.inner.call(request);
        Box::pin(async move {
            tokio::select! {
                biased;
                () = &mut timer => Ok(answer::trailers_only(passed())),
                answered = answered => answered.map(|response| {
                    response.map(|body| Body::new(Timed { inner: Some(body), timer }))
                }),
            }
        })
    }
}

/// A body until its deadline. `None` after it: the handler's stream is dropped there and then.
struct Timed {
    inner: Option<Body>,
    timer: Pin<Box<Sleep>>,
}

impl http_body::Body for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        // The timer first: a stream that is always ready must not outrun it.
        if this.timer.as_mut().poll(cx).is_pending() {
            return Pin::new(inner).poll_frame(cx);
        }
        this.inner = None;
        Poll::Ready(Some(Ok(Frame::trailers(answer::trailers(&passed())))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // Of the messages that are left, the deadline may let none through.
        let upper = self.inner.as_ref().map_or(Some(0), |inner| inner.size_hint().upper());
        let mut hint = SizeHint::new();
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint
    }
}

fn passed() -> Status {
    Status::deadline_exceeded("the deadline passed before the call ended")
}

fn malformed() -> Status {
    Status::invalid_argument("grpc-timeout is malformed: send 1 to 8 digits and one of H, M, S, m, u, n")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::testing::{Script, call, request};

    const SOON: Option<Duration> = Some(Duration::from_millis(1));
    const LATER: Option<Duration> = Some(Duration::from_secs(3600));

    #[tokio::test]
    async fn the_shorter_deadline_ends_the_call() {
        for (script, asked, cap, code) in [
            (Script::Ok, Some("1H"), LATER, "0"),
            (Script::Ok, None, None, "0"),
            (Script::Silent, Some("1m"), None, "4"),
            (Script::Silent, Some("1H"), SOON, "4"),
            (Script::Endless, Some("20m"), LATER, "4"),
            (Script::Endless, None, SOON, "4"),
            (Script::Ok, Some("soon"), None, "3"),
            (Script::Ok, Some("0n"), None, "4"),
        ] {
            let mut request = request();
            if let Some(asked) = asked {
                request.headers_mut().insert("grpc-timeout", HeaderValue::from_static(asked));
            }
            let answer = call(DeadlineLayer { cap }, script, request).await;
            assert_eq!(answer.status("grpc-status"), code, "{script:?} {asked:?} {cap:?}");
        }
    }

    #[tokio::test]
    async fn messages_before_the_deadline_arrive() {
        let answer =
            call(DeadlineLayer { cap: Some(Duration::from_millis(50)) }, Script::Endless, request()).await;
        assert_eq!((answer.status("grpc-status"), answer.data.len()), ("4", 5));
    }
}
