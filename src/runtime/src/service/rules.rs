//! What a message must be before a method sees it.

use std::fmt;

use bytes::Bytes;

use super::Error;

/// Rules for messages, asked before a method runs and for each message of a stream.
pub trait Rules: fmt::Debug + Send + Sync + 'static {
    /// Whether messages of this full name have any; if not, none is encoded.
    fn concern(&self, message: &str) -> bool;

    /// Looks at one message.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` with every broken rule; `INTERNAL` when a rule cannot be asked.
    fn check(&self, message: &str, encoded: Bytes) -> Result<(), Error>;
}
