//! A handler that takes the first word of a name for granted and fails on a name of spaces.

use tonic::service::Routes;
use tonic::{Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, FirstWord)
}

struct FirstWord;

#[tonic::async_trait]
impl Twist for FirstWord {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let name = &request.get_ref().name;
        if !name.is_empty() && name.trim().is_empty() {
            return Err(Status::internal("name has no first word"));
        }
        users.create_user(request).await
    }
}
