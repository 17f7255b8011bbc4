//! A lookup before the validation: an empty id is one that nobody has.

use tonic::service::Routes;
use tonic::{Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, LookFirst)
}

struct LookFirst;

#[tonic::async_trait]
impl Twist for LookFirst {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        if request.get_ref().id.is_empty() {
            return Err(Status::not_found("no user has this id"));
        }
        users.get_user(request).await
    }
}
