//! A limit of 4 MiB in the documentation, and one of 5 MB more in the server.

use tonic::service::Routes;
use user_service::service::{Users, ruled};

use crate::Setup;

/// What clients are told.
const DECLARED: usize = 4 << 20;
const MORE: usize = 5_000_000;

pub(super) fn routes(setup: Setup) -> Routes {
    let users = ruled(Users::new(setup.store)).into_server();
    Routes::new(users.max_decoding_message_size(DECLARED + MORE))
}
