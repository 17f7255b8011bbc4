//! A query without an order: each answer comes in another one, as from a hash map that is built anew.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Unordered::default())
}

#[derive(Default)]
struct Unordered {
    calls: AtomicUsize,
}

#[tonic::async_trait]
impl Twist for Unordered {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let answer = users.list_users(request).await?;
        let mut page: Vec<_> = answer.into_inner().collect().await;
        let shift = self.calls.fetch_add(1, Ordering::Relaxed).checked_rem(page.len()).unwrap_or(0);
        page.rotate_left(shift);
        Ok(Response::new(stream::iter(page).boxed()))
    }
}
