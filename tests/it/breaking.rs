//! `check-breaking` and `baseline` on this repository's own schema.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli::folder;
use crate::run::protogate;

const CONFIG: (&str, &str) = ("protogate.toml", "input = \"proto\"\nbaseline = \"baseline\"\n");

/// The reference schema as it is committed.
fn user_proto() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/user.proto")).unwrap()
}

#[test]
fn a_renumbered_field_is_found_at_its_line() {
    let old = user_proto();
    let new = old.replace("string email = 3", "string email = 7");
    let folder = folder(&[CONFIG, ("baseline/user.proto", &old), ("proto/user.proto", &new)]);

    let ran = protogate(folder.path(), &["check-breaking"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let line = 1 + new.lines().position(|line| line == "message UserResponse {").unwrap();
    assert!(ran.stdout.contains(&format!("proto/user.proto:{line}:1")), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("error[FIELD_NO_DELETE]") && ran.stdout.contains("renumbered 3 → 7"),
        "{}",
        ran.stdout
    );

    let json = protogate(folder.path(), &["check-breaking", "--format", "json"]).stdout;
    let findings: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!findings.is_empty());
    for finding in &findings {
        let keys: Vec<&str> = finding.as_object().unwrap().keys().map(String::as_str).take(7).collect();
        assert_eq!(keys, ["path", "start_line", "start_column", "end_line", "end_column", "type", "message"]);
    }
    assert_eq!(findings[0]["start_line"], line);
}

/// The same findings, sooner, and nothing that shows them.
#[test]
fn without_evidence_the_findings_are_the_same() {
    let old = user_proto();
    let new = old.replace("string email = 3", "int32 email = 3").replace("string text = 3", "bytes text = 3");
    let folder = folder(&[CONFIG, ("baseline/user.proto", &old), ("proto/user.proto", &new)]);
    let found = |more: &[&str]| {
        let arguments = [&["check-breaking", "--format", "json"][..], more].concat();
        let ran = protogate(folder.path(), &arguments);
        assert_eq!(ran.code, 1, "{ran:?}");
        let findings = ran.stdout.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
        let told = |it: &serde_json::Value| format!("{} {}", it["type"], it["message"]);
        let (told, shown): (Vec<_>, Vec<_>) =
            findings.map(|it| (told(&it), it.to_string().contains("witness"))).unzip();
        (told, shown.contains(&true))
    };
    let (with, without) = (found(&[]), found(&["--no-evidence"]));
    assert_eq!(with.0, without.0);
    assert_eq!((with.1, without.1), (true, false));
}

#[test]
fn updating_the_baseline_says_what_it_accepts_and_ends_the_alarm() {
    let old = user_proto();
    // The last of the service, with its promises.
    let (before, rest) = old.split_once("  rpc DeleteUser(").unwrap();
    let (_, after) = rest.split_once("\n  }\n").unwrap();
    let new = [before, after].concat();
    assert_ne!(old, new);
    let gone = "syntax = \"proto3\"; package gone;";
    let folder = folder(&[
        CONFIG,
        ("baseline/user.proto", &old),
        ("baseline/gone.proto", gone),
        ("baseline/NOTES.md", "kept"),
        ("proto/user.proto", &new),
    ]);
    let run = |arguments: &[&str]| protogate(folder.path(), arguments);
    assert_eq!(run(&["check-breaking"]).code, 1);

    let update = run(&["baseline", "update"]);
    assert_eq!(update.code, 0, "{update:?}");
    assert!(update.stdout.contains("accepted: rpc `DeleteUser`"), "{}", update.stdout);
    assert!(
        update.stdout.contains("baseline updated: 2 files, 2 breaking changes accepted"),
        "{}",
        update.stdout
    );
    assert!(!folder.path().join("baseline/gone.proto").exists());
    assert!(folder.path().join("baseline/NOTES.md").exists());

    let again = run(&["check-breaking"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    assert!(run(&["baseline", "update"]).stdout.contains("is up to date"));
}

/// What is the same on both sides is not compiled; what is gone is still seen, and so is what is broken.
#[test]
fn a_deleted_file_is_found_among_files_that_stay_the_same() {
    let same = "syntax = \"proto3\"; package same; message Same {}";
    let gone = "syntax = \"proto3\"; package gone; message Gone {}";
    let folder = folder(&[
        ("old/same.proto", same),
        ("new/same.proto", same),
        ("old/gone.proto", gone),
        ("one/same.proto", same),
        ("bad/same.proto", same),
        ("bad/gone.proto", "syntax = \"proto3\"; package gone; message Gone {"),
    ]);
    let run = |new: &str, old: &str| protogate(folder.path(), &["check-breaking", new, "--against", old]);
    let deleted = run("new", "old");
    assert_eq!(deleted.code, 1, "{deleted:?}");
    assert!(deleted.stdout.contains("FILE_NO_DELETE"), "{deleted:?}");
    assert_eq!(run("new", "one").code, 0);
    let broken = run("bad", "old");
    assert_eq!(broken.code, 2, "{broken:?}");
    assert!(!broken.stdout.contains("NO_DELETE"), "what does not compile is not deleted: {broken:?}");
}

#[test]
fn a_schema_that_does_not_compile_is_never_accepted() {
    let folder = folder(&[CONFIG, ("baseline/a.proto", "message Kept {}"), ("proto/a.proto", "message {")]);
    assert_eq!(protogate(folder.path(), &["baseline", "update"]).code, 2);
    assert_eq!(fs::read_to_string(folder.path().join("baseline/a.proto")).unwrap(), "message Kept {}");
}

#[test]
fn the_same_folder_of_a_git_revision_is_a_baseline_from_any_folder() {
    let folder = folder(&[("api/proto/a.proto", "syntax = \"proto3\"; message M { int32 a = 1; }")]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let status =
            Command::new("git").current_dir(folder.path()).args(identity).args(arguments).status().unwrap();
        assert!(status.success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    fs::write(folder.path().join("api/proto/a.proto"), "syntax = \"proto3\"; message M { string a = 1; }")
        .unwrap();

    for (here, input) in [("", "api/proto"), ("api", "proto"), ("api/proto", ".")] {
        let ran = protogate(&folder.path().join(here), &["check-breaking", input, "--against", "git:main"]);
        assert_eq!(ran.code, 1, "{here}: {ran:?}");
        assert!(ran.stdout.contains("FIELD_SAME_TYPE"), "{here}: {ran:?}");
    }
}
