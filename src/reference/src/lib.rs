//! The reference `UserService`: a real gRPC server, written against `generated/` and nothing else of protogate.
//!
//! ```text
//! main → assemble  settings become layers, TLS and watches
//!          ↓
//!        server    the socket, the drain, health and reflection, under the layers of `protogate-runtime`
//!          ↓        rest: HTTP and JSON on a port of their own, over the same layers
//!        service   the eight rpcs; asks validate first, answers errors through status
//!          ↓
//!        store/    one trait, three stores: memory, embedded (on disk), PostgreSQL
//! ```
//!
//! [`client`] is the other side: what a team calls it with.
//!
//! Absent on purpose: no fault lives here (the zoo wraps this crate for that), nothing reads the schema at run
//! time, and no module but [`status`] makes a [`tonic::Status`] out of an error.

pub mod client;
#[cfg(feature = "amqp")]
pub mod events;
pub mod options;
mod rest;
pub mod server;
pub mod service;
pub mod status;
pub mod store;
pub mod validate;

/// The generated messages, client and server of the schema, and its descriptors.
#[path = "../../../generated/rust/mod.rs"]
#[rustfmt::skip]
#[allow(clippy::all, missing_docs, rustdoc::all)]
pub mod pb;

pub use client::UserClient;
pub use options::Options;
pub use server::{serve, serve_routes, serve_with_rest};
pub use service::user_service;
