//! Promises beside the schema, and where else than in `.proto` files they are found: the same promise is broken whichever
//! way it was written, and the report names the line that it stands on.

use std::process::Command;

use serde_json::Value;

use crate::cli::folder;
use crate::run::protogate;
use crate::servers::{Server, program};

const PLAIN: &str = "syntax = \"proto3\"; package p;
message M { string a = 1; }
service S { rpc Do(M) returns (M); }
";
const PROMISED: &str = "syntax = \"proto3\"; package p; import \"protogate/contract/v1/contract.proto\";
message M { string a = 1; }
service S { rpc Do(M) returns (M) {
  option (protogate.contract.v1.method) = { ensures { id: \"echo\" expr: \"resp.a == req.a\" } };
} }
";
const TOML: &str = "[[method.\"p.S/Do\".ensures]]\nid = \"echo\"\nexpr = \"resp.a == req.a\"\n";
const YAML: &str = "method:\n  p.S/Do:\n    ensures:\n      - id: echo\n        expr: resp.a == req.a\n";
const TEXT: &str = "method {\n  key: \"p.S/Do\"\n  value {\n    ensures { id: \"echo\" expr: \"resp.a == req.a\" }\n  }\n}\n";

fn mock(folder: &std::path::Path, arguments: &[&str]) -> Server {
    let mut mock = Command::new(env!("CARGO_BIN_EXE_protogate"));
    mock.current_dir(folder).args(["mock", "--addr", "127.0.0.1:0"]).args(arguments);
    Server::start(&mut mock)
}

/// The one failure's cause, and what the report says of its rule.
fn found(folder: &std::path::Path, target: &str, arguments: &[&str]) -> (i32, String, String) {
    let fixed = ["contract", "--target", target, "--seed", "1", "--cases", "3", "--format", "json"];
    let only = ["--check", "contract_ensures"];
    let ran = protogate(folder, &[&fixed[..], &only, arguments].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let failure = &report["failures"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (ran.code, text(&failure["cause"]), text(&failure["details"]["rule"]))
}

#[test]
fn a_promise_is_broken_wherever_it_is_written() {
    let folder = folder(&[
        ("plain/p.proto", PLAIN),
        ("promised/p.proto", PROMISED),
        ("s.contract.toml", TOML),
        ("s.contract.yaml", YAML),
        ("s.contract.textproto", TEXT),
        ("beside/protogate.toml", "input = \"../plain\"\n[contract]\nside = [\"../s.contract.yaml\"]\n"),
    ]);
    let made = protogate(folder.path(), &["generate", "promised", "--out", "made"]);
    assert_eq!(made.code, 0, "{made:?}");
    // It knows of no promise, and answers with something plain.
    let server = mock(folder.path(), &["plain"]);
    for (arguments, place) in [
        (&["--schema", "promised"][..], "p.proto:4"),
        (&["--schema", "made/descriptor.binpb"], ""),
        (&["--schema", "plain", "--side", "s.contract.toml"], "s.contract.toml:3"),
        (&["--schema", "plain", "--side", "s.contract.yaml"], "s.contract.yaml:5"),
        (&["--schema", "plain", "--side", "s.contract.textproto"], "s.contract.textproto:4"),
        (&["--reflect", "--side", "s.contract.toml"], "s.contract.toml:3"),
        (&["--config", "beside/protogate.toml"], "s.contract.yaml:5"),
    ] {
        let (code, cause, rule) = found(folder.path(), &server.address, arguments);
        assert_eq!((code, &*cause), (1, "ensures/echo"), "{arguments:?}");
        assert!(rule.starts_with("resp.a == req.a") && rule.contains(place), "{arguments:?}: {rule}");
    }
    // Nothing promised, nothing broken; and a mock that knows of the promise keeps it.
    assert_eq!(found(folder.path(), &server.address, &["--schema", "plain"]).0, 0);
    let keeps = mock(folder.path(), &["plain", "--side", "s.contract.toml"]);
    for arguments in [&["--schema", "plain", "--side", "s.contract.yaml"][..], &["--schema", "promised"]] {
        assert_eq!(found(folder.path(), &keeps.address, arguments).0, 0, "{arguments:?}");
    }
}

/// A saved case is held against the side file that it was found with.
#[test]
fn replay_reads_the_side_file_again() {
    let folder = folder(&[
        ("plain/p.proto", PLAIN),
        ("s.contract.toml", TOML),
        ("protogate.toml", "input = \"plain\"\n"),
    ]);
    let server = mock(folder.path(), &["plain"]);
    let target = &*server.address;
    let arguments =
        ["contract", "--target", target, "--seed", "1", "--cases", "3", "--check", "contract_ensures"];
    let ran = protogate(
        folder.path(),
        &[&arguments[..], &["--side", "s.contract.toml", "--format", "json"]].concat(),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let id = report["failures"][0]["id"].as_str().unwrap();
    assert!(report["again"].as_str().unwrap().contains("--side s.contract.toml"), "{}", report["again"]);
    let again = protogate(folder.path(), &["replay", id]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stdout.contains("s.contract.toml:3"), "{again:?}");
    std::fs::remove_file(folder.path().join("s.contract.toml")).unwrap();
    let gone = protogate(folder.path(), &["replay", id]);
    assert_eq!(gone.code, 2, "{gone:?}");
}

/// Options are kept by descriptor sets and by reflection: the same promise is broken in all three.
#[test]
fn options_survive_a_descriptor_set_and_reflection() {
    let mut zoo = Command::new(program("zoo"));
    let server = Server::start(zoo.args(["--addr", "127.0.0.1:0"]).env("MUTANT", "B13"));
    let folder = tempfile::tempdir().unwrap();
    let here = env!("CARGO_MANIFEST_DIR");
    let (proto, set) = (format!("{here}/proto"), format!("{here}/generated/descriptor.binpb"));
    for arguments in [&["--schema", &proto][..], &["--schema", &set], &["--reflect"]] {
        let more = [arguments, &["--method", "*User", "--fail-fast"]].concat();
        let (code, cause, _) = found(folder.path(), &server.address, &more);
        assert_eq!((code, &*cause), (1, "ensures/echo"), "{arguments:?}");
    }
}

#[test]
fn what_a_side_file_gets_wrong_ends_the_run_before_a_call() {
    let twice = format!("{TOML}{TOML}");
    let off = "[method.\"p.S/Do\"]\ndisable = [\"echo\"]\n";
    let folder = folder(&[
        ("plain/p.proto", PLAIN),
        ("promised/p.proto", PROMISED),
        ("one.contract.toml", TOML),
        ("twice.contract.toml", &twice),
        ("off.contract.toml", off),
        ("name.contract.toml", &TOML.replace("Do", "Doo")),
        ("s.contract.json", "{}"),
        ("broken.contract.yaml", "method: ["),
        ("broken.contract.textproto", "method { ky: \"\" }"),
    ]);
    let side =
        |files: &[&str]| files.iter().flat_map(|file| ["--side".to_owned(), (*file).to_owned()]).collect();
    let table: [(&str, Vec<String>, &[&str]); 8] = [
        (
            "plain",
            side(&["one.contract.toml", "one.contract.toml"]),
            &["a second rule `echo`", "the first one is here"],
        ),
        ("plain", side(&["twice.contract.toml"]), &["twice.contract.toml:5", "twice.contract.toml:2"]),
        ("promised", side(&["one.contract.toml"]), &["one.contract.toml:2", "p.proto:4"]),
        ("plain", side(&["off.contract.toml"]), &["disables `echo`, which is no rule here"]),
        ("plain", side(&["name.contract.toml"]), &["did you mean `p.S/Do`?"]),
        (
            "plain",
            side(&["s.contract.json"]),
            &["`*.contract.toml`, `*.contract.yaml` and `*.contract.textproto`"],
        ),
        ("plain", side(&["broken.contract.yaml"]), &["broken.contract.yaml:1", "no YAML"]),
        ("plain", side(&["broken.contract.textproto"]), &["broken.contract.textproto:1", "ky"]),
    ];
    let server = mock(folder.path(), &["plain"]);
    for (schema, sides, says) in table {
        let fixed = ["contract", "--target", &server.address, "--schema", schema, "--cases", "1"];
        let sides: Vec<&str> = sides.iter().map(String::as_str).collect();
        let ran = protogate(folder.path(), &[&fixed[..], &sides].concat());
        assert_eq!(ran.code, 2, "{sides:?} {ran:?}");
        for word in says {
            assert!(ran.stdout.contains(word), "{sides:?} says no {word}: {}", ran.stdout);
        }
    }
    // A rule that is switched off first may come again.
    let again =
        ["contract", "lint", "promised", "--side", "off.contract.toml", "--side", "one.contract.toml"];
    assert_eq!(protogate(folder.path(), &again).code, 0);
}
