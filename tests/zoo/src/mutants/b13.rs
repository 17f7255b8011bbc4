//! Two arguments in the wrong order: the reply has the email for the name and the name for the email.

use std::mem::swap;

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Swapped)
}

struct Swapped;

#[tonic::async_trait]
impl Twist for Swapped {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let mut answer = users.create_user(request).await?;
        let user = answer.get_mut();
        swap(&mut user.name, &mut user.email);
        Ok(answer)
    }
}
