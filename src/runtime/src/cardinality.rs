//! One message where a method takes one. tonic reads the first and drops the others, so that a client which
//! believes in a stream hears OK and loses what it sent.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::prefix::Prefixes;
use crate::verdict::Verdict;

/// Answers `INTERNAL`, as other implementations do, to a second message where a method takes one.
#[derive(Debug, Clone)]
pub struct CardinalityLayer {
    unary: Arc<HashSet<String>>,
}

impl CardinalityLayer {
    /// Watches these paths, such as `/user.UserService/GetUser`: the methods whose request is no stream.
    pub fn new(unary: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { unary: Arc::new(unary.into_iter().map(Into::into).collect()) }
    }
}

impl<S> Layer<S> for CardinalityLayer {
    type Service = Cardinality<S>;

    fn layer(&self, inner: S) -> Cardinality<S> {
        Cardinality { inner, unary: Arc::clone(&self.unary) }
    }
}

/// A service under a [`CardinalityLayer`].
#[derive(Debug, Clone)]
pub struct Cardinality<S> {
    inner: S,
    unary: Arc<HashSet<String>>,
}

impl<S> Service<Request<Body>> for Cardinality<S>
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
        if !self.unary.contains(request.uri().path()) {
            return Box::pin(self.inner.call(request));
        }
        let verdict = Verdict::default();
        let (prefixes, found) = (Prefixes::new(usize::MAX), verdict.clone());
        let answer =
            self.inner.call(request.map(|inner| Body::new(Counted { inner, prefixes, verdict: found })));
        Box::pin(async move { answer.await.map(|response| verdict.over(response)) })
    }
}

/// The request body. It ends in an error where a second message begins.
struct Counted {
    inner: Body,
    prefixes: Prefixes,
    verdict: Verdict,
}

impl http_body::Body for Counted {
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
        if let Some(piece) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            // Only lengths above the limit are errors, and there is none above this one.
            let _ = self.prefixes.pass(piece);
            if self.prefixes.messages() > 1 {
                return Poll::Ready(Some(Err(self.verdict.is(too_many()))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn too_many() -> Status {
    Status::internal("the method takes one message, and more were sent: send one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Script, call, request_of};

    #[tokio::test]
    async fn a_second_message_is_refused_where_one_is_taken() {
        let one: &[u8] = &[0, 0, 0, 0, 1, 9];
        let two = [one, one].concat();
        for (path, pieces, code) in [
            ("/a.B/C", vec![one], "0"),
            ("/a.B/C", vec![], "0"),
            ("/a.B/C", vec![one, one], "13"),
            ("/a.B/C", vec![&two[..8], &two[8..]], "13"),
            ("/a.B/C", vec![&two], "13"),
            ("/a.B/Other", vec![&two], "0"),
        ] {
            let answer = call(CardinalityLayer::new([path]), Script::ReadThenOk, request_of(&pieces)).await;
            assert_eq!(answer.status("grpc-status"), code, "{path} {pieces:?}");
        }
    }
}
