//! What a caller hears of a store that did not do what it was asked to. Every error carries a `google.rpc` detail that a
//! program can read, so that nobody has to parse the message.

use std::time::Duration;

use protogate_runtime::service::{Code, Error};

use crate::options::SERVICE;
use crate::store::StoreError;

/// How long a client should wait for a store that cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// The type in every `google.rpc.ResourceInfo`.
const RESOURCE: &str = "user.User";

/// The most characters of a client's own text that an error repeats. Statuses travel in headers, which peers
/// limit to a few KiB; an email may have megabytes.
const QUOTED: usize = 100;

/// `RESOURCE_EXHAUSTED`: an import is larger than `limit` bytes.
pub(crate) fn import_too_large(limit: usize) -> Error {
    let message = format!("an import may hold at most {limit} bytes: split it");
    let error = Error::new(Code::ResourceExhausted, message).with_reason("IMPORT_TOO_LARGE", SERVICE);
    error.with_fact("limit_bytes", limit.to_string())
}

/// `INTERNAL`: the store acknowledged a user and returned none.
pub(crate) fn nothing_created() -> Error {
    StoreError::Failed { why: "the store acknowledged a user and returned none".to_owned() }.into()
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { id } => {
                let message = "no user has this id";
                Self::not_found(message).with_resource(RESOURCE, quoted(&id), message)
            }
            StoreError::EmailTaken { email } => {
                let message = "another user has this email";
                let error = Self::already_exists(message).with_resource(RESOURCE, quoted(&email), message);
                error.with_reason("EMAIL_TAKEN", SERVICE).with_fact("field", "email")
            }
            StoreError::Unavailable { why } => {
                tracing::warn!(why, "the store cannot be reached");
                let error = Self::unavailable("the store cannot be reached: try again");
                error.with_retry_after(RETRY).with_reason("STORE_UNAVAILABLE", SERVICE)
            }
            StoreError::Full => {
                tracing::error!("the disk of the store is full");
                let error = Self::new(Code::ResourceExhausted, "the disk of the store is full");
                error.with_reason("STORE_FULL", SERVICE)
            }
            StoreError::Failed { why } => {
                tracing::error!(why, "the store failed");
                let error = Self::internal("the store failed; the server's log says why");
                error.with_reason("STORE_FAILED", SERVICE)
            }
        }
    }
}

/// At most [`QUOTED`] characters of `text`.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
