//! For faults in what is kept: a store that changes each new user before it takes it.

use std::sync::Arc;

use tonic::Request;
use user_service::pb::user::user_service_server::UserService;
use user_service::pb::user::{CreateUserRequest, UserResponse};
use user_service::store::{Change, Cursor, NewUser, Page, StoreError, User, UserStore};

use crate::Setup;
use crate::twist::{Answer, Twist, Users};

/// The setup with a store that keeps `change` of each new user.
pub fn kept_as(setup: Setup, change: fn(NewUser) -> NewUser) -> Setup {
    Setup { store: Arc::new(Kept { store: setup.store, change }), ..setup }
}

struct Kept {
    store: Arc<dyn UserStore>,
    change: fn(NewUser) -> NewUser,
}

#[tonic::async_trait]
impl UserStore for Kept {
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        self.store.get(id).await
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        self.store.create(users.into_iter().map(self.change).collect()).await
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        self.store.update(id, change).await
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        self.store.delete(id).await
    }

    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        self.store.page(after, skip, limit).await
    }
}

/// A service that does not know what its store does: a new user has the name that was asked for.
pub struct Unaware;

#[tonic::async_trait]
impl Twist for Unaware {
    async fn create_user(&self, users: &Users, request: Request<CreateUserRequest>) -> Answer<UserResponse> {
        let name = request.get_ref().name.clone();
        Ok(users.create_user(request).await?.map(|user| UserResponse { name, ..user }))
    }
}
