//! A store that fails behind the second user, and a handler that takes the failure for the end.

use futures_util::StreamExt;
use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Swallowed)
}

struct Swallowed;

#[tonic::async_trait]
impl Twist for Swallowed {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        Ok(users.list_users(request).await?.map(|page| page.take(READ).boxed()))
    }

    async fn stream_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        Ok(users.stream_users(request).await?.map(|page| page.take(READ).boxed()))
    }
}

/// How many users are read before the store fails.
const READ: usize = 2;
