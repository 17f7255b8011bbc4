//! A clock that was never read: every user is as old as the epoch.

use tonic::service::Routes;
use user_service::store::NewUser;

use crate::kept::kept_as;
use crate::{Setup, reference};

pub(super) fn routes(setup: Setup) -> Routes {
    reference(kept_as(setup, |user| NewUser { created_at: 0, ..user }))
}
