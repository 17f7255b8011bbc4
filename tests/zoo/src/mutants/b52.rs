//! A change that reads the user, waits, and writes it as a whole: what another call changed meanwhile is lost.

use std::time::Duration;

use tokio::time::sleep;
use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UpdateUserRequest, UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, ReadModifyWrite)
}

struct ReadModifyWrite;

#[tonic::async_trait]
impl Twist for ReadModifyWrite {
    async fn update_user(&self, users: &Users, request: Request<UpdateUserRequest>) -> Answer<UserResponse> {
        let id = request.get_ref().id.clone();
        let read = users.get_user(Request::new(UserRequest { id })).await.map(tonic::Response::into_inner);
        sleep(BETWEEN).await;
        let request = request.map(|change| match read {
            Ok(read) => UpdateUserRequest {
                name: change.name.or(Some(read.name)),
                email: change.email.or(Some(read.email)),
                ..change
            },
            Err(_) => change,
        });
        users.update_user(request).await
    }
}

/// How long it is between the read and the write.
const BETWEEN: Duration = Duration::from_millis(10);
