//! Users in PostgreSQL, for when one machine is not enough: any number of instances share one database, and none of
//! them keeps anything. That an email has one user, and in which order users came, is the database's to say.
//!
//! ```text
//! mod → lease    a connection for one call; cancels what a dropped call has begun
//!     → queries  the statements        → text     what PostgreSQL's text cannot hold
//!     → connect  the pool              → migrate  the tables and their versions
//!     → failure  what an error means   → relay    events, out of the database
//! ```
//!
//! A connection that is lost while a write is under way leaves open whether it was done: the caller hears
//! [`StoreError::Unavailable`], and finds out by asking.

use std::time::Duration;

use deadpool_postgres::Pool;
use tokio_postgres::{Config, Row};

use super::{Change, Cursor, NewUser, PAGE_BYTES, Page, StoreError, User, UserStore, collect_page, new_id};

mod connect;
mod failure;
mod lease;
mod migrate;
mod queries;
mod relay;
mod text;

pub use connect::{PostgresError, PostgresOptions};
use failure::failed;
use lease::{Lease, QueryError};
use queries::{GET, ONE_IMPORT, PAGE, READY, Writes};
pub use relay::{Event, Kind, Publisher, Relay};
use text::{escape, unescape};

/// The most users of one statement that creates some.
const AT_ONCE: usize = 1000;

/// The most users of a page, so that no answer of the database is huge.
const PAGE_USERS: usize = 1000;

/// The key of the lock that imports take one after the other; the relay has the one before.
const IMPORTS: i64 = migrate::LOCK + 2;

/// How often a write is tried that other transactions stop.
const TRIES: usize = 5;

/// How much longer than a statement may run an answer may take.
const GRACE: Duration = Duration::from_secs(5);

fn connections(pool: &Pool) -> Connections {
    let status = pool.status();
    let (most, open) = (status.max_size, status.size);
    Connections { most, open, idle: status.available, waiting: status.waiting }
}

/// A [`UserStore`] in a database.
pub struct PostgresStore {
    pool: Pool,
    config: Config,
    writes: Writes,
    patience: Duration,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("connections", &self.connections()).finish_non_exhaustive()
    }
}

/// The connections of a store at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// The most there may be.
    pub most: usize,
    /// Those there are.
    pub open: usize,
    /// Those that no call uses.
    pub idle: usize,
    /// Calls that wait for one.
    pub waiting: usize,
}

impl PostgresStore {
    /// Reaches the database at `url` (`postgres://user:password@host/database`) and makes the tables that it lacks.
    /// Needs a runtime, now and later.
    ///
    /// # Errors
    /// [`PostgresError`]: no address, no database there, or tables of a newer version.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, PostgresError> {
        let config = connect::config(url, &options)?;
        let pool = connect::open(config.clone(), &options).await?;
        Ok(Self { pool, config, writes: Writes::new(options.events), patience: options.statement + GRACE })
    }

    /// Its connections now.
    #[must_use]
    pub fn connections(&self) -> Connections {
        connections(&self.pool)
    }

    /// What tells its connections as they are, without the store.
    pub fn watch_connections(&self) -> impl Fn() -> Connections + Clone + Send + use<> {
        let pool = self.pool.clone();
        move || connections(&pool)
    }

    /// Who publishes its events, of which there are some if it was opened with [`PostgresOptions::with_events`].
    #[must_use]
    pub fn relay(&self) -> Relay {
        Relay { pool: self.pool.clone(), config: self.config.clone(), patience: self.patience }
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        Lease::take(&self.pool, self.patience).await
    }

    /// Creates `users` in one transaction: the first email that was taken is an inner error, and nothing is done.
    async fn try_create(&self, users: &[User]) -> Result<Result<(), String>, QueryError> {
        let mut lease = self.lease().await.map_err(QueryError::Other)?;
        // One statement that creates one user, or none, is a transaction already.
        let many = users.len() > 1;
        if many {
            lease.begin().await?;
            // Two imports of the same emails in another order would each wait for the other.
            lease.query(ONE_IMPORT, &[&IMPORTS]).await?;
        }
        for users in users.chunks(AT_ONCE) {
            let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
            let names: Vec<_> = users.iter().map(|user| escape(&user.name)).collect();
            let emails: Vec<_> = users.iter().map(|user| escape(&user.email)).collect();
            let moments: Vec<i64> = users.iter().map(|user| user.created_at).collect();
            let rows = lease.query(&self.writes.create, &[&ids, &names, &emails, &moments]).await?;
            if rows.len() < users.len() {
                if many {
                    lease.undo().await?;
                }
                return Ok(Err(refused(users, &rows)?));
            }
        }
        if many {
            lease.commit().await?;
        }
        Ok(Ok(()))
    }
}

/// The email of the first of `users` that is not among `rows`.
fn refused(users: &[User], rows: &[Row]) -> Result<String, QueryError> {
    let made = rows.iter().map(|row| row.try_get::<_, &str>("id")).collect::<Result<Vec<_>, _>>();
    let made = made.map_err(|error| QueryError::Other(failed(&error)))?;
    let missing = users.iter().find(|user| !made.contains(&user.id.as_str()));
    missing.map(|user| user.email.clone()).ok_or_else(|| {
        QueryError::Other(StoreError::Failed {
            why: "the database created other users than asked for".to_owned(),
        })
    })
}

/// The user in a row, and its place.
fn entry(row: &Row) -> Result<(u64, User), StoreError> {
    let read = || {
        let sequence: i64 = row.try_get("sequence")?;
        let user = User {
            id: row.try_get("id")?,
            name: unescape(row.try_get("name")?),
            email: unescape(row.try_get("email")?),
            created_at: row.try_get("created_at")?,
        };
        // The identity column begins with 1.
        Ok((sequence.unsigned_abs(), user))
    };
    read().map_err(|error: tokio_postgres::Error| failed(&error))
}

/// The one user of `rows`.
fn only(rows: &[Row], id: &str) -> Result<User, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::NotFound { id: id.to_owned() })?;
    entry(row).map(|(_, user)| user)
}

/// `number` as the database counts; what is more than it can count is more than it can hold.
fn bigint(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[tonic::async_trait]
impl UserStore for PostgresStore {
    async fn get(&self, id: &str) -> Result<User, StoreError> {
        only(&self.lease().await?.query(GET, &[&escape(id)]).await?, id)
    }

    async fn create(&self, users: Vec<NewUser>) -> Result<Vec<User>, StoreError> {
        let users: Vec<User> = users.into_iter().map(|user| user.with_id(new_id())).collect();
        if users.is_empty() {
            return Ok(users);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_create(&users).await {
                Ok(Ok(())) => return Ok(users),
                Ok(Err(email)) => return Err(StoreError::EmailTaken { email }),
                Err(QueryError::Beaten(_)) if tries < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn update(&self, id: &str, change: Change) -> Result<User, StoreError> {
        let name = change.name.as_deref().map(escape);
        let email = change.email.as_deref().map(escape);
        let mut tries = 0;
        loop {
            tries += 1;
            let rows = self.lease().await?.query(&self.writes.update, &[&escape(id), &name, &email]).await;
            return match rows {
                Ok(rows) => only(&rows, id),
                Err(QueryError::NotUnique) => {
                    Err(StoreError::EmailTaken { email: change.email.unwrap_or_default() })
                }
                Err(QueryError::Beaten(_)) if tries < TRIES => continue,
                Err(error) => Err(error.into()),
            };
        }
    }

    async fn delete(&self, id: &str) -> Result<(), StoreError> {
        let rows = self.lease().await?.query(&self.writes.delete, &[&escape(id)]).await?;
        only(&rows, id).map(drop)
    }

    async fn page(&self, after: Cursor, skip: usize, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.min(PAGE_USERS);
        // One more tells whether there are more. Text takes at most twice its bytes in the database, so what is cut
        // there has enough for a page.
        let (most, bytes) = (bigint(limit + 1), bigint(2 * PAGE_BYTES));
        let rows = self.lease().await?.query(PAGE, &[&bigint(after.0), &bigint(skip), &most, &bytes]).await?;
        collect_page(rows.iter().map(entry), limit)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let rows = self.lease().await?.query(READY, &[]).await?;
        let standby = rows.first().map(|row| row.try_get::<_, bool>(0)).transpose();
        if standby.map_err(|error| failed(&error))? == Some(true) {
            let why = "the database is a standby, which takes no writes".to_owned();
            return Err(StoreError::Unavailable { why });
        }
        Ok(())
    }
}
