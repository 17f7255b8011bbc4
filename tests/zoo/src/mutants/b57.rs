//! A handler that looks for the user first and asks for the token then: strangers learn which ids there are.

use tonic::service::Routes;
use tonic::{Request, Status};
use user_service::Options;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{UserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn options(options: Options) -> Options {
    options.with_exempt(["/user.UserService/GetUser"])
}

pub(super) fn routes(setup: Setup) -> Routes {
    let wanted = setup.token.as_ref().map(|token| format!("Bearer {token}"));
    twisted(setup, Late { wanted })
}

struct Late {
    wanted: Option<String>,
}

#[tonic::async_trait]
impl Twist for Late {
    async fn get_user(&self, users: &Users, request: Request<UserRequest>) -> Answer<UserResponse> {
        let given = request.metadata().get("authorization").cloned();
        let user = users.get_user(request).await?;
        match &self.wanted {
            Some(wanted) if given.is_none_or(|given| given.as_bytes() != wanted.as_bytes()) => {
                Err(Status::unauthenticated("call with `authorization: Bearer TOKEN`"))
            }
            _ => Ok(user),
        }
    }
}
