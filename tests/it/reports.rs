//! `--report` and `--format ndjson`: one run in every form, while it goes on and afterwards.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::run::protogate;
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

#[test]
fn a_run_is_followed_line_by_line_and_kept_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B02"));
    let header = "authorization:Bearer s3cret-s3cret";
    let arguments =
        ["contract", "--target", &server.address, "--schema", PROTO, "--cases", "5", "--seed", "7"];
    let more = ["--method", "*/CreateUser", "--header", header, "--format", "ndjson", "--report", "out/deep"];
    let ran = protogate(folder.path(), &[&arguments[..], &more].concat());
    assert_eq!(ran.code, 1, "{ran:?}");

    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    let at = |name: &str| {
        names.iter().position(|it| *it == name).unwrap_or_else(|| panic!("no {name}: {names:?}"))
    };
    let order = ["run_started", "phase_started", "failure_found", "failure_shrunk", "failure", "method_done"];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{names:?}");
    assert_eq!(names.last(), Some(&"summary"));
    let started = &lines[0];
    let again = format!(
        "protogate contract --target {} --schema {PROTO} --method '*/CreateUser' --seed 7 --cases 5 \
         --header 'authorization:…'",
        server.address
    );
    assert_eq!((&started["seed"], started["again"].as_str()), (&7.into(), Some(&*again)));
    let (shrunk, failure) = (&lines[at("failure_shrunk")], &lines[at("failure")]);
    assert_eq!((&shrunk["id"], &shrunk["severity"]), (&failure["id"], &"error".into()));
    let coverage = &lines.iter().find(|line| line["calls"].as_u64() > Some(0)).unwrap()["coverage"];
    assert_eq!(coverage["request"]["fields"], serde_json::json!({"reached": 2, "total": 2, "missed": []}));

    // What the page about reports says of each event.
    let documented =
        include_str!("../../docs/reports.md").lines().filter(|line| line.starts_with("{\"event\""));
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut told = 0;
    for example in documented.map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        // A gate's is no part of a run; a diagnostic at a place, or a skipped method, has other things to say.
        let same: Vec<&Value> = lines.iter().filter(|line| line["event"] == example["event"]).collect();
        let fits = |line: &&Value| line.get("path").is_some() || keys(line) == keys(&example);
        assert!(same.is_empty() || same.iter().any(fits), "{example}: {same:?}");
        told += usize::from(!same.is_empty());
    }
    assert!(
        names.iter().all(|name| include_str!("../../docs/reports.md").contains(name)) && told >= 7,
        "{names:?}"
    );

    let read = |name: &str| fs::read_to_string(folder.path().join("out/deep").join(name)).unwrap();
    assert_eq!(read("events.ndjson"), ran.stdout);
    let id = failure["id"].as_str().unwrap();
    for name in ["report.json", "report.html", "junit.xml", "report.sarif"] {
        let text = read(name);
        assert!(text.contains(id), "{name}");
        assert!(!text.contains("s3cret"), "{name}");
    }
    assert_eq!(serde_json::from_str::<Value>(&read("report.json")).unwrap()["again"], again);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_before_anything_is_called() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let ran = protogate(folder.path(), &["contract", "--target", "127.0.0.1:1", "--report", "file/in"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("file/in") && ran.stdout.contains("--report DIR"), "{ran:?}");
}

#[test]
fn a_run_that_could_not_be_made_is_reported_too() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["contract", "--target", "127.0.0.1:1", "--schema", PROTO, "--report", "out"];
    let ran = protogate(folder.path(), &arguments);
    assert_eq!(ran.code, 2, "{ran:?}");
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(
        page.contains("protogate: could not do the job") && page.contains("cannot call 127.0.0.1:1"),
        "{page}"
    );
    let events = fs::read_to_string(folder.path().join("out/events.ndjson")).unwrap();
    assert!(
        events.ends_with("{\"event\":\"summary\",\"verdict\":\"failed\",\"diagnostics\":1}\n"),
        "{events}"
    );
}
