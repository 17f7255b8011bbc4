//! `contract` on running servers: silent on healthy ones, exact on broken ones.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Ran, protogate};
use crate::servers::{Server, program, python};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// Few cases: what is tested here is the door, not the odds.
const FEW: [&str; 4] = ["--cases", "20", "--seed", "7"];

fn contract(folder: &Path, target: &str, more: &[&str]) -> Ran {
    protogate(folder, &[&["contract", "--target", target], &FEW[..], more].concat())
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// A mutant of the zoo.
fn mutant(id: &str) -> Server {
    Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", id))
}

#[test]
fn a_handler_that_panics_on_an_emoji_is_found_shrunk_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let server = mutant("B02");
    let more = ["--schema", PROTO, "--method", "user.UserService/CreateUser", "--format", "json"];
    let ran = contract(folder.path(), &server.address, &more);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = json(&ran);
    let failures = report["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "one cause is one finding: {report}");
    let failure = &failures[0];
    assert_eq!(failure["check"], "no_transport_abort");
    assert_eq!(failure["method"], "user.UserService/CreateUser");
    assert_eq!(failure["status"], "RST_STREAM(CANCEL)");
    // One 4-byte character is the whole cause; a valid email may have to stand beside it.
    let name = failure["request_json"]["name"].as_str().unwrap();
    assert_eq!((name.chars().count(), name.len()), (1, 4), "{failure}");
    assert!(failure["request_hex"].as_str().unwrap().len() / 2 <= 24, "{failure}");

    let replay: Vec<&str> = failure["replay"].as_str().unwrap().split(' ').skip(1).collect();
    assert_eq!(replay[0], "replay");
    let again = protogate(folder.path(), &replay);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stdout.contains("RST_STREAM(CANCEL)"), "{again:?}");

    let healthy = Server::reference();
    let mended = protogate(folder.path(), &[&replay[..], &["--target", &healthy.address]].concat());
    assert_eq!(mended.code, 0, "{mended:?}");
}

#[test]
fn a_saved_case_keeps_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let server = mutant("B02");
    let more = [
        "--schema",
        PROTO,
        "--method",
        "user.UserService/CreateUser",
        "--header",
        "authorization:Bearer s3cret",
        "--header",
        "x-home:env:HOME",
    ];
    let ran = contract(folder.path(), &server.address, &more);
    assert!(ran.code == 1 && !ran.stdout.contains("s3cret"), "{ran:?}");
    let headers = "-H \"authorization: ${AUTHORIZATION:?}\" -H \"x-home: $HOME\"";
    assert!(ran.stdout.contains(headers), "{ran:?}");
    let cases = folder.path().join(".protogate/cases");
    let case = std::fs::read_dir(&cases).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&case).unwrap();
    let hex: String = "s3cret".bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(text.contains("authorization") && !text.contains("s3cret") && !text.contains(&hex), "{text}");

    let id = case.file_stem().unwrap().to_str().unwrap();
    let without = protogate(folder.path(), &["replay", id]);
    assert!(without.code == 1 && without.stdout.contains("--header 'authorization:"), "{without:?}");
    let with = protogate(folder.path(), &["replay", id, "--header", "authorization:Bearer s3cret"]);
    assert!(with.code == 1 && !with.stdout.contains("missing_header"), "{with:?}");
}

#[test]
fn the_reference_is_clean_by_schema_and_by_reflection() {
    let folder = tempfile::tempdir().unwrap();
    for source in [&["--schema", PROTO][..], &["--reflect"], &["--schema", PROTO, "--strict"]] {
        // A server of its own: on one that already knows the users of this seed, every email is taken.
        let server = Server::reference();
        let ran = contract(folder.path(), &server.address, &[source, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let report = json(&ran);
        assert_eq!(report["seed"], 7);
        assert_eq!(report["failures"], Value::Array(Vec::new()));
        let methods = report["methods"].as_array().unwrap();
        let methods: Vec<&Value> = methods.iter().filter(|method| method.get("skipped").is_none()).collect();
        assert_eq!(methods.len(), 8, "{report}");
        for method in &methods {
            assert!(method["calls"].as_u64().unwrap() > 20, "{method}");
        }
        let statuses = |name: &str| {
            let method = methods.iter().find(|method| method["name"] == name).unwrap();
            method["statuses"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        // Both answers, or the cases never reached the logic behind the validation.
        assert!(statuses("user.UserService/CreateUser").contains(&"OK".to_owned()), "{report}");
        assert!(statuses("user.UserService/CreateUser").contains(&"INVALID_ARGUMENT".to_owned()), "{report}");
    }
    assert!(!folder.path().join(".protogate").exists(), "nothing failed, so nothing is saved");
}

#[test]
fn a_service_in_python_is_clean() {
    let Some(mut service) = python("server.py") else { return };
    let server = Server::start(service.args(["--port", "0"]));
    let folder = tempfile::tempdir().unwrap();
    let ran = contract(folder.path(), &server.address, &["--reflect"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_server_that_is_not_there_or_knows_no_reflection_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let ran = contract(folder.path(), "127.0.0.1:1", &["--schema", PROTO]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("127.0.0.1:1") && ran.stdout.contains("help"), "{ran:?}");
    let ran = contract(folder.path(), "127.0.0.1:1", &["--schema", PROTO, "--check", "not_a_servr_error"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("did you mean `not_a_server_error`?"), "{ran:?}");
}

/// Started only when protogate has said that it waits.
#[test]
fn a_server_that_is_still_starting_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let service = program("user-service");
    let waiting = |wait: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_protogate"));
        let more = ["--schema", PROTO, "--method", "*/GetUser", "--cases", "1"];
        command.current_dir(folder.path()).args(["contract", "--target", &free, "--wait", wait]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = waiting("60s");
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, format!("waiting for http://{free}, 1m at most\n"));
    let server = Server::start(Command::new(service).args(["--addr", &free, "--store", "memory"]));
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    drop(server);

    let ran = Ran::from(waiting("0s").wait_with_output().unwrap());
    assert!(ran.code == 2 && ran.stderr.is_empty() && ran.stdout.contains("`--wait 60s`"), "{ran:?}");
}

#[test]
fn a_server_that_dies_is_a_finding_with_a_case_that_kills_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = mutant("B05");
    let more = ["--schema", PROTO, "--method", "*/ListUsers", "--workers", "1", "--format", "json"];
    let ran = contract(folder.path(), &server.address, &more);
    assert_eq!(ran.code, 1, "{ran:?}");
    let report = json(&ran);
    let failures = report["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{report}");
    assert_eq!(failures[0]["check"], "stays_alive");
    assert!(failures[0]["request_json"]["limit"].as_i64().unwrap() < 0, "{report}");

    let replay: Vec<&str> = failures[0]["replay"].as_str().unwrap().split(' ').skip(1).collect();
    for (server, code) in [(mutant("B05"), 1), (Server::reference(), 0)] {
        let again = protogate(folder.path(), &[&replay[..], &["--target", &server.address]].concat());
        assert_eq!(again.code, code, "{again:?}");
    }
}

#[test]
fn ctrl_c_ends_a_run_with_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let server = mutant("B02");
    let mut run = Command::new(env!("CARGO_BIN_EXE_protogate"))
        .current_dir(folder.path())
        .args(["contract", "--target", &server.address, "--schema", PROTO, "--cases", "10000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().starts_with("found ")), "it finds the fault");
    let asked = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(asked.success());
    // Read on, or a full pipe would hold it up.
    log.for_each(drop);
    let ran = Ran::from(run.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("no_transport_abort") && ran.stdout.contains("1 failure:"), "{ran:?}");
}
