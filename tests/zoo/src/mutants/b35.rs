//! A chat that waits for more after the client has said that there is none.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;
use user_service::service::{ChatStream, Users};
use user_service::store::UserStore;

use crate::twist::{Answer, Twist, twisted};

pub(super) fn routes(store: Arc<dyn UserStore>) -> Routes {
    twisted(store, Waits)
}

struct Waits;

#[tonic::async_trait]
impl Twist for Waits {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let answers = users.chat(request).await?.into_inner();
        Ok(Response::new(answers.chain(stream::pending()).boxed()))
    }
}
