//! Reflection from an older build: `email` had another number, and `created_at` was not there.

use user_service::Options;

use crate::descriptors::changed;
pub(super) use crate::reference as routes;

pub(super) fn options(options: Options) -> Options {
    options.with_descriptors(changed("UserResponse", |message| {
        message.field.retain(|field| field.name() != "created_at");
        for field in message.field.iter_mut().filter(|field| field.name() == "email") {
            field.number = Some(5);
        }
    }))
}
