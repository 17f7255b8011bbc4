//! A handler that believes UTF-8 to be at most three bytes wide, as MySQL's `utf8` is, and slices a name by that.
//! It panics on the first emoji; tonic then resets the stream, and no status reaches the client.

use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, NarrowUtf8)
}

struct NarrowUtf8;

#[tonic::async_trait]
impl Twist for NarrowUtf8 {
    async fn create_user(
        &self,
        users: &Users,
        mut request: Request<CreateUserRequest>,
    ) -> Answer<UserResponse> {
        let name = &mut request.get_mut().name;
        *name = letters(name).concat();
        users.create_user(request).await
    }
}

/// The characters of `name`, each as a slice. Put together again they are `name`: all but the panic is right.
fn letters(name: &str) -> Vec<&str> {
    let (mut letters, mut at) = (Vec::new(), 0);
    while let Some(lead) = name.as_bytes().get(at) {
        let width = match lead {
            0x00..=0x7f => 1,
            0xc0..=0xdf => 2,
            _ => 3,
        };
        letters.push(&name[at..at + width]);
        at += width;
    }
    letters
}
