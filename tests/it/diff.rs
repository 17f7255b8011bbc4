//! `diff` as a user meets it.

use crate::cli::folder;
use crate::history::Repository;
use crate::run::protogate;

const OLD: &str =
    "syntax = \"proto3\";\npackage p;\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n  int32 c = 3;\n}\n";
const NEW: &str = "syntax = \"proto3\";\npackage p;\n// What it is.\nmessage M {\n  int64 a = 1;\n  int32 b = 2 [deprecated = true];\n  int32 c = 3;\n  string d_e = 4;\n}\n";

#[test]
fn changes_are_release_notes_with_the_version_they_ask_for() {
    let folder = folder(&[("old/a.proto", OLD), ("new/a.proto", NEW)]);
    let run =
        |more: &[&str]| protogate(folder.path(), &[&["diff", "new", "--against", "old"], more].concat());
    let text = run(&[]);
    assert_eq!(text.code, 0, "{text:?}");
    let expected = "breaking\n  field `p.M.a`: type changed from `int32` to `int64` (FIELD_SAME_TYPE)\n\
                    deprecated\n  field `p.M.b` is deprecated\nadded\n  field `p.M.d_e` was added\n\
                    documented\n  the comment of message `p.M` changed\n\
                    major: 1 breaking, 1 deprecated, 1 added, 1 documented since old\n";
    assert_eq!(text.stdout, expected);
    let markdown = run(&["--format", "markdown"]);
    let expected = "## Changes since `old`\n\nSemantic versioning: **major**\n\n### Breaking\n\n\
                    - field `p.M.a`: type changed from `int32` to `int64` (FIELD_SAME_TYPE)\n\n### Deprecated\n\n\
                    - field `p.M.b` is deprecated\n\n### Added\n\n- field `p.M.d_e` was added\n\n### Documented\n\n\
                    - the comment of message `p.M` changed\n";
    assert_eq!((markdown.code, markdown.stdout.as_str()), (0, expected));

    let json: serde_json::Value = run(&["--format", "json"]).stdout.parse().unwrap();
    assert_eq!((&json["kind"], &json["advice"]), (&"diff".into(), &"major".into()));
    let first = &json["changes"][0];
    for (key, value) in [
        ("path", "new/a.proto"),
        ("group", "breaking"),
        ("change", "changed"),
        ("element", "field"),
        ("symbol", "p.M.a"),
        ("old_symbol", "p.M.a"),
        ("what", "type"),
        ("from", "int32"),
        ("to", "int64"),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!((&first["rules"][0], &first["start_line"]), (&"FIELD_SAME_TYPE".into(), &5.into()));
    // The same change breaks nobody who reads the binary encoding only.
    let wire: serde_json::Value = run(&["--format", "json", "--category", "WIRE"]).stdout.parse().unwrap();
    assert_eq!(wire["advice"], "minor");
    for format in ["html", "sarif", "junit", "github", "gitlab", "ndjson"] {
        assert_eq!(run(&["--format", format]).code, 0, "{format}");
    }
}

#[test]
fn nothing_changed_and_too_much_changed() {
    let folder = folder(&[("old/a.proto", OLD), ("new/a.proto", NEW), ("bad/a.proto", "message {")]);
    let run = |arguments: &[&str]| protogate(folder.path(), &[&["diff"], arguments].concat());
    let same = run(&["new", "--against", "new", "--at-most", "none"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "no changes since new\n"));
    let much = run(&["new", "--against", "old", "--at-most", "minor"]);
    assert!(much.code == 1 && much.stdout.contains("ask for a major version"), "{much:?}");
    assert_eq!(run(&["new", "--against", "old", "--at-most", "minor", "--category", "WIRE"]).code, 0);
    assert_eq!(run(&["new", "--against", "old", "--at-most", "much"]).code, 2);
    let bad = run(&["bad", "--against", "old"]);
    assert!(
        bad.code == 2 && bad.stdout.contains("SCHEMA_PARSE") && !bad.stdout.contains("removed"),
        "{bad:?}"
    );
    assert!(run(&["new"]).stdout.contains("nothing to compare with"));
}

#[test]
fn a_release_is_what_notes_are_written_against() {
    let repository = Repository::new();
    repository.release("v1.0.0", "message M { int32 a = 1; }");
    repository.now("message M { int32 a = 1; int32 b = 2; }");
    let latest = repository.run(&["diff", "proto", "--against", "git:latest-tag"]);
    assert_eq!(latest.stdout, "added\n  field `p.M.b` was added\nminor: 1 added since git:latest-tag\n");
    let all = repository.run(&["diff", "proto", "--against", "git:tags"]);
    assert_eq!(all.stdout, latest.stdout.replace("git:latest-tag", "v1.0.0"), "there is only one");
    repository.release("v1.1.0", "message M { int32 a = 1; int32 b = 2; }");
    let several = repository.run(&["diff", "proto", "--against", "git:tags"]);
    assert!(several.code == 2 && several.stdout.contains("git:latest-tag"), "{several:?}");
}
