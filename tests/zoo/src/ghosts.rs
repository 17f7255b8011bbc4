//! Users that lists have and the store has not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use user_service::pb::user::{ListUsersRequest, UserResponse};

use crate::twist::UserStream;

/// The users of one server that are not in its store.
#[derive(Clone, Default)]
pub struct Ghosts(Arc<Mutex<Vec<UserResponse>>>);

impl Ghosts {
    /// One more.
    pub fn add(&self, user: UserResponse) {
        self.lock().push(user);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The page with the ghosts at its end, if it begins at the first user and is no longer for that than was asked, or
    /// than is `usual` where nothing was.
    pub fn behind(&self, listed: UserStream, page: ListUsersRequest, usual: usize) -> UserStream {
        let ghosts = if page.offset == 0 { self.lock().clone() } else { Vec::new() };
        let most = usize::try_from(page.limit).ok().filter(|limit| *limit > 0).unwrap_or(usual);
        listed.chain(stream::iter(ghosts).map(Ok)).take(most).boxed()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<UserResponse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
