//! An id of the clock: users that are created at the same time get the same.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use tonic::Request;
use tonic::service::Routes;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};

use crate::Setup;
use crate::twist::{Answer, Twist, Users, twisted};

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(setup, Ticks::default())
}

#[derive(Default)]
struct Ticks {
    /// Of this tick, from its first user on.
    id: Mutex<Option<String>>,
}

#[tonic::async_trait]
impl Twist for Ticks {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let mut answer = users.create_user(request).await?;
        let own = answer.get_ref().id.clone();
        let tick = Tick { ticks: self, own: own.clone() };
        answer.get_mut().id = self.lock().get_or_insert(own).clone();
        sleep(TICK).await;
        drop(tick);
        Ok(answer)
    }
}

impl Ticks {
    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends with the call that began it, also where its client goes.
struct Tick<'a> {
    ticks: &'a Ticks,
    own: String,
}

impl Drop for Tick<'_> {
    fn drop(&mut self) {
        let mut id = self.ticks.lock();
        if id.as_ref() == Some(&self.own) {
            *id = None;
        }
    }
}

/// How long the clock stands still.
const TICK: Duration = Duration::from_millis(10);
