//! A page whose end is computed in 32 bits: the sum overflows and the handler panics.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::ListUsersRequest;
use user_service::pb::user::user_service_server::UserService;

use crate::Setup;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, NarrowSum)
}

struct NarrowSum;

#[tonic::async_trait]
impl Twist for NarrowSum {
    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let page = request.get_ref();
        assert!(page.offset.checked_add(page.limit).is_some(), "attempt to add with overflow");
        users.list_users(request).await
    }
}
