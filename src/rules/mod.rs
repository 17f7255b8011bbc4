//! Rules over one or two schemas: schemas in, diagnostics out.
//!
//! [`breaking`] compares an old schema with a new one. Every rule is a static value that carries its
//! name, its words, its smallest example and one function.
//!
//! Absent on purpose: rules never read files, never render, and never decide an exit code.

pub mod breaking;
