//! What shows that a change breaks somebody: a smallest value, written under one schema and really read under the
//! other, in both directions and both encodings.
//!
//! [`World`] pairs the messages of two schemas and finds their [`Difference`]s: `pairing` says which field is which,
//! `messages` and `enums` what to try, `trial` the values, `probe` writes and reads one, `meaning` compares what was
//! meant with what was read, and `search` draws at random where the chosen values show nothing. Readers are
//! prost-reflect, and around it what it leaves out (`wire`, `read`): wire types, closed enums, UTF-8, required fields.
//!
//! Absent on purpose: rules, places, words. What is worth saying about a difference is said in `breaking`.

mod difference;
mod enums;
mod field;
mod meaning;
mod messages;
mod pairing;
mod probe;
mod read;
mod search;
mod text;
mod trial;
mod wire;
mod world;

#[cfg(test)]
mod tests;

pub use difference::{Difference, Nature, Subject};
pub use field::Field;
pub use world::World;

use prost_reflect::MessageDescriptor;

use crate::diag::Reading;

/// Reads once more what a reading says was written, under the type that read it: what the reader has, or why it refuses.
/// Nothing where it is no encoding at all.
pub fn replay(reader: &MessageDescriptor, reading: &Reading) -> Option<String> {
    probe::replay(reader, reading.encoding, &reading.written)
}
