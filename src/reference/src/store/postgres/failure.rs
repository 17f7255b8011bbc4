//! What a failure of PostgreSQL means: that it may be there again soon, or that something is wrong with it.

use std::error::Error as _;

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::StoreError;

/// The classes of SQLSTATE that pass by themselves: connections, transactions that another one stopped, resources,
/// an operator's doing. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const PASSING: [&str; 4] = ["08", "40", "53", "57"];

/// `error` as ours.
pub(super) fn failed(error: &Error) -> StoreError {
    let why = describe(error);
    match error.code() {
        // A server that takes no writes is a standby, or was one until a moment ago.
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::LOCK_NOT_AVAILABLE) => {
            StoreError::Unavailable { why }
        }
        Some(code) if PASSING.iter().any(|class| code.code().starts_with(class)) => {
            StoreError::Unavailable { why }
        }
        Some(_) => StoreError::Failed { why },
        // Not the server's words, so those of the connection; what cannot be decoded is our own mistake.
        None if error.is_closed() || error.source().is_some_and(|why| why.is::<std::io::Error>()) => {
            StoreError::Unavailable { why }
        }
        None => StoreError::Failed { why },
    }
}

/// Why no connection could be had. Whatever it is, nothing was done.
pub(super) fn no_connection(error: &PoolError) -> StoreError {
    let why = match error {
        PoolError::Backend(error) => describe(error),
        PoolError::Timeout(_) => {
            format!("{error}: all connections are in use, or the server does not answer")
        }
        other => other.to_string(),
    };
    StoreError::Unavailable { why }
}

/// Whether another transaction of the database won: the same may be tried again.
pub(super) fn is_beaten(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("40"))
}

/// The words of `error` and of what is behind it; they hold no password.
pub(super) fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        text = format!("{text}: {error}");
        behind = error.source();
    }
    text.replace('\n', " ")
}
