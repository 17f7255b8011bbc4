//! The tables, and how those of an older version become those of this one.
//!
//! All steps that a database lacks are made in one transaction, under a lock that the instances of a deployment
//! share: the first to come makes them, the others wait and find them made. A step that was released never changes.

use tokio_postgres::{Client, Error};

/// What makes each version of the one before it. The first makes version 1 of an empty database.
const STEPS: [&str; 2] = [include_str!("001_users.sql"), include_str!("002_outbox.sql")];

/// The version that this program knows.
pub(super) const VERSION: i32 = STEPS.len() as i32;

/// The key of the lock: `protogat` in ASCII. Advisory locks are told apart by number, for each database.
pub(super) const LOCK: i64 = 0x7072_6f74_6f67_6174;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS user_service_versions (
    version integer PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now()
)";

/// Why a database is not as this program needs it.
#[derive(Debug)]
pub(super) enum MigrateError {
    /// A newer program has been here.
    Newer(i32),
    /// The database failed; it is as it was.
    Failed(Error),
}

impl From<Error> for MigrateError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes what the database lacks.
pub(super) async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    let transaction = client.transaction().await?;
    // Others may be making them, for as long as that takes.
    transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction.batch_execute(TABLE).await?;
    let newest =
        transaction.query_one("SELECT coalesce(max(version), 0) FROM user_service_versions", &[]).await?;
    let there: i32 = newest.try_get(0)?;
    if there > VERSION {
        return Err(MigrateError::Newer(there));
    }
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > there) {
        transaction.batch_execute(step).await?;
        transaction.execute("INSERT INTO user_service_versions (version) VALUES ($1)", &[&version]).await?;
    }
    transaction.commit().await.map_err(MigrateError::Failed)
}
