//! One buffer for all chats: what was answered last on one is the first answer on the next.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, OneBuffer::default())
}

#[derive(Default)]
struct OneBuffer {
    last: Arc<Mutex<Option<ChatMessage>>>,
}

#[tonic::async_trait]
impl Twist for OneBuffer {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let left = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let last = Arc::clone(&self.last);
        Ok(users.chat(request).await?.map(|answers| {
            let noted = answers.inspect_ok(move |answer| {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.clone());
            });
            stream::iter(left.map(Ok)).chain(noted).boxed()
        }))
    }
}
