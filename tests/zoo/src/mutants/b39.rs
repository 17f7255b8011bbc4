//! A user that is listed before it is known whether there may be one: it stays when the call is refused.

use tonic::service::Routes;
use tonic::{Code, Request};
use user_service::options::DEFAULT_PAGE;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, ListUsersRequest, UserResponse};

use crate::Setup;
use crate::ghosts::Ghosts;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Leak::default())
}

#[derive(Default)]
struct Leak {
    ghosts: Ghosts,
}

#[tonic::async_trait]
impl Twist for Leak {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let CreateUserRequest { name, email } = request.get_ref().clone();
        let answer = users.create_user(request).await;
        if answer.as_ref().is_err_and(|status| status.code() == Code::AlreadyExists) {
            let id = format!("refused-{}", self.ghosts.count());
            self.ghosts.add(UserResponse { id, name, email, created_at: 1 });
        }
        answer
    }

    async fn list_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let page = *request.get_ref();
        Ok(users.list_users(request).await?.map(|listed| self.ghosts.behind(listed, page, DEFAULT_PAGE)))
    }

    async fn stream_users(&self, users: &Users, request: Request<ListUsersRequest>) -> Answer<UserStream> {
        let page = *request.get_ref();
        Ok(users.stream_users(request).await?.map(|listed| self.ghosts.behind(listed, page, usize::MAX)))
    }
}
