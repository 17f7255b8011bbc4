//! How a layer answers in the place of the handler: the two shapes a gRPC status has on the wire.

use http::{HeaderMap, Response};
use tonic::Status;
use tonic::body::Body;

/// A call that ends in its headers, without a message.
pub(crate) fn trailers_only(status: Status) -> Response<Body> {
    status.into_http()
}

/// The trailers that end a body with `status`.
pub(crate) fn trailers(status: &Status) -> HeaderMap {
    // Fails only for metadata that is no header, and our statuses have none: then the code alone says enough.
    status.to_header_map().unwrap_or_else(|_| code_only(status))
}

/// Puts `status` in the place of the one that `headers` carry, and drops the details that belonged to it.
pub(crate) fn replace(headers: &mut HeaderMap, status: &Status) {
    for stale in ["grpc-message", "grpc-status-details-bin"] {
        headers.remove(stale);
    }
    for (name, value) in &trailers(status) {
        headers.insert(name, value.clone());
    }
}

fn code_only(status: &Status) -> HeaderMap {
    HeaderMap::from_iter([(Status::GRPC_STATUS, http::HeaderValue::from(status.code() as i32))])
}
