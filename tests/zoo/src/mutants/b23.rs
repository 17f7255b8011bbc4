//! An offset that counts from one.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, FromOne)
}

struct FromOne;

#[tonic::async_trait]
impl Twist for FromOne {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let request = request.map(|page| match page.offset {
            // Only of a page that there is: one that must be refused still is.
            1.. => ListUsersRequest { offset: page.offset - 1, ..page },
            _ => page,
        });
        users.list_users(request).await
    }
}
