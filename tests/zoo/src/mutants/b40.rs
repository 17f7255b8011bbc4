//! A limit on open chats whose places only those give back that end: a cancelled chat keeps its place.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};
use user_service::pb::user::ChatMessage;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, ChatStream, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Places { free: Arc::new(Semaphore::new(CHATS)) })
}

/// How many chats may be open.
const CHATS: usize = 100;

struct Places {
    free: Arc<Semaphore>,
}

/// A place that is lost unless it is given back.
struct Place(Option<OwnedSemaphorePermit>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(permit) = self.0.take() {
            permit.forget();
        }
    }
}

#[tonic::async_trait]
impl Twist for Places {
    async fn chat(&self, users: &Users, request: Request<Streaming<ChatMessage>>) -> Answer<ChatStream> {
        let permit = Arc::clone(&self.free).acquire_owned().await;
        let permit = permit.map_err(|_| Status::unavailable("the server stops"))?;
        let answers = users.chat(request).await?.into_inner();
        let held = stream::unfold((answers, Place(Some(permit))), |(mut answers, mut place)| async move {
            let next = answers.next().await;
            if !matches!(next, Some(Ok(_))) {
                drop(place.0.take());
            }
            Some((next?, (answers, place)))
        });
        Ok(Response::new(held.boxed()))
    }
}
