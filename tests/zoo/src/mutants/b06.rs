//! A handler that does not tell its errors apart: what is not there is answered with UNKNOWN.

use tonic::service::Routes;
use tonic::{Code, Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Unmapped)
}

struct Unmapped;

#[tonic::async_trait]
impl Twist for Unmapped {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        users.get_user(request).await.map_err(|status| match status.code() {
            Code::NotFound => Status::unknown(status.message()),
            _ => status,
        })
    }
}
