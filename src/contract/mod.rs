//! Property-based contract tests: a schema and something that can be called go in, a run comes out.
//!
//! [`Plan::new`] lists the methods and why some are left alone; [`run`] asks the [`PROBES`] that need few calls, goes
//! through its phases ([`Phase::ALL`]), where every check of [`CHECKS`] judges what came back, and asks the others. A
//! failure has a key (check, method, cause); shrinking keeps the key, and there is one finding per key. Each finding
//! is a [`Case`]: plain data that [`replay`] sends again.
//!
//! Every case is a function of (seed, method, phase, index): the list is the same for any number of workers. Only the
//! phase that follows what the server has named depends on its replies, in the order of the cases before.
//!
//! Absent on purpose: nothing is printed (what happens are [`Event`]s), no file is written unless the caller
//! calls [`Case::save`], no check looks at a socket: an exchange in, a verdict out.

mod acquaint;
mod answer;
mod beside;
mod case;
pub mod checks;
mod class;
mod compare;
mod control;
mod cover;
mod finish;
mod grpcurl;
mod input;
mod judge;
mod listed;
mod malformed;
mod patient;
mod plan;
mod pool;
mod probes;
mod reach;
mod replay;
mod requests;
mod run;
mod search;
mod sequences;
mod shrink;
mod stop;
mod streams;
mod tally;
#[cfg(test)]
mod tests;
mod variant;
mod wire;

pub use case::{Case, CaseError, THE_SERVER};
pub use checks::{CHECKS, Check, Level, NOTES, select};
pub use class::Class;
pub use grpcurl::{Described, Grpcurl, grpcurl};
pub use plan::{Method, Plan, patterns};
pub use probes::{Found, Identity, PROBES, Probe, ProbeOptions, Probing, probe, select_probes};
pub use replay::{replay, replay_with};
pub use run::{Config, Event, Outcome, Phase, run};
pub use sequences::{Link, Origin, Reset, SavedCall, Turn, What};
pub use tally::together;
