//! The house seen from outside.

mod bundled;
mod codegen_compiles;
mod interop;
mod licences;
mod peers;
