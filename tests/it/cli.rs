//! The binary as a user meets it: what it prints, where, and its exit code.

use std::fs;
use std::path::Path;

use crate::run::{Ran, protogate};

/// A folder with the files of `files` in it.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[track_caller]
fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    for words in says {
        assert!(ran.stdout.contains(words) || ran.stderr.contains(words), "no {words:?} in {ran:?}");
    }
}

#[test]
fn bad_input_ends_with_2_and_a_way_out() {
    let folder = folder(&[
        ("bad/a.proto", "syntax = \"proto3\";\nmessage {}"),
        ("good/a.proto", "syntax = \"proto3\";"),
        ("new/a.proto", "edition = \"2023\";"),
        ("typo.toml", "inptu = \"good\""),
    ]);
    let run = |arguments: &[&str]| protogate(folder.path(), arguments);
    refused(&run(&["check-breaking", "bad", "--against", "good"]), &["bad/a.proto:2:9", "SCHEMA_PARSE"]);
    refused(
        &run(&["check-breaking", "new", "--against", "good"]),
        &["new/a.proto:1:1", "edition 2023", "help"],
    );
    refused(&run(&["check-breaking", "nowhere", "--against", "good"]), &["cannot read nowhere", "git:REV"]);
    refused(&run(&["check-breaking", "good"]), &["nothing to compare with", "--against"]);
    refused(&run(&["check-breaking"]), &["no schema to work on", "protogate.toml"]);
    refused(
        &run(&["check-breaking", "good", "--against", "git:main"]),
        &["no git repository", ".git#branch=NAME"],
    );
    refused(
        &run(&["check-breaking", "good", "--against", "good", "--category", "FIEL"]),
        &["FIEL", "did you mean `FILE`?"],
    );
    refused(&run(&["--config", "typo.toml", "rules"]), &["typo.toml:1:1", "did you mean `input`?"]);
    refused(&run(&["--config", "gone.toml", "rules"]), &["cannot read gone.toml"]);
    refused(&run(&["explain", "FIELD_NO_DELET"]), &["did you mean FIELD_NO_DELETE?"]);
    refused(&run(&["chek-breaking"]), &["check-breaking"]);
    refused(&run(&["generate", "good"]), &["--out"]);
    refused(&run(&["contract", "--target", "127.0.0.1:1", "--schema", "good"]), &[""]);
    refused(&run(&["contract", "--schema", "good"]), &["[gate]", "--target"]);
    refused(&run(&["replay", "nothing"]), &["nothing"]);
}

#[test]
fn help_goes_to_standard_output_with_examples() {
    for command in [
        "check-breaking",
        "generate",
        "contract",
        "replay",
        "serve-reference",
        "gate",
        "explain",
        "accept",
        "diff",
    ] {
        let ran = protogate(Path::new("."), &[command, "--help"]);
        assert_eq!(ran.code, 0, "{command}");
        assert!(ran.stdout.contains("Example"), "{command} has no example");
    }
}

#[test]
fn every_rule_explains_itself() {
    let listed = protogate(Path::new("."), &["rules"]).stdout;
    let ids: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|id| {
            id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && id.len() > 2
        })
        .collect();
    assert!(ids.len() > 20, "{listed}");
    for id in ids {
        let ran = protogate(Path::new("."), &["explain", id]);
        assert_eq!(ran.code, 0, "{id}");
        assert!(ran.stdout.lines().count() > 2, "{id} says nothing");
    }
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let folder = folder(&[
        ("old/a.proto", "syntax = \"proto3\"; message M { int32 a = 1; }"),
        ("new/a.proto", "syntax = \"proto3\"; message M {}"),
    ]);
    let arguments = ["check-breaking", "new", "--against", "old"];
    let piped = protogate(folder.path(), &arguments);
    assert_eq!((piped.code, piped.stdout.contains('\x1b')), (1, false));
    let asked = protogate(folder.path(), &[&arguments[..], &["--color", "always"]].concat());
    assert!(asked.stdout.contains('\x1b'));
}

#[test]
fn the_page_of_rules_is_what_the_registries_say() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = protogate(root, &["rules", "--page"]);
    let kept = std::fs::read_to_string(root.join("docs/rules.md")).unwrap();
    assert!(kept == ran.stdout, "write it again: protogate rules --page > docs/rules.md");
}
