//! A lock that a chat holds while it is open: nobody reads a user until it ends.

use std::sync::Arc;

use futures_util::StreamExt;
use tokio::sync::Mutex;
use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{ChatMessage, UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, OneLock::default())
}

#[derive(Default)]
struct OneLock {
    lock: Arc<Mutex<()>>,
}

#[tonic::async_trait]
impl Twist for OneLock {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let lock = Arc::clone(&self.lock).lock_owned().await;
        let answers = users.chat(request).await?.into_inner();
        // The guard lives as long as the stream that owns it.
        let guarded = answers.map(move |answer| {
            let _held = &lock;
            answer
        });
        Ok(Response::new(guarded.boxed()))
    }

    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        let _turn = self.lock.lock().await;
        users.get_user(request).await
    }
}
