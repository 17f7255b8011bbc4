//! The reference `UserService`: a real gRPC server, made as `protogate new` makes one: the service is an implementation of
//! the generated trait, and the generated adapter and the server of `protogate-runtime` do the rest.
//!
//! ```text
//! main → assemble  settings become layers, TLS and watches
//!          ↓
//!        server    options become a server of `protogate-runtime`, with the generated routes of HTTP and JSON (rest)
//!          ↓
//!        skeleton  generated: the adapter, which holds requests against the rules of the schema
//!          ↓
//!        service   the eight rpcs; what the store refuses becomes an error with details in error
//!          ↓
//!        store/    one trait, three stores: memory, embedded (on disk), PostgreSQL
//! ```
//!
//! [`client`] is the other side: what a team calls it with.
//!
//! Absent on purpose: no fault lives here (the zoo wraps this crate for that), and the service knows nothing of tonic.

pub mod client;
mod error;
#[cfg(feature = "amqp")]
pub mod events;
pub mod options;
mod rest;
pub mod server;
pub mod service;
pub mod store;

/// The generated messages, client and server of the schema, and its descriptors.
#[path = "../../../generated/rust/mod.rs"]
#[rustfmt::skip]
#[allow(clippy::all, missing_docs, rustdoc::all)]
pub mod pb;

/// The generated trait of the service, and the adapter that serves it.
#[path = "../../../generated/skeleton/mod.rs"]
#[rustfmt::skip]
pub mod skeleton;

pub use client::UserClient;
pub use options::Options;
pub use protogate_runtime::ServeError;
pub use server::{serve, serve_routes, serve_with_rest};
pub use service::user_service;
