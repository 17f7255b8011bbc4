//! A reply that is made before the id is known.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Unnamed)
}

struct Unnamed;

#[tonic::async_trait]
impl Twist for Unnamed {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let mut answer = users.create_user(request).await?;
        answer.get_mut().id.clear();
        Ok(answer)
    }
}
