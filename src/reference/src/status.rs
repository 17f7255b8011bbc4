//! Where an error becomes a [`tonic::Status`], and the only place. Every status carries a `google.rpc` detail
//! that a program can read, so that nobody has to parse the message.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::store::StoreError;
use crate::validate::Violation;

/// How long a client should wait for a store that cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// The `domain` of every `google.rpc.ErrorInfo`.
pub(crate) const DOMAIN: &str = "user.UserService";

/// The `resource_type` of every `google.rpc.ResourceInfo`.
const RESOURCE: &str = "user.User";

/// The most characters of a client's own text that a status repeats. Statuses travel in headers, which peers
/// limit to a few KiB; an email may have megabytes.
const QUOTED: usize = 100;

/// `INVALID_ARGUMENT` with a `google.rpc.BadRequest` that names every field; the message names the first.
///
/// `violations` must not be empty; `place` says where in a stream the message was.
pub(crate) fn invalid(violations: &[Violation], place: Option<usize>) -> Status {
    let place = place.map_or_else(String::new, |index| format!("message {index} of the stream: "));
    let first =
        violations.first().map_or_else(String::new, |first| format!("{} {}", first.field, first.wants));
    let fields = violations.iter().map(|violation| FieldViolation {
        reason: violation.rule.to_owned(),
        ..FieldViolation::new(violation.field, format!("{place}{}", violation.wants))
    });
    let details = ErrorDetails::with_bad_request(fields.collect::<Vec<_>>());
    Status::with_error_details(Code::InvalidArgument, format!("{place}{first}"), details)
}

/// `RESOURCE_EXHAUSTED`: an import is larger than `limit` bytes.
pub(crate) fn import_too_large(limit: usize) -> Status {
    let message = format!("an import may hold at most {limit} bytes: split it");
    let details = ErrorDetails::with_error_info(
        "IMPORT_TOO_LARGE",
        DOMAIN,
        [("limit_bytes".into(), limit.to_string())],
    );
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// `INTERNAL`: the store acknowledged a user and returned none.
pub(crate) fn nothing_created() -> Status {
    StoreError::Failed { why: "the store acknowledged a user and returned none".to_owned() }.into()
}

impl From<StoreError> for Status {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { id } => {
                let (id, message) = (quoted(&id), "no user has this id");
                let details = ErrorDetails::with_resource_info(RESOURCE, id, "", message);
                Self::with_error_details(Code::NotFound, message, details)
            }
            StoreError::EmailTaken { email } => {
                let (email, message) = (quoted(&email), "another user has this email");
                let mut details = ErrorDetails::with_resource_info(RESOURCE, email, "", message);
                details.set_error_info("EMAIL_TAKEN", DOMAIN, [("field".into(), "email".into())]);
                Self::with_error_details(Code::AlreadyExists, message, details)
            }
            StoreError::Unavailable { why } => {
                tracing::warn!(why, "the store cannot be reached");
                let mut details = ErrorDetails::with_retry_info(Some(RETRY));
                details.set_error_info("STORE_UNAVAILABLE", DOMAIN, []);
                Self::with_error_details(Code::Unavailable, "the store cannot be reached: try again", details)
            }
            StoreError::Full => {
                tracing::error!("the disk of the store is full");
                let details = ErrorDetails::with_error_info("STORE_FULL", DOMAIN, []);
                Self::with_error_details(Code::ResourceExhausted, "the disk of the store is full", details)
            }
            StoreError::Failed { why } => {
                tracing::error!(why, "the store failed");
                let details = ErrorDetails::with_error_info("STORE_FAILED", DOMAIN, []);
                Self::with_error_details(
                    Code::Internal,
                    "the store failed; the server's log says why",
                    details,
                )
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
