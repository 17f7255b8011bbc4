//! The sending side of a call: plays a script on a stream. Knows nothing of replies but how many there are and
//! whether they are read.

use std::{future::poll_fn, task::Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};

use super::between::Between;
use crate::client::{Call, CallError, Step, frame};

/// # Errors
/// A script that sends after its half-close cannot be sent: HTTP/2 has no frame for it.
pub(super) fn check(call: &Call) -> Result<(), CallError> {
    let closed = call.script.iter().position(|step| *step == Step::HalfClose).unwrap_or(call.script.len());
    let sends = |step: &Step| matches!(step, Step::Send(_) | Step::Raw(_) | Step::HalfClose);
    if call.script.iter().skip(closed + 1).any(sends) {
        return Err(CallError::call(&call.path, "its script sends after the half-close"));
    }
    Ok(())
}

/// Plays the script to its end, to a `Cancel` (then true), or until the server wants no more.
///
/// A half-close that directly follows a message rides on its last DATA frame, as grpc clients do for unary
/// calls; any other is an empty DATA frame with END_STREAM.
pub(super) async fn play(stream: &mut SendStream<Bytes>, script: &[Step], between: &Between) -> bool {
    let mut steps = script.iter().peekable();
    while let Some(step) = steps.next() {
        let goes_on = match step {
            Step::Send(message) => {
                let last = steps.next_if_eq(&&Step::HalfClose).is_some();
                send(stream, frame(message), last).await
            }
            Step::Raw(bytes) => {
                let last = steps.next_if_eq(&&Step::HalfClose).is_some();
                send(stream, bytes.clone(), last).await
            }
            Step::HalfClose => send(stream, Bytes::new(), true).await,
            Step::Pause(time) => {
                tokio::time::sleep(*time).await;
                true
            }
            Step::Await(count) => {
                await_replies(*count, between).await;
                true
            }
            Step::StopReading(bytes) => {
                between.stop_reading_after(*bytes);
                true
            }
            Step::Resume => {
                between.resume();
                // The receiving side opens the window when it is polled, which nothing else may ever cause.
                tokio::task::yield_now().await;
                true
            }
            Step::Cancel => {
                stream.send_reset(Reason::CANCEL);
                return true;
            }
        };
        if !goes_on {
            return false;
        }
    }
    false
}

/// Sends as fast as the server's window allows. False: the stream takes no more; the receiving side learns why.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes, last: bool) -> bool {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = match stream.capacity() {
            0 => match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(Ok(room)) => room,
                Some(Err(_)) | None => return false,
            },
            room => room,
        };
        let chunk = data.split_to(room.min(data.len()));
        if !chunk.is_empty() && stream.send_data(chunk, last && data.is_empty()).is_err() {
            return false;
        }
        if data.is_empty() {
            return true;
        }
    }
    stream.send_data(data, last).is_ok()
}

/// Registers no waker: the caller polls this in one task with the receiving side, after it, so that every new
/// reply comes past here.
async fn await_replies(count: usize, between: &Between) {
    poll_fn(|_| if between.arrived() >= count { Poll::Ready(()) } else { Poll::Pending }).await;
}
