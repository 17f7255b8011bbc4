//! The house seen from outside: one binary, a module per subject.

// clippy knows the functions with #[test] only, not their helpers.
#![allow(clippy::panic, clippy::unwrap_used)]

mod accepting;
mod breaking;
mod breaking_config;
mod breaking_layers;
mod breaking_variants;
mod breaking_vs_buf;
mod buf_gen;
mod bundled;
#[path = "../../src/client/tests/certificates.rs"]
mod certificates;
mod cli;
mod codegen_compiles;
mod contract;
mod corpus;
mod coverage_of_others;
mod deploys;
mod diff;
mod docs;
mod fastapi;
mod floors;
mod formats;
mod gate;
mod generate;
mod grpcurl;
mod history;
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
mod negation_live;
mod new;
mod notes;
mod pairs;
mod peers;
mod plugins;
#[cfg(unix)]
#[path = "../../src/reference/tests/it/postgres/programs.rs"]
mod postgres;
mod production;
mod protovalidate;
mod python_code;
mod reports;
mod rest;
mod run;
#[cfg(unix)]
mod running;
mod rust_json;
mod rust_rules;
mod same_bytes;
mod servers;
mod side;
#[cfg(unix)]
mod snippets;
mod stores;
mod tls;
mod tutorial;
mod verdicts;
