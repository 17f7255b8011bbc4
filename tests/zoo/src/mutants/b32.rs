//! A chat whose answers are made side by side: of two messages that come at once the second is answered first.

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
    twisted(setup, SideBySide)
}

struct SideBySide;

#[tonic::async_trait]
impl Twist for SideBySide {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        Ok(users.chat(request).await?.map(|answers| {
            let pairs = stream::unfold(answers, |mut answers| async move {
                let first = answers.next().await?;
                let second = timeout(AT_ONCE, answers.next()).await.ok().flatten();
                Some((stream::iter(second.into_iter().chain([first])), answers))
            });
            pairs.flatten().boxed()
        }))
    }
}

/// Two messages that are no further apart come at once.
const AT_ONCE: Duration = Duration::from_millis(20);
