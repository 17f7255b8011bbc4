//! Every change from one schema to another, also those that break nobody.
//!
//! [`diff`] pairs what both schemas declare and lists what is added, removed, renamed, moved, changed, deprecated and
//! documented otherwise, as plain data. Nothing is left out: two schemas without a difference have the same
//! descriptors, but for positions and for the order of what has no order (files, declarations, fields, rpcs).
//! [`changelog`] puts the changes under the headings of release notes, with what [`breaking`](super::breaking) says
//! of them.
//!
//! What is paired: files by name, messages, enums and services by full name, fields and extensions by number, values,
//! oneofs and rpcs by name. What has lost its partner is looked at once more: with the same content under another
//! name it is renamed, with the same name under another number renumbered.
//!
//! Absent on purpose: whether a change breaks somebody is not decided here. Only the schema's own files count.

mod change;
mod collect;
mod facts;
mod group;
mod pair;

#[cfg(test)]
mod tests;

pub use change::{Change, Element, Kind};
pub use group::changelog;

use crate::schema::Schema;

/// Every change from `old` to `new`, in the order of the elements' names.
pub fn diff(old: &Schema, new: &Schema) -> Vec<Change> {
    pair::pair(collect::collect(old), collect::collect(new))
}
