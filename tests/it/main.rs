//! The house seen from outside: one binary, a module per subject.

// clippy knows the functions with #[test] only, not their helpers.
#![allow(clippy::panic, clippy::unwrap_used)]

mod breaking;
mod breaking_config;
mod breaking_variants;
mod breaking_vs_buf;
mod bundled;
#[path = "../../src/client/tests/certificates.rs"]
mod certificates;
mod cli;
mod codegen_compiles;
mod contract;
mod corpus;
mod floors;
mod formats;
mod gate;
mod grpcurl;
mod hostile;
mod hostile_server;
mod infer;
mod init;
mod interop;
mod known;
mod licences;
mod lint;
mod majors_vs_buf;
mod merge;
mod mock;
mod mutants;
mod negation;
mod pairs;
mod peers;
mod protovalidate;
mod reports;
mod run;
mod servers;
mod side;
mod tls;
mod tutorial;
