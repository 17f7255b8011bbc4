//! The reference `UserService` behind one fault each: what the contract tester must catch.
//!
//! A mutant is one file in `mutants/` and one row of [`MUTANTS`]. It gets a store and gives routes, so it may
//! stand anywhere: in front of one rpc ([`twist`]), around the calls of HTTP ([`around`]) and in their
//! bytes ([`mod@bytes`]), under the service as a store of its own ([`kept`]), or in the way it is served, with
//! other descriptors ([`descriptors`]) or none of its layers. No fault lives in the reference, and no mutant has
//! more than one.
//!
//! [`notes`] is a service of its own, for promises that the reference does not make.

pub mod around;
pub mod bytes;
pub mod descriptors;
pub mod ghosts;
pub mod kept;
pub mod mutants;
pub mod notes;
pub mod twist;

use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::service::Routes;
use user_service::service::user_service;
use user_service::store::{MemoryStore, UserStore};
use user_service::{Options, ServeError, serve_routes};

pub use mutants::MUTANTS;

/// What a mutant is built from.
#[derive(Clone)]
pub struct Setup {
    /// Where users are kept.
    pub store: Arc<dyn UserStore>,
    /// The bearer token that calls need, if any.
    pub token: Option<String>,
}

/// The reference with one fault.
#[derive(Debug)]
pub struct Mutant {
    /// The name to ask for it by, for example `B02`.
    pub id: &'static str,
    /// What it does wrong, in one sentence.
    pub what: &'static str,
    /// What must catch it: a check of the contract tester, or a rule of the schema such as `ensures/echo`.
    pub caught_by: &'static str,
    /// Whether only promises in the schema can tell it from the reference.
    pub needs_contract: bool,
    /// Builds `user.UserService` with the fault.
    pub routes: fn(Setup) -> Routes,
    /// For faults around the service: how it is served.
    pub options: fn(Options) -> Options,
}

impl Mutant {
    /// A fault in the service, which is served as the healthy one is.
    pub const fn new(
        id: &'static str,
        what: &'static str,
        caught_by: &'static str,
        routes: fn(Setup) -> Routes,
    ) -> Self {
        Self { id, what, caught_by, needs_contract: false, routes, options: same }
    }

    /// The same, served otherwise.
    #[must_use]
    pub const fn served(self, options: fn(Options) -> Options) -> Self {
        Self { options, ..self }
    }

    /// The same, not to be found without promises in the schema.
    #[must_use]
    pub const fn needs_contract(self) -> Self {
        Self { needs_contract: true, ..self }
    }

    /// Serves it over a fresh memory store, for ever.
    ///
    /// # Errors
    /// As [`serve_routes`].
    pub async fn serve(&self, listener: TcpListener, token: Option<String>) -> Result<(), ServeError> {
        // The layers would mend some of the faults.
        let options = Options::default().with_harden(false).with_token(token.clone());
        let routes = (self.routes)(Setup { store: Arc::new(MemoryStore::default()), token });
        serve_routes(listener, routes, (self.options)(options), std::future::pending()).await
    }
}

fn same(options: Options) -> Options {
    options
}

/// `user.UserService` without a fault: for those that are around it.
pub fn reference(setup: Setup) -> Routes {
    Routes::new(user_service(setup.store))
}

/// The reference without a fault, through the same binary: in it the tester must find nothing.
pub const HEALTHY: Mutant = Mutant::new("healthy", "Nothing: the reference as it is.", "none", reference);

/// The mutant with this id, in any case; `healthy` is the reference itself.
pub fn find(id: &str) -> Option<&'static Mutant> {
    std::iter::once(&HEALTHY).chain(MUTANTS).find(|mutant| mutant.id.eq_ignore_ascii_case(id))
}

/// The healthy reference and every mutant, one line each.
pub fn list() -> String {
    std::iter::once(&HEALTHY)
        .chain(MUTANTS)
        .map(|mutant| {
            let by = if mutant.needs_contract { " with promises in the schema" } else { "" };
            format!("  {}  {} [{}]{by}\n", mutant.id, mutant.what, mutant.caught_by)
        })
        .collect()
}
