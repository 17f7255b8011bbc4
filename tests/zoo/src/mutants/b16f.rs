//! A clock of milliseconds in a field of seconds.

use tonic::service::Routes;
use user_service::store::NewUser;

use crate::kept::kept_as;
use crate::{Setup, reference};

pub(super) fn routes(setup: Setup) -> Routes {
    reference(kept_as(setup, |user| NewUser { created_at: user.created_at.saturating_mul(1000), ..user }))
}
