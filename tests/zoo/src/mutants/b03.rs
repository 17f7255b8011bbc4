//! A table whose column for names is 64 bytes wide, under a schema that allows 100 characters.

use tonic::service::Routes;
use tonic::{Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, NarrowColumn)
}

struct NarrowColumn;

#[tonic::async_trait]
impl Twist for NarrowColumn {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        if request.get_ref().name.len() > 64 {
            return Err(Status::internal("value too long for column"));
        }
        users.create_user(request).await
    }
}
