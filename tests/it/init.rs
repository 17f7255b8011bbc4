//! `init`: the first `protogate.toml`, and snippets for CI.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::cli::folder;
use crate::run::protogate;

const PROTO: (&str, &str) = ("api/proto/a.proto", "syntax = \"proto3\"; message M {}");

#[test]
fn a_first_configuration_works_and_is_never_overwritten() {
    let folder = folder(&[PROTO, ("api/proto/sub/b.proto", "syntax = \"proto3\";")]);
    for arguments in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "one"]] {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let status = Command::new("git").current_dir(folder.path()).args(identity).args(arguments).status();
        assert!(status.unwrap().success());
    }
    let ran = protogate(folder.path(), &["init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = fs::read_to_string(folder.path().join("protogate.toml")).unwrap();
    assert!(text.contains("input = \"api/proto\"") && text.contains("baseline = \"git:main\""), "{text}");
    assert!(ran.stdout.contains(&text) && ran.stdout.contains("protogate check-breaking"), "{}", ran.stdout);
    assert_eq!(protogate(folder.path(), &["check-breaking"]).code, 0);

    let again = protogate(folder.path(), &["init"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.stdout.contains("move it away"), "{}", again.stdout);
    assert_eq!(fs::read_to_string(folder.path().join("protogate.toml")).unwrap(), text);
}

#[test]
fn a_buf_yaml_is_translated() {
    let buf_yaml = "version: v2\nmodules:\n  - path: api/proto\nbreaking:\n  use: [WIRE]\n  except: [FIELD_SAME_ONEOF]\n  \
                    ignore: [api/proto/a.proto]\n  ignore_only: {RPC_NO_DELETE: [api/proto]}\n  ignore_unstable_packages: true";
    let folder = folder(&[PROTO, ("buf.yaml", buf_yaml)]);
    assert_eq!(protogate(folder.path(), &["init"]).code, 0);
    let text = fs::read_to_string(folder.path().join("protogate.toml")).unwrap();
    for line in [
        "input = \"api/proto\"",
        "use = [\"WIRE\"]",
        "except = [\"FIELD_SAME_ONEOF\"]",
        "ignore = [\"api/proto/a.proto\"]",
        "ignore-unstable-packages = true",
        "RPC_NO_DELETE = [\"api/proto\"]",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
    }
    assert_eq!(protogate(folder.path(), &["check-breaking", "--against", "api/proto"]).code, 0);
}

#[test]
fn what_cannot_be_written_is_said() {
    let empty = folder(&[("a.txt", "")]);
    let ran = protogate(empty.path(), &["init"]);
    assert!(ran.code == 2 && ran.stdout.contains("no .proto file"), "{ran:?}");
    let modules = "version: v2\nmodules: [{path: a}, {path: b}]";
    let ran = protogate(folder(&[PROTO, ("buf.yaml", modules)]).path(), &["init"]);
    assert!(ran.code == 2 && ran.stdout.contains("keep the buf.yaml"), "{ran:?}");
}

#[test]
fn snippets_for_ci_have_the_keys_of_their_formats() {
    let snippet = |ci: &str| -> Value {
        let ran = protogate(folder(&[PROTO]).path(), &["init", "--ci", ci]);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_saphyr::from_str(&ran.stdout).unwrap()
    };
    let github = snippet("github");
    assert!(github["on"].as_object().unwrap().contains_key("pull_request"), "{github}");
    let steps = github["jobs"]["check-breaking"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["uses"].is_string() != step["run"].is_string()), "{github}");
    assert_eq!(steps[0]["with"]["fetch-depth"], 0);
    let gitlab = snippet("gitlab");
    assert!(gitlab["protogate"]["script"].as_array().unwrap().iter().all(Value::is_string), "{gitlab}");
    assert!(gitlab["protogate"]["image"].is_string() && gitlab["protogate"]["rules"][0]["if"].is_string());
    let hook = snippet("pre-commit")["repos"][0]["hooks"][0].clone();
    for key in ["id", "name", "entry", "language"] {
        assert!(hook[key].is_string(), "{hook}");
    }
    assert_eq!(hook["pass_filenames"], false);
}
