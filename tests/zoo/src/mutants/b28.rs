//! A limit of 0 taken for "until the client goes": the page stays open when all of it is sent.

use futures_util::{StreamExt, stream};
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;
use user_service::service::{UserStream, Users};

use crate::Setup;
use crate::twist::{Answer, Twist, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Endless)
}

struct Endless;

#[tonic::async_trait]
impl Twist for Endless {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let follow = request.get_ref().limit == 0;
        let page = users.list_users(request).await?.into_inner();
        Ok(Response::new(match follow {
            true => page.chain(stream::pending()).boxed(),
            false => page,
        }))
    }
}
