//! Every mutant, one row each.

mod b02;
mod b05;

use crate::Mutant;

/// Every mutant, in the order of their ids.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "B02",
        what: "CreateUser panics on a character of four bytes, so the client sees RST_STREAM and no status.",
        caught_by: "no_transport_abort",
        routes: b02::routes,
    },
    Mutant {
        id: "B05",
        what: "ListUsers aborts the process on a negative limit.",
        caught_by: "stays_alive",
        routes: b05::routes,
    },
];
