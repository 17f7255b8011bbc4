//! The house seen from outside.

mod bundled;
mod interop;
mod peers;
