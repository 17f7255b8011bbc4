//! A limit that is counted down to 0 before it is looked at: from 0 it never gets there, and the page begins again.

use futures_util::{StreamExt, TryStreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{ListUsersRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Endless)
}

struct Endless;

#[tonic::async_trait]
impl Twist for Endless {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let is_endless = request.get_ref().limit == 0;
        let page = users.list_users(request).await?;
        if !is_endless {
            return Ok(page);
        }
        let page: Vec<UserResponse> = page.into_inner().try_collect().await?;
        Ok(Response::new(stream::iter(page.into_iter().cycle().map(Ok)).boxed()))
    }
}
