//! Messages that are too large, too many that are large at once, and bodies that break off inside a message.
//!
//! tonic answers `OUT_OF_RANGE` to the first, which says that a value is; and a body that ends right after a prefix
//! it takes for a whole one.

use std::pin::Pin;

use http::{Request, Response};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::budget::{Budget, LARGE};
use crate::prefix::Prefixes;
use crate::verdict::{Next, Verdict, Watched};
use crate::worn::{Answer, Around, wear};

/// Answers `RESOURCE_EXHAUSTED` to a message above the limit before it is read, to one that is large while others
/// have the whole [`Budget`], and to one that has a share of it and does not come; and `INTERNAL` instead of OK to a body that ends inside a message.
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
        let mut due: Option<Pin<Box<Sleep>>> = None;
        let watch = move |next: Next<'_, '_>| match next {
            Next::Piece(piece) => {
                let mut began = None;
                if let Err(length) = prefixes.walk(piece, |length| began = Some(length)) {
                    return Some(too_large(length, limit));
                }
                if began.is_some() || prefixes.between_messages() {
                    due = None;
                }
                let length = began?;
                // Those before it have been decoded. All of it at once: else many that are half there would leave no room
                // for any to come to its end.
                share.give_back();
                if length <= LARGE {
                    return None;
                }
                let refused = share.take(length).err();
                if refused.is_none() && !prefixes.between_messages() {
                    due = Some(Box::pin(sleep(share.patience(length))));
                }
                refused
            }
            Next::Waiting(cx) => {
                let is_late = due.as_mut()?.as_mut().poll(cx).is_ready();
                is_late.then(|| {
                    share.give_back();
                    too_slow()
                })
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

fn too_slow() -> Status {
    Status::resource_exhausted(
        "a large message began and did not come, while the server kept room for it: send it at once",
    )
}

fn broken_off() -> Status {
    Status::internal("the request ended inside a message: send as many bytes as its prefix says")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body::Frame;
    use tonic::Code;

    use super::*;
    use crate::testing::{Script, Then, body, call, request, request_of};

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

    /// Who announces a large message and sends little of it has the room for it only for a time.
    #[tokio::test]
    async fn what_does_not_come_gives_its_room_back() {
        let budget = Budget::with_patience(3 * LARGE, Duration::from_millis(50));
        let layer = SizeLayer { limit: 4 * LARGE, budget: budget.clone() };
        let large = message(2 * LARGE);
        let (begun, rest) = large.split_at(LARGE);
        for pieces in [&[begun][..], &[&large, begun]] {
            let frames = pieces.iter().map(|piece| Frame::data(Bytes::copy_from_slice(piece)));
            let request = request().map(|_| body(frames, Then::Wait));
            let answer = call(layer.clone(), Script::ReadThenOk, request).await;
            assert_eq!(answer.status("grpc-status"), "8", "{answer:?}");
            assert!(answer.status("grpc-message").contains("kept"), "{answer:?}");
            assert_eq!(budget.taken(), 0);
        }
        // What is there already may be followed by a pause of any length.
        for frames in [vec![&large[..]], vec![begun, rest], vec![begun, rest, &[0, 0, 0, 0, 1]]] {
            let frames = frames.into_iter().map(|piece| Frame::data(Bytes::copy_from_slice(piece)));
            let request = request().map(|_| body(frames, Then::Wait));
            let call = call(layer.clone(), Script::ReadThenOk, request);
            assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
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
