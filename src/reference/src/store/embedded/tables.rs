//! The tables of the file and the writes on them. A write checks everything before it changes anything, so that
//! a refused one can share a transaction with others.

use std::collections::HashSet;

use redb::{Database, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::super::{Change, NewUser, StoreError, User, new_id};
use super::failed;

/// A user as stored: id, name, email, seconds since the epoch.
pub(super) type Record = (&'static str, &'static str, &'static str, i64);

/// Users by sequence number, which is the order of creation; the first is 1.
pub(super) const USERS: TableDefinition<'static, u64, Record> = TableDefinition::new("users");

/// Sequence numbers by id.
pub(super) const IDS: TableDefinition<'static, &str, u64> = TableDefinition::new("ids");

/// Sequence numbers by email.
const EMAILS: TableDefinition<'static, &str, u64> = TableDefinition::new("emails");

/// Counters. `last` is the last sequence number given, kept here so that none is given twice after a deletion.
const COUNTERS: TableDefinition<'static, &str, u64> = TableDefinition::new("counters");
const LAST: &str = "last";

/// Creates the tables that a new file lacks.
///
/// # Errors
/// redb's words when a table of that name holds something else, or the file fails.
pub(super) fn create(database: &Database) -> Result<(), String> {
    let transaction = database.begin_write().map_err(|error| error.to_string())?;
    match Tables::open(&transaction) {
        Ok(_) => {}
        Err(StoreError::Failed { why }) => return Err(why),
        Err(other) => return Err(format!("{other:?}")),
    }
    transaction.commit().map_err(|error| error.to_string())
}

/// The tables, open for writing in one transaction.
pub(super) struct Tables<'t> {
    users: Table<'t, u64, Record>,
    ids: Table<'t, &'static str, u64>,
    emails: Table<'t, &'static str, u64>,
    counters: Table<'t, &'static str, u64>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            users: transaction.open_table(USERS).map_err(failed)?,
            ids: transaction.open_table(IDS).map_err(failed)?,
            emails: transaction.open_table(EMAILS).map_err(failed)?,
            counters: transaction.open_table(COUNTERS).map_err(failed)?,
        })
    }

    pub(super) fn create(&mut self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        let mut fresh = HashSet::with_capacity(users.len());
        for user in &users {
            if self.is_taken(&user.email)? || !fresh.insert(user.email.as_str()) {
                return Err(StoreError::EmailTaken { email: user.email.clone() });
            }
        }
        drop(fresh);
        let mut last = self.counters.get(LAST).map_err(failed)?.map_or(0, |last| last.value());
        let created: Vec<User> = users.into_iter().map(|user| user.with_id(new_id())).collect();
        for user in &created {
            last += 1;
            self.put(last, user)?;
            self.ids.insert(user.id.as_str(), last).map_err(failed)?;
            self.emails.insert(user.email.as_str(), last).map_err(failed)?;
        }
        self.counters.insert(LAST, last).map_err(failed)?;
        Ok(created)
    }

    pub(super) fn update(&mut self, id: &str, change: Change) -> Result<User, StoreError> {
        let (sequence, old) = self.find(id)?;
        let old_email = old.email.clone();
        let changed = change.apply(old);
        if changed.email != old_email {
            if self.is_taken(&changed.email)? {
                return Err(StoreError::EmailTaken { email: changed.email });
            }
            self.emails.remove(old_email.as_str()).map_err(failed)?;
            self.emails.insert(changed.email.as_str(), sequence).map_err(failed)?;
        }
        self.put(sequence, &changed)?;
        Ok(changed)
    }

    pub(super) fn delete(&mut self, id: &str) -> Result<(), StoreError> {
        let (sequence, old) = self.find(id)?;
        self.users.remove(sequence).map_err(failed)?;
        self.ids.remove(id).map_err(failed)?;
        self.emails.remove(old.email.as_str()).map_err(failed)?;
        Ok(())
    }

    fn is_taken(&self, email: &str) -> Result<bool, StoreError> {
        Ok(self.emails.get(email).map_err(failed)?.is_some())
    }

    fn find(&self, id: &str) -> Result<(u64, User), StoreError> {
        let missing = || StoreError::NotFound { id: id.to_owned() };
        let sequence = self.ids.get(id).map_err(failed)?.ok_or_else(missing)?.value();
        let found = self.users.get(sequence).map_err(failed)?.ok_or_else(missing)?;
        Ok((sequence, user(found.value())))
    }

    fn put(&mut self, sequence: u64, user: &User) -> Result<(), StoreError> {
        let record = (user.id.as_str(), user.name.as_str(), user.email.as_str(), user.created_at);
        self.users.insert(sequence, record).map_err(failed)?;
        Ok(())
    }
}

/// The user a record holds.
pub(super) fn user((id, name, email, created_at): (&str, &str, &str, i64)) -> User {
    User { id: id.to_owned(), name: name.to_owned(), email: email.to_owned(), created_at }
}
