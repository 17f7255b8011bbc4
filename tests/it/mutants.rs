//! The mutants of the zoo: each is caught by the check that is meant for it, with no check named and no contract
//! written, and the healthy server by none.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

/// Id and check. Not here: B28, whose endless list is taken for a watch, and B29, whose fault shows in a value only.
const CAUGHT: &[(&str, &str)] = &[
    ("B01", "not_a_server_error"),
    ("B02", "no_transport_abort"),
    ("B03", "not_a_server_error"),
    ("B04", "no_transport_abort"),
    ("B05", "stays_alive"),
    ("B06", "not_a_server_error"),
    ("B10", "grpc_envelope"),
    ("B11", "error_message_leak"),
    ("B20", "deterministic_read"),
    ("B24", "deterministic_read"),
    ("B26", "always_terminates"),
    ("B30", "empty_request_stream"),
    ("B35", "half_close_terminates"),
    ("B37", "half_close_terminates"),
    ("B43", "sibling_isolation"),
    ("B59", "metadata_tolerant"),
];

/// One run on a mutant, in a folder of its own: saved cases of another would be sent first.
fn contract(mutant: &str) -> (Ran, Value) {
    let folder = tempfile::tempdir().unwrap();
    // A hang is a hang after two seconds as well.
    fs::write(folder.path().join("protogate.toml"), "[contract]\ndeadline = \"2s\"\n").unwrap();
    let server =
        Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", mutant));
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let arguments = ["contract", "--target", &server.address, "--schema", proto, "--seed", "1"];
    let more = ["--fail-fast", "--cases", "30", "--max-time", "60s", "--format", "json"];
    let ran = protogate(folder.path(), &[&arguments[..], &more].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, report)
}

#[test]
fn each_is_caught_by_the_check_that_is_meant_for_it() {
    for (mutant, check) in CAUGHT {
        let (ran, report) = contract(mutant);
        assert_eq!(ran.code, 1, "{mutant}: {ran:?}");
        let failures = report["failures"].as_array().unwrap();
        assert!(failures.iter().any(|failure| failure["check"] == *check), "{mutant}: {failures:?}");
    }
}

#[test]
fn the_healthy_one_is_caught_by_none() {
    let (ran, report) = contract("healthy");
    assert_eq!((ran.code, &report["failures"]), (0, &Value::Array(Vec::new())), "{ran:?}");
}
