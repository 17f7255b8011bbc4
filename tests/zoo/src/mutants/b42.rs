//! A chat that reads in a task of its own, as fast as it can, and queues what its client does not take.

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Queue)
}

struct Queue;

#[tonic::async_trait]
impl Twist for Queue {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let mut answers = users.chat(request).await?.into_inner();
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(answer) = answers.next().await {
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let queued =
            stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
        Ok(Response::new(queued.boxed()))
    }
}
