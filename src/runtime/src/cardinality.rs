//! One message where a method takes one. tonic reads the first and drops the others, so that a client which
//! believes in a stream hears OK and loses what it sent.

use std::collections::HashSet;
use std::sync::Arc;

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::prefix::Prefixes;
use crate::verdict::{Next, Verdict, Watched};
use crate::worn::{Answer, Around, wear};

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

wear!(CardinalityLayer);

impl<S> Around<S> for CardinalityLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        if !self.unary.contains(request.uri().path()) {
            return Box::pin(inner.call(request));
        }
        let verdict = Verdict::default();
        // Only lengths above the limit are errors, and there is none above this one.
        let mut prefixes = Prefixes::new(usize::MAX);
        let watch = move |next: Next<'_, '_>| match next {
            Next::Piece(piece) => {
                let _ = prefixes.pass(piece);
                (prefixes.messages() > 1).then(too_many)
            }
            Next::End | Next::Waiting(_) => None,
        };
        let found = verdict.clone();
        let answer = inner.call(request.map(|body| Body::new(Watched::new(body, found, watch))));
        Box::pin(async move { answer.await.map(|response| verdict.over(response)) })
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
