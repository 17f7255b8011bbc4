//! A read that writes: every look at a user makes it a second younger.

use std::sync::atomic::{AtomicI64, Ordering};

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Touch::default())
}

#[derive(Default)]
struct Touch {
    looks: AtomicI64,
}

#[tonic::async_trait]
impl Twist for Touch {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        let mut answer = users.get_user(request).await?;
        answer.get_mut().created_at += self.looks.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }
}
