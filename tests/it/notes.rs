//! What a contract says of callers, sizes, repetitions, examples and fields, on a service that promises all of it: each
//! fault is caught by the check that is meant for it, and the healthy service by none.

use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/zoo/proto");

fn notes(mutant: &str) -> Server {
    let program = program("zoo").with_file_name("notes");
    Server::start(Command::new(program).args(["--addr", "127.0.0.1:0"]).env("MUTANT", mutant))
}

/// One run as a caller of its own, with two others to be told apart.
fn contract(folder: &std::path::Path, target: &str, more: &[&str]) -> (Ran, Value) {
    let fixed = ["contract", "--target", target, "--schema", PROTO, "--seed", "1", "--format", "json"];
    let cases = if more.contains(&"--cases") { &[][..] } else { &["--cases", "20"] };
    let callers = ["--header", "authorization:carol", "--identity", "alice=authorization:alice"];
    let ran = protogate(
        folder,
        &[&fixed[..], cases, &callers, &["--identity", "bob=authorization:bob"], more].concat(),
    );
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran, report)
}

/// How each promise of the probes fared, by method and id.
fn fate<'a>(report: &'a Value, of: &str, id: &str) -> &'a Value {
    let rows = report["rules"].as_array().unwrap();
    let row = rows.iter().find(|row| row["of"] == format!("notes.Notes/{of}") && row["id"] == id);
    &row.unwrap_or_else(|| panic!("no {id} of {of}: {}", report["rules"]))["fate"]
}

#[test]
fn each_fault_is_caught_by_the_check_that_is_meant_for_it() {
    for (mutant, check, method, cause) in [
        ("B58", "object_level_authorization", "notes.Notes/Read", "ANOTHERS"),
        ("erased", "object_level_authorization", "notes.Notes/Erase", "CHANGED"),
        ("twice", "idempotency_key_kept", "notes.Notes/Write", "REPLY"),
        ("unbounded", "request_limit_kept", "notes.Notes/Write", "ABOVE_LIMIT"),
        ("narrow", "request_limit_kept", "notes.Notes/Write", "AT_LIMIT"),
        ("words", "examples_kept", "notes.Notes/About", "examples/long"),
        ("private", "ignored_auth", "notes.Notes/About", "PUBLIC_DENIED"),
        ("long-ids", "contract_field", "notes.Notes/Write", "field/Note.id/short"),
        ("no-header", "idempotency_key_kept", "notes.Notes/Draft", "REPLY"),
        ("open", "ignored_auth", "notes.Notes/Count", "NO_CREDENTIALS"),
        ("wordy", "response_within_limit", "notes.Notes/About", "TOO_LARGE"),
        ("slow", "latency_bound", "notes.Notes/About", "1000ms"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = notes(mutant);
        // A service that is slow is not asked for everything, and ids are made in two places.
        let only = ["--check", check, "--method", method, "--cases", "1"];
        let asked = if ["slow", "long-ids"].contains(&mutant) { &only[..] } else { &only[..2] };
        let (ran, report) = contract(folder.path(), &server.address, asked);
        let failures = report["failures"].as_array().unwrap();
        let keys: Vec<_> = failures.iter().map(|it| (&it["check"], &it["method"], &it["cause"])).collect();
        let expected = (&Value::from(check), &Value::from(method), &Value::from(cause));
        assert_eq!((ran.code, &keys[..]), (1, &[expected][..]), "{mutant}: {ran:?}");
        // The saved case fails again, and not on a service that is mended.
        let id = failures[0]["id"].as_str().unwrap();
        std::fs::write(folder.path().join("protogate.toml"), format!("input = {PROTO:?}\n")).unwrap();
        let callers = ["--identity", "alice=authorization:alice", "--identity", "bob=authorization:bob"];
        let replay = [&["replay", id, "--header", "authorization:carol"][..], &callers].concat();
        assert_eq!(protogate(folder.path(), &replay).code, 1, "{mutant}");
        let healthy = notes("healthy");
        let mended = protogate(folder.path(), &[&replay[..], &["--target", &healthy.address]].concat());
        assert_eq!(mended.code, 0, "{mutant}: {mended:?}");
    }
}

#[test]
fn the_healthy_service_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let server = notes("healthy");
    let (ran, report) = contract(folder.path(), &server.address, &[]);
    assert_eq!((ran.code, &report["failures"]), (0, &Value::Array(Vec::new())), "{ran:?}");
    for (of, id) in [
        ("Read", "auth"),
        ("Erase", "auth"),
        ("About", "auth"),
        ("Write", "idempotency"),
        ("Draft", "idempotency"),
        ("Count", "auth"),
        ("Write", "limits/max_request_bytes"),
        ("About", "examples/short"),
        ("About", "examples/loud"),
        ("Write", "ensures/echo"),
        ("Read", "ensures/exact"),
    ] {
        assert_eq!(fate(&report, of, id), "satisfied", "{id} of {of}");
    }
    let of_field =
        report["rules"].as_array().unwrap().iter().find(|row| row["of"] == "notes.Note.id").unwrap();
    assert_eq!(
        (&of_field["fate"], &of_field["id"]),
        (&Value::from("satisfied"), &Value::from("field/Note.id/short"))
    );
    assert!(of_field["place"]["path"].as_str().unwrap().ends_with("notes.proto"), "{of_field}");
    assert!(report["states"][0]["most"].as_u64().unwrap() > 0, "{}", report["states"]);
    // What the callers are known by is in no report.
    assert!(report["again"].as_str().unwrap().contains("alice=authorization:…"), "{}", report["again"]);
}

/// One caller cannot show what is another's: that is said, and nothing is found.
#[test]
fn without_two_callers_nobody_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let server = notes("B58");
    let fixed =
        ["contract", "--target", &server.address, "--schema", PROTO, "--seed", "1", "--format", "json"];
    let ran = protogate(
        folder.path(),
        &[&fixed[..], &["--check", "PG218", "--header", "authorization:carol"]].concat(),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, fate(&report, "Read", "auth")), (0, &Value::from("not_asked")), "{ran:?}");
    let wrong = protogate(folder.path(), &[&fixed[..], &["--identity", "alice"]].concat());
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stdout.contains("`alice` is no identity"), "{wrong:?}");
}
