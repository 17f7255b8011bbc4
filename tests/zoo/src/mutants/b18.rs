//! A transaction that is never committed: the reply is right, and the user is gone.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Uncommitted)
}

struct Uncommitted;

#[tonic::async_trait]
impl Twist for Uncommitted {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let answer = users.create_user(request).await?;
        users.delete_user(Request::new(UserRequest { id: answer.get_ref().id.clone() })).await?;
        Ok(answer)
    }
}
