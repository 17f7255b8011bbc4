//! Sequences of calls against what a service promises of its state: what is created can be read, in the same words,
//! and is in the lists at its place.
//!
//! [`draw`] makes them, [`execute`] runs one and asks the promises after each answer, [`shrink`] looks for the least
//! that breaks the same promise, [`tell`] shows it. A sequence is plain data in which the values that the server
//! chooses have names (`r1.id`), so that it means the same in each run and can lose its steps.
//!
//! Absent on purpose: what the promises mean. That is `promise::contract`, which calls nobody.

pub(super) mod draw;
pub(super) mod execute;
mod phase;
mod replay;
mod reset;
mod rules;
mod saved;
mod schedule;
mod shrink;
pub(super) mod step;
mod tell;

pub(super) use phase::Sequences;
pub(super) use replay::replay;
pub use reset::Reset;
pub use saved::SavedCall;
pub use schedule::{Turn, What};
pub use step::{Link, Origin};
