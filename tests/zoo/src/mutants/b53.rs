//! A write that is tried again after it has answered: two replies, and OK.

use tonic::service::Routes;

use crate::Setup;
use crate::around::{answer, around};
use crate::bytes::answered;

pub(super) fn routes(setup: Setup) -> Routes {
    around(setup, |reference, request| async {
        let creates = request.uri().path().ends_with("/CreateUser");
        let response = answer(reference, request).await;
        match creates {
            true => answered(response, |reply| [&reply[..], &reply].concat().into()).await,
            false => response,
        }
    })
}
