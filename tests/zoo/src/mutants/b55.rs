//! A list of methods that ask for a token, from before there was `UpdateUser`.

use user_service::Options;

pub(super) use crate::reference as routes;

pub(super) fn options(options: Options) -> Options {
    options.with_exempt(["/user.UserService/UpdateUser"])
}
