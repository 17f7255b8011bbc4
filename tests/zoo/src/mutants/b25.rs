//! A cache that is one user behind: no list has the newest.

use std::future::ready;

use futures_util::TryStreamExt;
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{ListUsersRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Stale)
}

struct Stale;

#[tonic::async_trait]
impl Twist for Stale {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        without_the_newest(users, users.list_users(request).await?).await
    }

    async fn stream_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        without_the_newest(users, users.stream_users(request).await?).await
    }
}

async fn without_the_newest(users: &Users, answer: Response<UserStream>) -> Answer<UserStream> {
    let all = users.stream_users(Request::new(ListUsersRequest::default())).await?.into_inner();
    let newest: Option<UserResponse> = all.try_fold(None, |_, user| ready(Ok(Some(user)))).await?;
    let is_older = move |user: &UserResponse| newest.as_ref().is_none_or(|newest| newest.id != user.id);
    Ok(answer.map(|page| Box::pin(page.try_filter(move |user| ready(is_older(user)))) as UserStream))
}
