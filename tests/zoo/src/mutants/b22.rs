//! A list that never looks at its limit.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Unlimited)
}

struct Unlimited;

#[tonic::async_trait]
impl Twist for Unlimited {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let request = request.map(|page| ListUsersRequest { limit: page.limit.signum() * i32::MAX, ..page });
        users.list_users(request).await
    }
}
