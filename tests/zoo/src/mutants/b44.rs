//! A reader that waits for the rest of a message after the client has said that nothing more will come.

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
        let (_, is_cut) = messages(body.clone());
        match is_cut {
            true => std::future::pending().await,
            false => answer(reference, with(body)).await,
        }
    })
}
