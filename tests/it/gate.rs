//! `gate`: one command, one report, one exit code; configured, not wired.

use std::fs;
use std::path::PathBuf;

use crate::cli::folder;
use crate::peers;
use crate::run::protogate;
use crate::servers::program;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A repository of somebody's own: the reference schema, generated and accepted, and the reference service.
fn repository() -> tempfile::TempDir {
    let service = program("user-service");
    let config = format!(
        "input = \"proto\"\nbaseline = \"baseline\"\n\
         [generate]\nout = \"generated\"\n\
         [contract]\ncases = 5\n\
         [gate]\nready = \"listening on {{target}}\"\n\
         start = [{:?}, \"--addr\", \"127.0.0.1:0\", \"--store\", \"{{temp}}/users.redb\"]\n",
        service.to_str().unwrap()
    );
    let user = fs::read_to_string(root().join("proto/user.proto")).unwrap();
    let folder = folder(&[("protogate.toml", &config), ("proto/user.proto", &user)]);
    assert_eq!(protogate(folder.path(), &["generate"]).code, 0);
    assert_eq!(protogate(folder.path(), &["baseline", "update"]).code, 0);
    folder
}

#[test]
fn the_gate_opens_for_what_keeps_its_promises_and_names_what_does_not() {
    let folder = repository();
    let clean = protogate(folder.path(), &["gate"]);
    assert_eq!(clean.code, 0, "{clean:?}");
    for phase in ["generate", "check-breaking", "contract"] {
        assert!(clean.stdout.contains(&format!("ok      {phase}")), "{}", clean.stdout);
    }

    // From a folder further down it is the same gate.
    assert_eq!(protogate(&folder.path().join("proto"), &["gate"]).code, 0);

    let proto = folder.path().join("proto/user.proto");
    let text = fs::read_to_string(&proto).unwrap();
    fs::write(&proto, text.replace("string text = 3", "string text = 8")).unwrap();
    let broken = protogate(folder.path(), &["gate", "--format", "json"]);
    assert_eq!(broken.code, 1, "{broken:?}");
    let report: serde_json::Value = serde_json::from_str(&broken.stdout).unwrap();
    let verdicts: Vec<&str> =
        report["phases"].as_array().unwrap().iter().map(|phase| phase["verdict"].as_str().unwrap()).collect();
    // The service that runs was built from the schema as it was, and says so by reflection.
    assert_eq!(verdicts, ["findings", "findings", "findings"], "{report}");
    assert!(broken.stdout.contains("PG155"), "{report}");
}

#[test]
fn generate_starts_from_nothing_and_check_sees_every_edit() {
    let folder = repository();
    let generated = folder.path().join("generated");
    fs::remove_dir_all(&generated).unwrap();
    assert_eq!(protogate(folder.path(), &["generate", "--check"]).code, 1);
    assert_eq!(protogate(folder.path(), &["generate"]).code, 0);
    assert_eq!(protogate(folder.path(), &["generate", "--check"]).code, 0);

    let edited = generated.join("rust/user.rs");
    let text = fs::read_to_string(&edited).unwrap();
    fs::write(&edited, text.replace("pub struct UserRequest", "pub struct UserReqest")).unwrap();
    let drift = protogate(folder.path(), &["generate", "--check"]);
    assert_eq!(drift.code, 1);
    assert!(
        drift.stdout.contains("-pub struct UserReqest")
            && drift.stdout.contains("make the change in user.proto")
    );
}

#[test]
fn what_is_committed_is_what_this_repository_s_schema_makes() {
    let check = protogate(&root(), &["generate", "--check"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    let breaking = protogate(&root(), &["check-breaking"]);
    assert_eq!(breaking.code, 0, "{}", breaking.stdout);
}

#[test]
fn a_service_that_does_not_start_fails_the_gate_with_its_last_words() {
    let folder = folder(&[
        (
            "protogate.toml",
            "input = \"proto\"\n[gate]\nphases = [\"contract\"]\nready = \"up\"\nstart = [\"false\"]\n",
        ),
        ("proto/a.proto", "syntax = \"proto3\";"),
    ]);
    let ran = protogate(folder.path(), &["gate"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stdout.contains("ended before it printed `up`"), "{ran:?}");
}

/// The same binary gates a service in another language by its configuration alone.
#[test]
fn the_article_s_python_service_passes_the_gate() {
    let (Some(python), Some(pb2)) = (peers::or_skip("python"), peers::or_skip("pb2")) else { return };
    // The committed configuration names the default cache; this test may have another one.
    let committed = fs::read_to_string(root().join("tests/interop/protogate.toml")).unwrap();
    let interop = root().join("tests/interop");
    let config = committed
        .replace("../../target/peers/venv/bin/python", python.to_str().unwrap())
        .replace("../../target/peers/pb2", pb2.to_str().unwrap())
        .replace("\"server.py\"", &format!("{:?}", interop.join("server.py")))
        .replace("\"article\"", &format!("{:?}", interop.join("article")));
    let folder = folder(&[("protogate.toml", &config)]);
    let ran = protogate(folder.path(), &["gate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("user.UserService/ListUsers"), "{}", ran.stdout);
}
