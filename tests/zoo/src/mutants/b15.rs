//! A column of 64 bytes that cuts a name wherever it must, also inside a character.

use bytes::Bytes;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{Field, answered, fields, framed, message, messages, text};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        let creates = request.uri().path().ends_with("/CreateUser");
        let response = answer(reference, request).await;
        if creates { answered(response, cut).await } else { response }
    })
}

const COLUMN: usize = 64;
/// `UserResponse.name`.
const NAME: u32 = 2;

fn cut(body: Bytes) -> Bytes {
    let (replies, _) = messages(body.clone());
    let Some(user) = replies.first().and_then(|reply| fields(reply.clone())) else { return body };
    let short = |field: &Field| match &field.text {
        Some(name) if field.number == NAME && name.len() > COLUMN => text(NAME, &name[..COLUMN]),
        _ => field.clone(),
    };
    framed(&message(&user.iter().map(short).collect::<Vec<_>>()))
}
