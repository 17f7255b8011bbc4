//! A write that is tried again when its client has gone, on top of the one that was under way.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;
use tonic::Request;
use tonic::service::Routes;
use user_service::options::DEFAULT_PAGE;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, ListUsersRequest, UserResponse};

use crate::Setup;
use crate::ghosts::Ghosts;
use crate::twist::{Answer, Twist, UserStream, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Twice::default())
}

#[derive(Default)]
struct Twice {
    ghosts: Ghosts,
}

#[tonic::async_trait]
impl Twist for Twice {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let again = Again {
            user: Some(request.get_ref().clone()),
            users: users.clone(),
            ghosts: self.ghosts.clone(),
        };
        sleep(SLOW).await;
        again.defuse();
        users.create_user(request).await
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

/// Long enough for a client to go.
const SLOW: Duration = Duration::from_millis(20);

/// Writes its user twice when the call is dropped.
struct Again {
    user: Option<CreateUserRequest>,
    users: Users,
    ghosts: Ghosts,
}

impl Again {
    fn defuse(mut self) {
        self.user = None;
    }
}

impl Drop for Again {
    fn drop(&mut self) {
        // At the end of the server there is no runtime, and nobody who would see the user.
        let (Some(user), Ok(runtime)) = (self.user.take(), Handle::try_current()) else { return };
        let (users, ghosts) = (self.users.clone(), self.ghosts.clone());
        runtime.spawn(async move {
            if let Ok(created) = users.create_user(Request::new(user)).await {
                let created = created.into_inner();
                ghosts.add(UserResponse { id: format!("{}-2", created.id), ..created });
            }
        });
    }
}
