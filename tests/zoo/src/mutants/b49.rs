//! A decoder that keeps the first of two values for one field, where the last one counts.

use std::collections::BTreeSet;

use bytes::Bytes;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{asked, fields, framed, message, messages};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        if !request.uri().path().ends_with("/CreateUser") {
            return answer(reference, request).await;
        }
        let (body, with) = asked(request).await;
        let first = first_of_each(&body).unwrap_or(body);
        answer(reference, with(first)).await
    })
}

/// One whole message with one value for each field. No field of `CreateUserRequest` is a list.
fn first_of_each(body: &Bytes) -> Option<Bytes> {
    let (requests, false) = messages(body.clone()) else { return None };
    let [request] = &requests[..] else { return None };
    let mut seen = BTreeSet::new();
    let mut user = fields(request.clone())?;
    user.retain(|field| seen.insert(field.number));
    Some(framed(&message(&user)))
}
