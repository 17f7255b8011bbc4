//! A gateway that spells the fields of JSON as the schema does: `created_at` where JSON has `createdAt`.

use user_service::Options;

use crate::descriptors::changed;
pub(super) use crate::reference as routes;

pub(super) fn options(options: Options) -> Options {
    options.with_descriptors(changed("UserResponse", |message| {
        for field in &mut message.field {
            field.json_name.clone_from(&field.name);
        }
    }))
}
