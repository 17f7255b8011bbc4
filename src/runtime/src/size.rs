//! Messages that are too large, and bodies that break off inside a message.
//!
//! tonic answers `OUT_OF_RANGE` to the first, which says that a value is; and a body that ends right after a prefix
//! it takes for a whole one.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::prefix::Prefixes;
use crate::verdict::Verdict;

/// Answers `RESOURCE_EXHAUSTED` to a message above the limit before it is read, and `INTERNAL` instead of OK to a
/// body that ends inside a message.
#[derive(Debug, Clone, Copy)]
pub struct SizeLayer {
    /// The largest message that passes, in bytes, as it is sent: a compressed one is not unpacked here.
    pub limit: usize,
}

impl<S> Layer<S> for SizeLayer {
    type Service = Size<S>;

    fn layer(&self, inner: S) -> Size<S> {
        Size { inner, limit: self.limit }
    }
}

/// A service under a [`SizeLayer`].
#[derive(Debug, Clone)]
pub struct Size<S> {
    inner: S,
    limit: usize,
}

impl<S> Service<Request<Body>> for Size<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let verdict = Verdict::default();
        let (prefixes, found) = (Prefixes::new(self.limit), verdict.clone());
        let request =
            request.map(|inner| Body::new(Watched { inner, prefixes, limit: self.limit, verdict: found }));
        let answer = self.inner.call(request);
        Box::pin(async move { answer.await.map(|response| verdict.over(response)) })
    }
}

/// The request body. It ends in an error where the verdict falls, which stops the decoder.
struct Watched {
    inner: Body,
    prefixes: Prefixes,
    limit: usize,
    verdict: Verdict,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(verdict) = self.verdict.found() {
            return Poll::Ready(Some(Err(verdict)));
        }
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        let verdict = match &frame {
            Some(Ok(frame)) => match frame.data_ref().map(|piece| self.prefixes.pass(piece)) {
                Some(Err(length)) => Some(too_large(length, self.limit)),
                Some(Ok(())) => None,
                // Trailers, which end a body as well.
                None => (!self.prefixes.between_messages()).then(broken_off),
            },
            // The stream was reset: nobody is left to hear of it.
            Some(Err(_)) => None,
            None => (!self.prefixes.between_messages()).then(broken_off),
        };
        Poll::Ready(match verdict {
            Some(verdict) => Some(Err(self.verdict.is(verdict))),
            None => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        // Until the last frame was looked at, there may be a verdict to come.
        self.inner.is_end_stream() && self.prefixes.between_messages()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn too_large(length: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("the message has {length} bytes, and the limit is {limit}: send less"))
}

fn broken_off() -> Status {
    Status::internal("the request ended inside a message: send as many bytes as its prefix says")
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::testing::{Script, call, request_of};

    const LIMIT: SizeLayer = SizeLayer { limit: 2 };

    #[tokio::test]
    async fn the_request_decides() {
        let (fits, large, broken) =
            (&[0, 0, 0, 0, 2, 1, 1][..], &[0, 0, 0, 0, 3, 1, 1, 1][..], &[0, 0, 0, 0, 2][..]);
        let (ok, range, internal) =
            (Script::ReadThenOk, Script::ReadThen(Code::OutOfRange), Script::ReadThen(Code::InvalidArgument));
        for (script, pieces, code) in [
            (ok, vec![fits, fits], "0"),
            (range, vec![fits], "11"),
            (ok, vec![large], "8"),
            (ok, vec![fits, &large[..3], &large[3..]], "8"),
            (range, vec![large], "8"),
            (ok, vec![broken], "13"),
            (ok, vec![fits, &broken[..1]], "13"),
            (internal, vec![broken], "3"),
            // Not read, so not judged.
            (Script::Ok, vec![large], "0"),
        ] {
            let answer = call(LIMIT, script, request_of(&pieces)).await;
            assert_eq!(answer.status("grpc-status"), code, "{script:?} {pieces:?}");
        }
    }

    #[tokio::test]
    async fn the_message_is_the_verdicts() {
        let answer = call(LIMIT, Script::ReadThen(Code::OutOfRange), request_of(&[&[0, 0, 0, 0, 3]])).await;
        assert!(answer.status("grpc-message").contains("limit"), "{answer:?}");
    }
}
