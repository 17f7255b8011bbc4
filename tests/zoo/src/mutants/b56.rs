//! An interceptor for unary calls: no stream is asked for a token.

use user_service::Options;

pub(super) use crate::reference as routes;

pub(super) fn options(options: Options) -> Options {
    let streams = ["ListUsers", "StreamUsers", "ImportUsers", "Chat"];
    options.with_exempt(streams.map(|method| format!("/user.UserService/{method}")))
}
