//! The house seen from outside.

mod breaking_variants;
mod breaking_vs_buf;
mod peers;
