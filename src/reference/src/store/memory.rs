//! Users in memory: gone with the process, and the plainest statement of what a store does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{Change, Cursor, NewUser, Page, StoreError, User, UserStore, collect_page, new_id};

/// A [`UserStore`] in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    // A std lock: it is never held across an await, and no critical section can panic half way.
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    users: BTreeMap<u64, User>,
    by_id: HashMap<String, u64>,
    by_email: HashMap<String, u64>,
    last: u64,
}

impl Inner {
    fn sequence_of(&self, id: &str) -> Result<u64, StoreError> {
        self.by_id.get(id).copied().ok_or_else(|| StoreError::NotFound { id: id.to_owned() })
    }

    fn find(&self, id: &str) -> Result<(u64, &User), StoreError> {
        let missing = || StoreError::NotFound { id: id.to_owned() };
        let sequence = self.sequence_of(id)?;
        self.users.get(&sequence).map(|user| (sequence, user)).ok_or_else(missing)
    }

    fn insert(&mut self, user: User) {
        self.last += 1;
        self.by_id.insert(user.id.clone(), self.last);
        self.by_email.insert(user.email.clone(), self.last);
        self.users.insert(self.last, user);
    }
}

impl MemoryStore {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl UserStore for MemoryStore {
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        self.read().find(id).map(|(_, user)| user.clone())
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        let mut inner = self.write();
        let mut fresh = HashSet::with_capacity(users.len());
        for user in &users {
            if inner.by_email.contains_key(&user.email) || !fresh.insert(user.email.as_str()) {
                return Err(StoreError::EmailTaken { email: user.email.clone() });
            }
        }
        drop(fresh);
        let created: Vec<User> = users.into_iter().map(|user| user.with_id(new_id())).collect();
        created.iter().cloned().for_each(|user| inner.insert(user));
        Ok(created)
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        let mut inner = self.write();
        let (sequence, user) = inner.find(id)?;
        let (old_email, changed) = (user.email.clone(), change.apply(user.clone()));
        if changed.email != old_email {
            if inner.by_email.contains_key(&changed.email) {
                return Err(StoreError::EmailTaken { email: changed.email });
            }
            inner.by_email.remove(&old_email);
            inner.by_email.insert(changed.email.clone(), sequence);
        }
        inner.users.insert(sequence, changed.clone());
        Ok(changed)
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let mut inner = self.write();
        let sequence = inner.sequence_of(id)?;
        inner.by_id.remove(id);
        if let Some(user) = inner.users.remove(&sequence) {
            inner.by_email.remove(&user.email);
        }
        Ok(())
    }

    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        let inner = self.read();
        let behind = inner.users.range(after.0.saturating_add(1)..);
        let users = behind.skip(skip).map(|(sequence, user)| (*sequence, user));
        collect_page(users.map(|(sequence, user)| Ok((sequence, user.clone()))), limit)
    }
}
