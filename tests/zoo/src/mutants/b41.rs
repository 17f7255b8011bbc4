//! A register of chats from which only those are struck off that end: what a cancelled chat has buffered stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Register::default())
}

/// What is kept for each chat, in bytes.
const BUFFER: usize = 16 << 10;

#[derive(Default)]
struct Register {
    chats: Arc<Mutex<BTreeMap<usize, Vec<u8>>>>,
}

#[tonic::async_trait]
impl Twist for Register {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let answers = users.chat(request).await?.into_inner();
        let chats = Arc::clone(&self.chats);
        let number = {
            let mut chats = chats.lock().unwrap_or_else(PoisonError::into_inner);
            let number = chats.last_key_value().map_or(0, |(last, _)| last + 1);
            // Of ones: zeros would take no memory before they are written to.
            chats.insert(number, vec![1; BUFFER]);
            number
        };
        let kept = stream::unfold((answers, chats), move |(mut answers, chats)| async move {
            let next = answers.next().await;
            if !matches!(next, Some(Ok(_))) {
                chats.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            }
            Some((next?, (answers, chats)))
        });
        Ok(Response::new(kept.boxed()))
    }
}
