//! A decoder that refuses fields it does not know, so that no client can be newer than the server.

use bytes::Bytes;
use tonic::Status;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::{asked, fields, messages};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        if !request.uri().path().ends_with("/GetUser") {
            return answer(reference, request).await;
        }
        let (body, with) = asked(request).await;
        match knows_all(&body) {
            true => answer(reference, with(body)).await,
            false => Status::invalid_argument("UserRequest has no such field").into_http(),
        }
    })
}

/// `UserRequest` has field 1 and no other. What is no message is for the reference to refuse.
fn knows_all(body: &Bytes) -> bool {
    let (requests, _) = messages(body.clone());
    requests.into_iter().filter_map(fields).flatten().all(|field| field.number == 1)
}
