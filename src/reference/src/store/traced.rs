//! Another store, each of whose calls is a span within that of its caller.

use std::sync::Arc;

use tracing::{Instrument, info_span};

use super::{Change, Cursor, NewUser, Page, StoreError, User, UserStore};

/// A [`UserStore`] that says what it does to those who trace.
pub struct TracedStore(Arc<dyn UserStore>);

impl TracedStore {
    /// Traces `store`.
    pub fn new(store: Arc<dyn UserStore>) -> Self {
        Self(store)
    }
}

#[tonic::async_trait]
impl UserStore for TracedStore {
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        self.0.get(id).instrument(info_span!("store.get")).await
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        let span = info_span!("store.create", users = users.len());
        self.0.create(users).instrument(span).await
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        self.0.update(id, change).instrument(info_span!("store.update")).await
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        self.0.delete(id).instrument(info_span!("store.delete")).await
    }

    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        self.0.page(after, skip, limit).instrument(info_span!("store.page", skip, limit)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Asked by nobody's call, once a second.
        self.0.ready().await
    }
}
