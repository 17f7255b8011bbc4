//! An index that is off by one: the user beside the one that was asked for, or the first beside the last.

use futures_util::TryStreamExt;
use tonic::service::Routes;
use tonic::{Request, Response};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{ListUsersRequest, UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Beside)
}

struct Beside;

#[tonic::async_trait]
impl Twist for Beside {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        let asked = users.get_user(request).await?.into_inner();
        let all = users.stream_users(Request::new(ListUsersRequest::default())).await?.into_inner();
        let mut all: Vec<UserResponse> = all.try_collect().await?;
        let place = all.iter().position(|user| user.id == asked.id);
        let beside = place.and_then(|place| (place + 1).checked_rem(all.len()));
        Ok(Response::new(beside.map_or(asked, |beside| all.swap_remove(beside))))
    }
}
