//! `mock` serves a schema, and what serves it is tested like any server.

use std::process::Command;

use crate::run::protogate;
use crate::servers::Server;

fn mock(folder: &str) -> Server {
    let mut mock = Command::new(env!("CARGO_BIN_EXE_protogate"));
    Server::start(mock.args(["mock", folder, "--addr", "127.0.0.1:0"]))
}

/// The mock is the tester's own oracle: what keeps the schema is found to keep it.
#[test]
fn the_tester_finds_nothing_in_the_mock() {
    // Types and nothing promised. What the mock makes of promises: `src/mock/tests.rs`.
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/article");
    let server = mock(proto);
    let folder = tempfile::tempdir().unwrap();
    // Reflected, so that it is seen to say what it serves.
    for schema in [&["--schema", proto][..], &["--reflect"]] {
        let arguments =
            [&["contract", "--target", &server.address, "--seed", "3", "--cases", "20"], schema].concat();
        let ran = protogate(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{schema:?}: {ran:?}");
    }
}

/// With a contract it keeps what it promises, and answers every method: also those that list what it keeps.
#[test]
fn the_mock_of_our_own_schema_answers_every_method_and_keeps_its_promises() {
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let folder = tempfile::tempdir().unwrap();
    let server = mock(proto);
    // More seeds ask the same of it without a socket: `negation.rs`.
    let arguments = ["contract", "--target", &server.address, "--schema", proto, "--seed", "1"];
    // What must end within a second does not always do so where it was built without optimisations.
    let timed = ["--skip", "half_close_terminates", "--skip", "survives_malformed_input"];
    let fewer = ["--cases", "2", "--format", "json"];
    let ran = protogate(folder.path(), &[&arguments[..], &fewer, &timed].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for method in report["methods"].as_array().unwrap() {
        let statuses = &method["statuses"];
        assert!(statuses["OK"].as_u64().is_some_and(|it| it > 0), "{method}");
        assert!(statuses["UNIMPLEMENTED"].is_null(), "{method}");
    }
}

/// What its caller holds open ends when the caller said that it would.
#[test]
fn a_conversation_ends_at_its_deadline() {
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let server = mock(proto);
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["contract", "--target", &server.address, "--schema", proto, "--method", "*/Chat"];
    let fewer = ["--cases", "1", "--seed", "1", "--check", "deadline_respected"];
    let ran = protogate(folder.path(), &[&arguments[..], &fewer].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("DEADLINE_EXCEEDED"), "{ran:?}");
}

#[test]
fn what_cannot_be_served_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.proto"), "syntax = \"proto3\";\nmessage A {}\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    for (arguments, said) in [
        (&["mock", "."][..], "the schema has no service to answer for"),
        (&["mock", proto, "--addr", &address], "cannot listen on"),
        (&["mock", proto, "--addr", "nowhere"], "--addr"),
    ] {
        let ran = protogate(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(said) || ran.stdout.contains(said), "{ran:?}");
    }
}
