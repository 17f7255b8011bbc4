//! The reference server from outside: one file per behaviour, through the generated client or the real binary.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

#[cfg(feature = "amqp")]
mod amqp;
#[cfg(target_os = "linux")]
mod attack;
mod auth;
mod binary;
mod blackbox;
mod chat;
mod client;
#[cfg(target_os = "linux")]
mod clock;
mod crash;
mod deadline;
mod deploy;
mod details;
mod drain;
#[cfg(feature = "postgres")]
mod events;
#[cfg(all(unix, feature = "postgres"))]
mod fleet;
#[cfg(target_os = "linux")]
mod full;
mod health;
mod import;
mod limits;
mod lists;
#[path = "../../examples/certs/make.rs"]
mod make;
mod matrix;
mod message_size;
#[cfg(feature = "postgres")]
mod outage;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_store;
mod raw;
mod readiness;
mod reflection;
mod server;
mod settings;
#[cfg(feature = "otlp")]
mod spans;
mod store;
mod tls;
mod users;
mod watching;
