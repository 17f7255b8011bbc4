//! Sequences of calls against what a service promises of its state: what is created can be read, in the same words,
//! and is in the lists at its place.
//!
//! [`draw`] makes them, [`execute`] runs one and asks the promises after each answer, [`world`] keeps what is known,
//! [`shrink`] looks for the least that breaks the same promise, [`tell`] shows it. In some of them several clients call at
//! once: a race, which is right if some order of its calls is. A sequence is plain data in which the values that the server
//! chooses have names (`r1.id`), so that it means the same in each run and can lose its steps.
//!
//! Absent on purpose: what the promises mean. That is `promise::contract`, which calls nobody.

mod call;
pub(super) mod draw;
pub(super) mod execute;
mod phase;
mod replay;
mod request;
mod reset;
mod rules;
mod saved;
mod schedule;
mod shorter;
mod shrink;
pub(super) mod step;
mod tell;
mod texts;
mod world;

pub(super) use phase::{Kind, Sequences};
pub(super) use replay::replay;
pub use reset::Reset;
pub use saved::SavedCall;
pub use schedule::{Turn, What};
pub use step::{Link, Origin};
