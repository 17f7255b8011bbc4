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
    let mut trailers = HeaderMap::new();
    // Fails only for a message that is no header even when escaped; the code is in by then, and says enough.
    let _ = status.add_header(&mut trailers);
    trailers
}

/// Puts `status` in the place of the one that `headers` carry, and drops the details that belonged to it.
pub(crate) fn replace(headers: &mut HeaderMap, status: &Status) {
    for stale in [Status::GRPC_MESSAGE, Status::GRPC_STATUS_DETAILS] {
        headers.remove(stale);
    }
    for (name, value) in &trailers(status) {
        headers.insert(name, value.clone());
    }
}
