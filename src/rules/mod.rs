//! Rules over one or two schemas: schemas in, diagnostics out.
//!
//! [`breaking`] compares an old schema with a new one. Every rule is a static value that carries its
//! name, its words, its smallest example and one function. [`ledger`] knows what earlier
//! releases had, [`accept`] what a team lives with, [`deletion`] what may go;
//! [`diff`] lists every change.
//!
//! What a finding is worth: [`witness`] finds the values that show what a change does to whoever reads and writes, and
//! [`reach`] says which rpcs it reaches, and who breaks.
//!
//! Absent on purpose: rules never read files, never render, and never decide an exit code.

pub mod accept;
pub mod breaking;
pub mod deletion;
pub mod diff;
pub mod ledger;
pub mod reach;
pub mod witness;
