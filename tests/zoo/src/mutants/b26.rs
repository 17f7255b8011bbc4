//! A stream whose sender is never dropped: all messages come, the trailers never do.

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, NoEnd)
}

struct NoEnd;

#[tonic::async_trait]
impl Twist for NoEnd {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let page = users.list_users(request).await?.into_inner();
        Ok(Response::new(page.chain(stream::pending()).boxed()))
    }
}
