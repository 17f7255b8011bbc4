//! A chat that waits for more after the client has said that there is none.

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Waits)
}

struct Waits;

#[tonic::async_trait]
impl Twist for Waits {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let answers = users.chat(request).await?.into_inner();
        Ok(Response::new(answers.chain(stream::pending()).boxed()))
    }
}
