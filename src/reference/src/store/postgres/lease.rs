//! A connection for one call. When the call is dropped in the middle of a query, as at its deadline, the query is
//! cancelled and the connection is given up: what comes next would have to wait for what nobody wants.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};

use super::super::StoreError;
use super::failure::{describe, failed, is_beaten, no_connection};

/// A parameter of a query.
pub(super) type Param<'a> = &'a (dyn ToSql + Sync);

/// Why a query failed.
#[derive(Debug)]
pub(super) enum QueryError {
    /// Another transaction won.
    Beaten(String),
    /// A unique column holds the value already.
    NotUnique,
    /// Anything else.
    Other(StoreError),
}

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Beaten(why) => Self::Unavailable { why },
            QueryError::NotUnique => {
                Self::Failed { why: "a unique column holds the value already".to_owned() }
            }
            QueryError::Other(error) => error,
        }
    }
}

/// A connection that is in use.
pub(super) struct Lease {
    /// `None` only while it is dropped.
    object: Option<Object>,
    /// How long the server may be silent.
    patience: Duration,
    /// Whether a query is under way.
    asking: bool,
    /// Whether a transaction is open.
    within: bool,
}

impl Lease {
    /// The next free connection of `pool`.
    pub(super) async fn take(pool: &Pool, patience: Duration) -> Result<Self, StoreError> {
        let object = pool.get().await.map_err(|error| no_connection(&error))?;
        Ok(Self { object: Some(object), patience, asking: false, within: false })
    }

    /// The rows that `sql` returns. It is prepared once for each connection.
    pub(super) async fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, QueryError> {
        let Some(object) = &self.object else {
            return Err(QueryError::Other(StoreError::Failed { why: "the connection is gone".to_owned() }));
        };
        self.asking = true;
        let rows = async {
            let statement = object.prepare_cached(sql).await?;
            object.query(&statement, params).await
        };
        // The server has a limit of its own for each statement. This is for one that says nothing any more.
        let Ok(rows) = tokio::time::timeout(self.patience, rows).await else {
            let why = format!("no answer within {:?}", self.patience);
            return Err(QueryError::Other(StoreError::Unavailable { why }));
        };
        self.asking = false;
        rows.map_err(|error| match error.code() {
            Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => QueryError::NotUnique,
            _ if is_beaten(&error) => QueryError::Beaten(describe(&error)),
            _ => QueryError::Other(failed(&error)),
        })
    }

    /// Begins a transaction. It is undone unless [`Lease::commit`] ends it.
    pub(super) async fn begin(&mut self) -> Result<(), QueryError> {
        self.within = true;
        self.query("BEGIN", &[]).await.map(drop)
    }

    /// Ends the transaction: all of it is done.
    pub(super) async fn commit(&mut self) -> Result<(), QueryError> {
        self.query("COMMIT", &[]).await?;
        self.within = false;
        Ok(())
    }

    /// Ends the transaction: nothing of it is done.
    pub(super) async fn undo(&mut self) -> Result<(), QueryError> {
        self.query("ROLLBACK", &[]).await?;
        self.within = false;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        if !self.asking && !self.within {
            return drop(object);
        }
        // Not back to the pool. The server undoes what is open when the connection ends.
        let client = Object::take(object);
        let token = client.cancel_token();
        if self.asking
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                // Kept until the query is over: a server notices that a client has gone between two queries only.
                let cancelled = tokio::time::timeout(CANCEL, token.cancel_query(NoTls)).await;
                if !matches!(cancelled, Ok(Ok(()))) {
                    tracing::debug!(?cancelled, "a query could not be cancelled");
                }
                drop(client);
            });
        }
    }
}

/// How long asking for the end of a query may take.
const CANCEL: Duration = Duration::from_secs(5);
