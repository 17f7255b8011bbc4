//! An import that answers as soon as it has read one user, and reads no further.

use tonic::service::Routes;
use tonic::{Request, Response, Streaming};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, ImportUsersResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, FirstOnly)
}

struct FirstOnly;

#[tonic::async_trait]
impl Twist for FirstOnly {
    async fn import_users(
        &self,
        users: &Users,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Answer<ImportUsersResponse> {
        let Some(first) = request.into_inner().message().await? else {
            return Ok(Response::new(ImportUsersResponse { count: 0 }));
        };
        users.create_user(Request::new(first)).await?;
        Ok(Response::new(ImportUsersResponse { count: 1 }))
    }
}
