//! A handler that takes a first message for granted and fails on a stream without any.

use tonic::service::Routes;
use tonic::{Request, Status, Streaming};
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, ImportUsersResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, FirstMessage)
}

struct FirstMessage;

#[tonic::async_trait]
impl Twist for FirstMessage {
    async fn import_users(
        &self,
        users: &Users,
        request: Request<Streaming<CreateUserRequest>>,
    ) -> Answer<ImportUsersResponse> {
        let answer = users.import_users(request).await?;
        match answer.get_ref().count {
            0 => Err(Status::internal("the stream has no first message")),
            _ => Ok(answer),
        }
    }
}
