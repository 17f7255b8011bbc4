//! A handler that brings the process down on a negative limit, as memory that runs out or a stack that overflows
//! does: no panic, no status, nothing left to answer the next call.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Abort)
}

struct Abort;

#[tonic::async_trait]
impl Twist for Abort {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        if request.get_ref().limit < 0 {
            std::process::abort();
        }
        users.list_users(request).await
    }
}
