//! A limit that is counted to and past: one user more than was asked for.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, OneMore)
}

struct OneMore;

#[tonic::async_trait]
impl Twist for OneMore {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let request = request
            .map(|page| ListUsersRequest { limit: page.limit.saturating_add(page.limit.signum()), ..page });
        users.list_users(request).await
    }
}
