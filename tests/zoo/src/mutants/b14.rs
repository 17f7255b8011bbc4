//! A name that is tidied when it is stored, while the reply has it as it came.

use tonic::service::Routes;
use user_service::store::NewUser;

use crate::Setup;
use crate::kept::{Unaware, kept_as};
use crate::twist::twisted;

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(kept_as(setup, |user| NewUser { name: tidy(&user.name), ..user }), Unaware)
}

/// Without spaces at the ends, and with one character for an e and its accent. A name never gets empty.
fn tidy(name: &str) -> String {
    let trimmed = Some(name.trim()).filter(|trimmed| !trimmed.is_empty()).unwrap_or(name);
    trimmed.replace("e\u{301}", "\u{e9}")
}
