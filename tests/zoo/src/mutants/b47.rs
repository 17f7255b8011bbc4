//! A decoder that takes any bytes for text, and an encoder that gives them back.

use bytes::Bytes;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{Field, answered, asked, fields, framed, message, messages, text};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        if !request.uri().path().ends_with("/CreateUser") {
            return answer(reference, request).await;
        }
        let (body, with) = asked(request).await;
        match bad_name(&body) {
            // The reference is asked with a name it takes, and answers with the one that was sent.
            Some((bad, user)) => {
                let response = answer(reference, with(framed(&user))).await;
                answered(response, |body| renamed(body, &bad)).await
            }
            None => answer(reference, with(body)).await,
        }
    })
}

/// `CreateUserRequest.name`.
const ASKED: u32 = 1;
/// `UserResponse.name`.
const ANSWERED: u32 = 2;

/// A name that is no UTF-8, and the user with another in its place.
fn bad_name(body: &Bytes) -> Option<(Bytes, Bytes)> {
    let (users, _) = messages(body.clone());
    let mut user = fields(users.first()?.clone())?;
    let name = user.iter_mut().rfind(|field| field.number == ASKED)?;
    let bad = name.text.clone().filter(|text| std::str::from_utf8(text).is_err())?;
    *name = text(ASKED, b"Ada");
    Some((bad, message(&user)))
}

fn renamed(body: Bytes, name: &[u8]) -> Bytes {
    let (replies, _) = messages(body.clone());
    let Some(user) = replies.first().and_then(|reply| fields(reply.clone())) else { return body };
    let other = |field: &Field| match field.number {
        ANSWERED => text(ANSWERED, name),
        _ => field.clone(),
    };
    framed(&message(&user.iter().map(other).collect::<Vec<_>>()))
}
