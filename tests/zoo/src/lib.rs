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
use user_service::service::user_service;
use user_service::store::UserStore;

pub use mutants::MUTANTS;

/// The reference with one fault.
#[derive(Debug)]
pub struct Mutant {
    /// The name to ask for it by, for example `B02`.
    pub id: &'static str,
    /// What it does wrong, in one sentence.
    pub what: &'static str,
    /// The contract check that must catch it; `ensures` where only a contract in the schema could.
    pub caught_by: &'static str,
    /// Builds `user.UserService` with the fault over a store.
    pub routes: fn(Arc<dyn UserStore>) -> Routes,
}

/// The reference without a fault, through the same binary: in it the tester must find nothing.
pub const HEALTHY: Mutant = Mutant {
    id: "healthy",
    what: "Nothing: the reference as it is.",
    caught_by: "none",
    routes: |store| Routes::new(user_service(store)),
};

/// The mutant with this id, in any case; `healthy` is the reference itself.
pub fn find(id: &str) -> Option<&'static Mutant> {
    std::iter::once(&HEALTHY).chain(MUTANTS).find(|mutant| mutant.id.eq_ignore_ascii_case(id))
}

/// The healthy reference and every mutant, one line each.
pub fn list() -> String {
    std::iter::once(&HEALTHY)
        .chain(MUTANTS)
        .map(|mutant| format!("  {}  {} [{}]\n", mutant.id, mutant.what, mutant.caught_by))
        .collect()
}
