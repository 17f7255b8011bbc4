//! Messages that are too large, and bodies that break off inside a message.
//!
//! tonic answers `OUT_OF_RANGE` to the first, which says that a value is; and a body that ends right after a prefix
//! it takes for a whole one.

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::prefix::Prefixes;
use crate::verdict::{Next, Verdict, Watched};
use crate::worn::{Answer, Around, wear};

/// Answers `RESOURCE_EXHAUSTED` to a message above the limit before it is read, and `INTERNAL` instead of OK to a
/// body that ends inside a message.
#[derive(Debug, Clone, Copy)]
pub struct SizeLayer {
    /// The largest message that passes, in bytes, as it is sent: a compressed one is not unpacked here.
    pub limit: usize,
}

wear!(SizeLayer);

impl<S> Around<S> for SizeLayer
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    fn call(&self, inner: &mut S, request: Request<Body>) -> Answer<S::Error> {
        let (verdict, limit) = (Verdict::default(), self.limit);
        let mut prefixes = Prefixes::new(limit);
        let watch = move |next: Next<'_>| match next {
            Next::Piece(piece) => prefixes.pass(piece).err().map(|length| too_large(length, limit)),
            Next::End => (!prefixes.between_messages()).then(broken_off),
        };
        let found = verdict.clone();
        let answer = inner.call(request.map(|body| Body::new(Watched::new(body, found, watch))));
        Box::pin(async move { answer.await.map(|response| verdict.over(response)) })
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
