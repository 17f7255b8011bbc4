//! A panic in a handler is an answer, `INTERNAL`, instead of a stream that breaks off. What is spawned on other
//! tasks is out of its reach.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::answer;
use crate::worn::{Answer, Around, wear};

/// Answers `INTERNAL` when the handler, or the stream it returned, panics; the log has the panic.
#[derive(Debug, Clone, Copy, Default)]
pub struct PanicLayer;

wear!(PanicLayer);

impl<S> Around<S> for PanicLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        let method = request.uri().path().to_owned();
        // What the panic leaves half done is dropped and never polled again, so nothing broken is seen.
        let called = catch_unwind(AssertUnwindSafe(|| inner.call(request)));
        Box::pin(async move {
            let mut future = match called {
                Ok(future) => Box::pin(future),
                Err(panic) => return Ok(answer::trailers_only(failed(&method, panic.as_ref()))),
            };
            let answered = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(poll) => poll.map(Ok),
                Err(panic) => Poll::Ready(Err(panic)),
            });
            match answered.await {
                Ok(response) => response
                    .map(|response| response.map(|body| Body::new(Guarded { inner: Some(body), method }))),
                Err(panic) => Ok(answer::trailers_only(failed(&method, panic.as_ref()))),
            }
        })
    }
}

/// A body whose panics become its trailers. `None` after one.
struct Guarded {
    inner: Option<Body>,
    method: String,
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx))) {
            Ok(frame) => frame,
            Err(panic) => {
                self.inner = None;
                let status = failed(&self.method, panic.as_ref());
                Poll::Ready(Some(Ok(Frame::trailers(answer::trailers(&status)))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

/// Logs the panic and says to the client no more than that there was one.
fn failed(method: &str, panic: &(dyn Any + Send)) -> Status {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    tracing::error!(method, panic = text, "the handler panicked");
    Status::internal("the server failed; its log says why")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, call, request};

    #[tokio::test]
    async fn a_panic_is_internal_wherever_it_happens() {
        for script in [Script::PanicInCall, Script::PanicInFuture, Script::PanicInBody] {
            let answer = call(PanicLayer, script, request()).await;
            assert_eq!(answer.status("grpc-status"), "13", "{script:?}");
            assert!(!answer.status("grpc-message").contains("secret"), "{script:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_a_panic_passes() {
        let answer = call(PanicLayer, Script::Ok, request()).await;
        assert_eq!((answer.status("grpc-status"), answer.data.len()), ("0", 5));
    }
}
