//! The house seen from outside.

mod bundled;
mod formats;
mod interop;
mod licences;
mod peers;
