//! `report merge`: shards of a run, and what is none.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::run::{Ran, protogate};
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// Writes `1.json` to `N.json` of a run on a mutant, each on a machine of its own.
fn shards(folder: &Path, mutant: &str, of: u64) -> Vec<Value> {
    let run = |part: u64| {
        let machine = tempfile::tempdir().unwrap();
        let server =
            Server::start(Command::new(program("zoo")).args(["--addr", "127.0.0.1:0"]).env("MUTANT", mutant));
        let shard = format!("{part}/{of}");
        // One fault, one finding: its promise is broken as well.
        let arguments = [
            "contract",
            "--target",
            &server.address,
            "--schema",
            PROTO,
            "--seed",
            "7",
            "--skip",
            "contract_errors",
        ];
        let more = ["--cases", "20", "--method", "*/GetUser", "--shard", &shard, "--format", "json"];
        let ran = protogate(machine.path(), &[&arguments[..], &more].concat());
        fs::write(folder.join(format!("{part}.json")), &ran.stdout).unwrap();
        assert_eq!(json(&ran)["shard"], shard);
        json(&ran)
    };
    (1..=of).map(run).collect()
}

#[test]
fn shards_become_one_report_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let parts = shards(folder.path(), "B06", 3);
    let merge = |more: &[&str]| protogate(folder.path(), &[&["report", "merge"], more].concat());
    let files = ["3.json", "1.json", "2.json"];
    let ran = merge(&[&files[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let whole = json(&ran);
    let sum = |key: &str| parts.iter().map(|part| part["summary"][key].as_u64().unwrap()).sum::<u64>();
    let most = parts.iter().map(|part| part["summary"]["elapsed_ms"].as_u64().unwrap()).max();
    assert_eq!(whole["summary"]["cases"], sum("cases"));
    assert_eq!(whole["summary"]["calls"], sum("calls"));
    assert_eq!(whole["summary"]["elapsed_ms"].as_u64(), most);
    // Each shard found the one fault; whoever replays it needs the case of the machine that has it.
    assert_eq!((sum("failures"), whole["failures"].as_array().unwrap().len()), (3, 1), "{whole}");
    assert_eq!(whole["failures"][0]["details"]["also"].as_str().unwrap().lines().count(), 2, "{whole}");
    assert!(!whole["again"].as_str().unwrap().contains("--shard"), "{whole}");
    assert_eq!(
        (&whole["verdict"], &whole["shard"], &whole["seed"]),
        (&json!("findings"), &Value::Null, &json!(7))
    );
    let status = |report: &Value, name: &str| {
        let row = report["methods"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["name"] == "user.UserService/GetUser");
        row.unwrap()["statuses"][name].as_u64().unwrap_or_default()
    };
    assert_eq!(status(&whole, "UNKNOWN"), parts.iter().map(|part| status(part, "UNKNOWN")).sum::<u64>());

    // What was merged is a report like any other.
    fs::write(folder.path().join("whole.json"), &ran.stdout).unwrap();
    assert_eq!(json(&merge(&["whole.json", "--format", "json"])), whole);
    for (format, says) in [
        ("text", "merged 3 shards"),
        ("github", "::error"),
        ("sarif", "\"PG101\""),
        ("junit", "<testsuites"),
        ("gitlab", "fingerprint"),
        ("html", "</html>"),
        ("ndjson", "\"event\":\"summary\""),
        ("markdown", "protogate replay"),
    ] {
        let ran = merge(&[&files[..], &["--format", format]].concat());
        assert!(ran.code == 1 && ran.stdout.contains(says), "{format}: {ran:?}");
    }
    let two = merge(&["1.json", "3.json"]);
    assert!(two.code == 1 && two.stdout.contains("shard 2/3 is missing"), "{two:?}");
    assert!(two.stdout.contains("--seed 7 --shard 2/3"), "{two:?}");
}

/// The report of a healthy shard, by hand.
fn sample() -> Value {
    json!({
        "kind": "contract", "version": 1, "seed": 7, "shard": "1/2", "target": "http://127.0.0.1:1", "again": "",
        "summary": { "cases": 4, "calls": 5, "failures": 0, "elapsed_ms": 6 },
        "methods": [{ "name": "a.B/C", "calls": 4, "statuses": { "OK": 4 }, "malformed": {} }],
        "failures": [], "verdict": "clean", "diagnostics": [],
    })
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let with = |key: &str, value: Value| {
        let mut report = sample();
        report[key] = value;
        report
    };
    for (other, says) in [
        (with("seed", json!(8)), ["of seed 7", "the same --seed"]),
        (sample(), ["both shard 1/2", "give each shard once"]),
        (with("shard", json!("2/3")), ["one shard of 2", "the same N"]),
        (with("shard", Value::Null), ["one of 1", "the same N"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), sample().to_string()).unwrap();
        fs::write(folder.path().join("b.json"), other.to_string()).unwrap();
        let ran = protogate(folder.path(), &["report", "merge", "a.json", "b.json"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        for words in says.into_iter().chain(["a.json", "b.json"]) {
            assert!(ran.stdout.contains(words), "{words} is not in {ran:?}");
        }
    }
}

#[test]
fn what_is_no_report_of_a_run_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str, says: &str| {
        fs::write(folder.path().join("a.json"), text).unwrap();
        let ran = protogate(folder.path(), &["report", "merge", "a.json"]);
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        assert!(ran.stdout.contains("a.json") && ran.stdout.contains("--format json"), "{ran:?}");
        assert!(ran.stdout.contains(says), "{says} is not in {}", ran.stdout);
    };
    fs::write(folder.path().join("a.json"), sample().to_string()).unwrap();
    assert_eq!(protogate(folder.path(), &["report", "merge", "a.json"]).code, 0);

    refused("", "EOF");
    refused("[]", "no JSON object");
    refused("{\"kind\": \"contract\",\n  \"version\": 1", "a.json:2:");
    refused("{\"verdict\": \"clean\", \"phases\": []}", "the report of a gate");
    for key in sample().as_object().unwrap().keys() {
        let mut without = sample();
        without.as_object_mut().unwrap().shift_remove(key);
        refused(&without.to_string(), &format!("`{key}`"));
    }
    for (path, value, says) in [
        ("/kind", json!("gate"), "its kind is \"gate\""),
        ("/version", json!(2), "it is of version 2"),
        ("/seed", json!("x"), "invalid type"),
        ("/shard", json!("3/2"), "3/2"),
        ("/summary/failures", json!(1), "counts 1 failures"),
        ("/methods/0/statuses/OK", json!("x"), "OK of a.B/C"),
        ("/verdict", json!("findings"), "comes to \"clean\""),
        ("/diagnostics", json!([{ "type": "NO_SUCH", "message": "", "severity": "note" }]), "NO_SUCH"),
        ("/diagnostics", json!([{ "type": "CONFIG", "message": "", "severity": "bad" }]), "severity \"bad\""),
        ("/failures", json!([{ "id": "1" }]), "missing field `check`"),
    ] {
        let mut report = sample();
        *report.pointer_mut(path).unwrap() = value;
        refused(&report.to_string(), says);
    }
    let gone = protogate(folder.path(), &["report", "merge", "gone.json"]);
    assert!(gone.code == 2 && gone.stdout.contains("cannot read gone.json"), "{gone:?}");
    // A run that could not be finished does not pass for one with findings.
    let mut failed = sample();
    failed["verdict"] = json!("failed");
    failed["diagnostics"] =
        json!([{ "type": "PG193", "message": "gone", "severity": "error", "failure": true }]);
    fs::write(folder.path().join("a.json"), failed.to_string()).unwrap();
    let ran = protogate(folder.path(), &["report", "merge", "a.json"]);
    assert!(ran.code == 2 && ran.stdout.contains("PG193") && ran.stdout.contains("1 failure"), "{ran:?}");
}

/// The steps of a job that run something, but for the one that installs protogate, with the workflow's variables.
fn steps(job: &Value, part: u64) -> Vec<String> {
    let steps = job["steps"].as_array().unwrap().iter();
    assert!(steps.clone().all(|step| step["uses"].is_string() != step["run"].is_string()), "{job}");
    let ours = steps.filter_map(|step| step["run"].as_str()).filter(|run| !run.starts_with("cargo install"));
    ours.map(|run| {
        run.replace("${{ github.run_id }}", "12345678901").replace("${{ matrix.part }}", &part.to_string())
    })
    .collect()
}

#[test]
fn the_workflow_of_the_docs_does_what_it_says() {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md")).unwrap();
    let yaml = docs.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let workflow: Value = serde_saphyr::from_str(yaml).unwrap();
    assert!(workflow["on"].as_object().unwrap().contains_key("pull_request"), "{workflow}");
    let jobs = &workflow["jobs"];
    assert_eq!(jobs["report"]["needs"], "shard");

    let folder = tempfile::tempdir().unwrap();
    let zoo = program("zoo");
    let config = format!(
        "input = {PROTO:?}\n[contract]\ncases = 5\nmethod = [\"*/GetUser\"]\n[gate]\nstart = [{zoo:?}, \"--addr\", \
         \"127.0.0.1:0\"]\nready = \"listening on {{target}}\"\n"
    );
    fs::write(folder.path().join("protogate.toml"), config).unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_protogate")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
    let shell = |mutant: &str, script: &str| -> Ran {
        let mut bash = Command::new("bash");
        bash.args(["-e", "-c", script]).current_dir(folder.path()).env("PATH", &path).env("MUTANT", mutant);
        bash.env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md")).output().unwrap().into()
    };
    for (mutant, code, says) in [("B06", 1, "PG101"), ("healthy", 0, "user.UserService/GetUser")] {
        for part in jobs["shard"]["strategy"]["matrix"]["part"].as_array().unwrap() {
            for script in steps(&jobs["shard"], part.as_u64().unwrap()) {
                let ran = shell(mutant, &script);
                assert_eq!(ran.code, 0, "{script}: {ran:?}");
            }
        }
        fs::write(folder.path().join("summary.md"), "").unwrap();
        for script in steps(&jobs["report"], 0) {
            assert_eq!(shell(mutant, &script).code, code, "{mutant}: {script}");
        }
        let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
        assert!(summary.contains(says) && !summary.contains("is missing"), "{summary}");
    }
}
