//! An id that is made of the name: a second user of that name takes the place of the first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UpdateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, ByName::default())
}

#[derive(Default)]
struct ByName {
    ids: Mutex<HashMap<String, String>>,
}

#[tonic::async_trait]
impl Twist for ByName {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let CreateUserRequest { name, email } = request.get_ref().clone();
        let first = self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        if let Some(id) = first {
            let change = UpdateUserRequest { id, name: None, email: Some(email) };
            // The first may have been deleted.
            if let Ok(answer) = users.update_user(Request::new(change)).await {
                return Ok(answer);
            }
        }
        let answer = users.create_user(request).await?;
        let id = answer.get_ref().id.clone();
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(name, id);
        Ok(answer)
    }
}
