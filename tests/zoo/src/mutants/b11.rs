//! A handler that shows its client what its database said, with the statement in it.

use tonic::service::Routes;
use tonic::{Code, Request, Status};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Chatty)
}

struct Chatty;

#[tonic::async_trait]
impl Twist for Chatty {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        users.get_user(request).await.map_err(|status| match status.code() {
            Code::NotFound => Status::not_found(LEAK),
            _ => status,
        })
    }
}

const LEAK: &str = "SELECT id, name, email FROM users WHERE id = $1: no rows at src/db.rs:42";
