//! How a call ends when it does not end well.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use super::Code;

/// A code and a message for people, and the messages of `google.rpc` for programs
/// (<https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>).
///
/// ```
/// use protogate_runtime::service::{Code, Error};
///
/// let error = Error::invalid_argument("the order cannot be placed")
///     .with_violation("items", "must not be empty")
///     .with_reason("EMPTY_ORDER", "shop.example.com");
/// assert_eq!(error.code(), Code::InvalidArgument);
/// ```
#[derive(Clone)]
pub struct Error(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    message: String,
    details: ErrorDetails,
    /// The status it came as, if it came from the transport: its details may hold what [`ErrorDetails`] cannot.
    received: Option<Status>,
}

impl Error {
    /// With a code and a sentence that the caller may read. Leave out of it what is nobody's business: paths, queries,
    /// secrets.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        let parts = Parts { code, message: message.into(), details: ErrorDetails::new(), received: None };
        Error(Box::new(parts))
    }

    /// The request breaks a rule that holds in any state of the service.
    pub fn invalid_argument(message: impl Into<String>) -> Error {
        Error::new(Code::InvalidArgument, message)
    }

    /// What the request names does not exist.
    pub fn not_found(message: impl Into<String>) -> Error {
        Error::new(Code::NotFound, message)
    }

    /// What the request would create exists.
    pub fn already_exists(message: impl Into<String>) -> Error {
        Error::new(Code::AlreadyExists, message)
    }

    /// The caller may not do this.
    pub fn permission_denied(message: impl Into<String>) -> Error {
        Error::new(Code::PermissionDenied, message)
    }

    /// The service is not in a state for this.
    pub fn failed_precondition(message: impl Into<String>) -> Error {
        Error::new(Code::FailedPrecondition, message)
    }

    /// Something the service needs is not there now.
    pub fn unavailable(message: impl Into<String>) -> Error {
        Error::new(Code::Unavailable, message)
    }

    /// A fault of the service itself.
    pub fn internal(message: impl Into<String>) -> Error {
        Error::new(Code::Internal, message)
    }

    /// The method has no body yet.
    pub fn unimplemented(message: impl Into<String>) -> Error {
        Error::new(Code::Unimplemented, message)
    }

    /// With one more violation in its `google.rpc.BadRequest`: a field by its path (`order.items[2].name`), and what
    /// is wrong with it.
    #[must_use]
    pub fn with_violation(self, field: impl Into<String>, description: impl Into<String>) -> Error {
        self.violating(FieldViolation::new(field, description))
    }

    fn violating(mut self, violation: FieldViolation) -> Error {
        let before = self.0.details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
        let all: Vec<_> = before.into_iter().chain([violation]).collect();
        self.0.details.set_bad_request(all);
        self.0.received = None;
        self
    }

    /// The same, with a reason that programs compare: for a rule of `buf.validate` its id, `string.min_len`.
    #[must_use]
    pub fn with_violation_because(
        self,
        field: impl Into<String>,
        description: impl Into<String>,
        reason: impl Into<String>,
    ) -> Error {
        self.violating(FieldViolation { reason: reason.into(), ..FieldViolation::new(field, description) })
    }

    /// With a `google.rpc.ErrorInfo`: a reason in UPPER_SNAKE_CASE, and the domain it is one of.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>, domain: impl Into<String>) -> Error {
        let facts = self.0.details.error_info().map(|info| info.metadata.clone()).unwrap_or_default();
        self.0.details.set_error_info(reason, domain, facts);
        self.0.received = None;
        self
    }

    /// With one more fact in its `google.rpc.ErrorInfo`. Call [`Error::with_reason`] as well.
    #[must_use]
    pub fn with_fact(mut self, key: impl Into<String>, value: impl Into<String>) -> Error {
        let (reason, domain, mut facts) = match self.0.details.error_info() {
            Some(info) => (info.reason.clone(), info.domain.clone(), info.metadata.clone()),
            None => (String::new(), String::new(), HashMap::new()),
        };
        facts.insert(key.into(), value.into());
        self.0.details.set_error_info(reason, domain, facts);
        self.0.received = None;
        self
    }

    /// With a `google.rpc.ResourceInfo`: what the call is about, by its type (`shop.Order`) and its name, and what is with it.
    #[must_use]
    pub fn with_resource(
        mut self,
        kind: impl Into<String>,
        name: impl Into<String>,
        description: impl Into<String>,
    ) -> Error {
        self.0.details.set_resource_info(kind, name, "", description);
        self.0.received = None;
        self
    }

    /// With a `google.rpc.RetryInfo`: when to try again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Error {
        self.0.details.set_retry_info(Some(wait));
        self.0.received = None;
        self
    }

    /// As that of one message of a stream. Its fields are those of the message: a path is one of its type.
    pub(super) fn of_message(mut self, position: u64) -> Error {
        let Some(request) = self.0.details.bad_request() else { return self };
        let place = |mut violation: FieldViolation| {
            violation.description = format!("message {position} of the stream: {}", violation.description);
            violation
        };
        let placed: Vec<_> = request.field_violations.iter().cloned().map(place).collect();
        self.0.details.set_bad_request(placed);
        self.0.message = format!("message {position} of the stream: {}", self.0.message);
        self.0.received = None;
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields of its `google.rpc.BadRequest`, each with what is wrong with it.
    pub fn violations(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.details.bad_request().into_iter().flat_map(|request| &request.field_violations);
        all.map(|violation| (violation.field.as_str(), violation.description.as_str()))
    }

    /// The reason of its `google.rpc.ErrorInfo`.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.0.details.error_info().map(|info| info.reason.as_str())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("code", &self.0.code).field("message", &self.0.message);
        let violations: Vec<_> = self.violations().collect();
        if !violations.is_empty() {
            shown.field("violations", &violations);
        }
        shown.finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl std::error::Error for Error {}

/// For the adapter.
impl From<Error> for Status {
    fn from(error: Error) -> Status {
        let Parts { code, message, details, received } = *error.0;
        if let Some(status) = received {
            return status;
        }
        let code = tonic::Code::from(code as i32);
        let has_details = details.bad_request().is_some()
            || details.error_info().is_some()
            || details.resource_info().is_some()
            || details.retry_info().is_some();
        if has_details {
            Status::with_error_details(code, message, details)
        } else {
            Status::new(code, message)
        }
    }
}

/// For the adapter: what a client's stream broke with, and what another service answered.
impl From<Status> for Error {
    fn from(status: Status) -> Error {
        let code = Code::from_number(status.code() as i32);
        let message = status.message().to_owned();
        let details = status.get_error_details();
        Error(Box::new(Parts { code, message, details, received: Some(status) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_arrives_with_its_details() {
        let error = Error::invalid_argument("no")
            .with_violation("a", "must be 1")
            .with_violation_because("b", "must be short", "string.max_len")
            .with_reason("WRONG", "x.example")
            .with_fact("key", "value")
            .with_resource("x.Thing", "seven", "is locked")
            .with_retry_after(Duration::from_secs(2));
        let status = Status::from(error);
        assert_eq!((status.code(), status.message()), (tonic::Code::InvalidArgument, "no"));
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[1].reason, "string.max_len");
        assert_eq!(details.error_info().unwrap().metadata["key"], "value");
        assert_eq!(details.resource_info().unwrap().resource_name, "seven");
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(Duration::from_secs(2)));

        let error = Error::from(status);
        assert_eq!(error.violations().collect::<Vec<_>>(), [("a", "must be 1"), ("b", "must be short")]);
        assert_eq!((error.reason(), error.to_string().as_str()), (Some("WRONG"), "INVALID_ARGUMENT: no"));
    }

    #[test]
    fn an_error_without_details_has_none_on_the_wire() {
        assert!(Status::from(Error::not_found("no user")).details().is_empty());
    }

    #[test]
    fn what_another_service_answered_is_passed_on_whole() {
        let answered =
            Status::with_details(tonic::Code::Aborted, "x", bytes::Bytes::from_static(b"\x08\x0a"));
        assert_eq!(Status::from(Error::from(answered)).details(), b"\x08\x0a");
    }
}
