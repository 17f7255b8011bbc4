//! A chat that takes the half-close of its client for a cancel.

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Gone)
}

struct Gone;

#[tonic::async_trait]
impl Twist for Gone {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let answers = users.chat(request).await?.into_inner();
        let gone = stream::iter([Err(Status::cancelled("the client is gone"))]);
        Ok(Response::new(answers.chain(gone).boxed()))
    }
}
