//! Why a layer refused a call, for programs: a status with the messages of `google.rpc` in its details.

use std::time::Duration;

use http::{HeaderValue, Response};
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::answer;

/// `code` with a `google.rpc.ErrorInfo` of `reason` and `domain`.
pub(crate) fn because(code: Code, message: &str, reason: &str, domain: &str) -> Status {
    Status::with_error_details(code, message, ErrorDetails::with_error_info(reason, domain, []))
}

/// `RESOURCE_EXHAUSTED` that says when to come again: in a `google.rpc.RetryInfo` for programs, and in
/// `grpc-retry-pushback-ms` for the retry policy of gRPC libraries (gRFC A6).
pub(crate) fn come_again(message: &str, reason: &str, domain: &str, wait: Duration) -> Response<Body> {
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    details.set_error_info(reason, domain, []);
    let status = Status::with_error_details_and_metadata(
        Code::ResourceExhausted,
        message,
        details,
        MetadataMap::new(),
    );
    let mut response = answer::trailers_only(status);
    // Rounded up: who comes too early is refused again.
    let millis = wait.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128);
    if let Ok(value) = HeaderValue::try_from(millis.to_string()) {
        response.headers_mut().insert("grpc-retry-pushback-ms", value);
    }
    response
}
