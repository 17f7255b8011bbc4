//! Messages that are too large, too many that are large at once, and bodies that break off inside a message.
//!
//! tonic answers `OUT_OF_RANGE` to the first, which says that a value is; and a body that ends right after a prefix
//! it takes for a whole one.

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::budget::{Budget, LARGE};
use crate::prefix::Prefixes;
use crate::verdict::{Next, Verdict, Watched};
use crate::worn::{Answer, Around, wear};

/// Answers `RESOURCE_EXHAUSTED` to a message above the limit before it is read, and to one that is large while others
/// have the whole [`Budget`]; and `INTERNAL` instead of OK to a body that ends inside a message.
#[derive(Debug, Clone)]
pub struct SizeLayer {
    /// The largest message that passes, in bytes, as it is sent: a compressed one is not unpacked here.
    pub limit: usize,
    /// The bytes that large messages of all calls have together, while they are read and answered.
    pub budget: Budget,
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
        let share = self.budget.share();
        let held = share.clone();
        let watch = move |next: Next<'_>| match next {
            Next::Piece(piece) => {
                let mut began = None;
                if let Err(length) = prefixes.walk(piece, |length| began = Some(length)) {
                    return Some(too_large(length, limit));
                }
                let length = began?;
                // Those before it have been decoded. All of it at once: else many that are half there would leave no room
                // for any to come to its end.
                share.give_back();
                if length > LARGE { share.take(length).err() } else { None }
            }
            Next::End => (!prefixes.between_messages()).then(broken_off),
        };
        let found = verdict.clone();
        let answer = inner.call(request.map(|body| Body::new(Watched::new(body, found, watch))));
        Box::pin(async move {
            let answer = answer.await;
            // The message of a unary call lives as long as its handler, which may be longer than the body.
            drop(held);
            answer.map(|response| verdict.over(response))
        })
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

    fn limit() -> SizeLayer {
        SizeLayer { limit: 2, budget: Budget::new(0) }
    }

    /// A gRPC body of one message of so many bytes.
    fn message(length: usize) -> Vec<u8> {
        let prefix = u32::try_from(length).unwrap().to_be_bytes();
        [&[0], &prefix[..], &vec![1; length]].concat()
    }

    #[tokio::test]
    async fn large_messages_share_a_budget() {
        let budget = Budget::new(3 * LARGE);
        let layer = SizeLayer { limit: 4 * LARGE, budget: budget.clone() };
        let (small, large) = (message(LARGE), message(2 * LARGE));
        let others = budget.share();
        for (taken, pieces, code) in [
            (0, vec![&large[..]], "0"),
            // One after the other: the first has been decoded when the second comes.
            (0, vec![&large, &large, &large], "0"),
            (LARGE, vec![&large], "0"),
            (LARGE + 1, vec![&large], "8"),
            (LARGE + 1, vec![&large[..LARGE], &large[LARGE..]], "8"),
            (3 * LARGE, vec![&small, &small], "0"),
            (0, vec![&message(3 * LARGE + 1)], "8"),
        ] {
            others.take(taken).unwrap();
            let answer = call(layer.clone(), Script::ReadThenOk, request_of(&pieces)).await;
            assert_eq!(answer.status("grpc-status"), code, "{taken} {}", pieces.len());
            assert_eq!(budget.taken(), taken, "all of it came back");
            others.give_back();
        }
    }

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
            let answer = call(limit(), script, request_of(&pieces)).await;
            assert_eq!(answer.status("grpc-status"), code, "{script:?} {pieces:?}");
        }
    }

    #[tokio::test]
    async fn the_message_is_the_verdicts() {
        let answer = call(limit(), Script::ReadThen(Code::OutOfRange), request_of(&[&[0, 0, 0, 0, 3]])).await;
        assert!(answer.status("grpc-message").contains("limit"), "{answer:?}");
    }
}
