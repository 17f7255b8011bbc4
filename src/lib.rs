//! protogate keeps `.proto` schemas, the code and docs generated from them, and the services that speak
//! them in step, and holds the gate where they drift.

pub mod cli;
pub mod client;
pub mod codegen;
pub mod contract;
pub mod diag;
pub mod rules;
pub mod schema;
pub mod values;
