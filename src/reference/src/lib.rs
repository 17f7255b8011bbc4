//! The reference `UserService`: a real gRPC server, written against `generated/` and nothing else of protogate.
//!
//! ```text
//! main → assemble  settings become layers, TLS and watches
//!          ↓
//!        server    the socket, the drain, health and reflection, under the layers of `protogate-runtime`
//!          ↓
//!        service   the eight rpcs; asks validate first, answers errors through status
//!          ↓
//!        store/    one trait, three stores: memory, embedded (on disk), PostgreSQL
//! ```
//!
//! Absent on purpose: no fault lives here (the zoo wraps this crate for that), nothing reads the schema at run
//! time, and no module but [`status`] makes a [`tonic::Status`] out of an error.

pub mod options;
pub mod server;
pub mod service;
mod sever;
pub mod status;
pub mod store;
pub mod validate;

/// The generated messages, client and server of the schema, and its descriptors.
#[path = "../../../generated/rust/mod.rs"]
#[rustfmt::skip]
#[allow(clippy::all, missing_docs, rustdoc::all)]
pub mod pb;

pub use options::Options;
pub use server::{serve, serve_routes};
pub use service::user_service;
