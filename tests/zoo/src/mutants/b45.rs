//! A parser that calls itself for each group inside a group and knows no limit: the stack ends before the message
//! does, and the process with it.

use bytes::Bytes;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{asked, messages};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        if !request.uri().path().ends_with("/GetUser") {
            return answer(reference, request).await;
        }
        let (body, with) = asked(request).await;
        let (requests, _) = messages(body.clone());
        requests.into_iter().for_each(|mut request| _ = group(&mut request));
        answer(reference, with(body)).await
    })
}

/// Reads to the end of a group, and gives how many groups were in it; nothing where it is no message.
fn group(rest: &mut Bytes) -> Option<usize> {
    let mut inside = 0;
    while !rest.is_empty() {
        match decode_key(rest).ok()? {
            (_, WireType::StartGroup) => inside += 1 + group(rest)?,
            (_, WireType::EndGroup) => break,
            (number, other) => skip_field(other, number, rest, DecodeContext::default()).ok()?,
        }
    }
    Some(inside)
}
