//! The house seen from outside.

mod bundled;
mod interop;
mod licences;
mod peers;
