//! A decoder of base64 that insists on padding, which the protocol leaves to the sender.

use tonic::Status;
use tonic::codegen::http::HeaderMap;
use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        match unpadded(request.headers()) {
            true => Status::invalid_argument("binary metadata is not base64").into_http(),
            false => answer(reference, request).await,
        }
    })
}

fn unpadded(headers: &HeaderMap) -> bool {
    headers.iter().any(|(name, value)| name.as_str().ends_with("-bin") && value.len() % 4 != 0)
}
