//! A chat that drops the answer under way when its client ends at once.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::timeout;
use tonic::service::Routes;
use tonic::{Request, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Hasty)
}

struct Hasty;

#[tonic::async_trait]
impl Twist for Hasty {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        Ok(users.chat(request).await?.map(|answers| {
            let kept = stream::unfold(Box::pin(answers.peekable()), |mut answers| async move {
                let answer = answers.next().await?;
                let has_ended = matches!(timeout(AT_ONCE, answers.as_mut().peek()).await, Ok(None));
                (!has_ended).then_some((answer, answers))
            });
            kept.boxed()
        }))
    }
}

/// An end that is no further behind the last message comes at once.
const AT_ONCE: Duration = Duration::from_millis(20);
