//! A name in lower case where it is stored, while the reply has it as it came.

use tonic::service::Routes;
use user_service::store::NewUser;

use crate::Setup;
use crate::kept::{Unaware, kept_as};
use crate::twist::twisted;

pub(super) fn routes(setup: Setup) -> Routes {
    twisted(kept_as(setup, |user| NewUser { name: user.name.to_lowercase(), ..user }), Unaware)
}
