//! Rules over one or two schemas: schemas in, diagnostics out.
//!
//! [`breaking`] compares an old schema with a new one. Every rule is a static value that carries its
//! name, its words, its smallest example and one function. [`witness`] finds the values that show what a change does
//! to whoever reads and writes.
//!
//! Absent on purpose: rules never read files, never render, and never decide an exit code.

pub mod breaking;
pub mod witness;
