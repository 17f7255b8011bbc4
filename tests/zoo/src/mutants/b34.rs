//! A proxy in front of a server that keeps deadlines: it passes the deadline of every call on but that of a chat.

use tonic::body::Body;
use tonic::codegen::http::Request;
use user_service::Options;

pub(super) use crate::reference as routes;

pub(super) fn options(options: Options) -> Options {
    options.with_harden(true).with_front(without_deadline)
}

fn without_deadline(mut request: Request<Body>) -> Request<Body> {
    if request.uri().path().ends_with("/Chat") {
        request.headers_mut().remove("grpc-timeout");
    }
    request
}
