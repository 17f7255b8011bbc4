//! The reference `UserService` behind one fault each: what the contract tester must catch.
//!
//! A mutant is one file in `mutants/` and one row of [`MUTANTS`]. It gets a store and gives routes, so it may
//! stand anywhere: in front of one rpc ([`twist`]), around the calls of HTTP ([`around`]), or under the service as a
//! store of its own. No fault lives in the reference, and no mutant has more than one.

pub mod around;
pub mod mutants;
pub mod twist;

use std::sync::Arc;

use tonic::service::Routes;
use user_service::store::UserStore;

pub use mutants::MUTANTS;

/// The reference with one fault.
#[derive(Debug)]
pub struct Mutant {
    /// The name to ask for it by, for example `B02`.
    pub id: &'static str,
    /// What it does wrong, in one sentence.
    pub what: &'static str,
    /// The contract check that must catch it.
    pub caught_by: &'static str,
    /// Builds `user.UserService` with the fault over a store.
    pub routes: fn(Arc<dyn UserStore>) -> Routes,
}

/// The mutant with this id, in any case.
pub fn find(id: &str) -> Option<&'static Mutant> {
    MUTANTS.iter().find(|mutant| mutant.id.eq_ignore_ascii_case(id))
}

/// Every mutant, one line each.
pub fn list() -> String {
    MUTANTS
        .iter()
        .map(|mutant| format!("  {}  {} [{}]\n", mutant.id, mutant.what, mutant.caught_by))
        .collect()
}
