//! A lookup that is part of the validation: an id that nobody has is called wrong.

use tonic::service::Routes;
use tonic::{Code, Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Blame)
}

struct Blame;

#[tonic::async_trait]
impl Twist for Blame {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        users.get_user(request).await.map_err(|status| match status.code() {
            Code::NotFound => Status::invalid_argument("id: is not the id of a user"),
            _ => status,
        })
    }
}
