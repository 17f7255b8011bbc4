//! `check-breaking` on input that is broken, cut off or meant to harm: exit code 2, and what to do.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use protogate::schema::MAX_FILE_BYTES;

use crate::cli::folder;
use crate::run::protogate;

const GOOD: (&str, &str) = ("good/a.proto", "syntax = \"proto3\";");

/// Refused as the new side and as the baseline, with these words and a help, and without a panic.
#[track_caller]
fn refused(folder: &Path, input: &str, words: &str) {
    for arguments in
        [["check-breaking", input, "--against", "good"], ["check-breaking", "good", "--against", input]]
    {
        let ran = protogate(folder, &arguments);
        assert_eq!(ran.code, 2, "{input}: {ran:?}");
        assert!(ran.stdout.contains(words) && ran.stdout.contains("help"), "no {words:?} in {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    }
}

#[test]
fn sources_that_cannot_be_read_are_refused() {
    let nested = "message M {".repeat(10_000);
    let folder = folder(&[
        GOOD,
        ("nested/a.proto", &nested),
        ("cyclic/a.proto", "import \"b.proto\";"),
        ("cyclic/b.proto", "import \"a.proto\";"),
        ("edition/a.proto", "edition = \"2024\";"),
    ]);
    let at = |name: &str| folder.path().join(name);
    for name in ["noise", "latin", "large", "loop"] {
        fs::create_dir(at(name)).unwrap();
    }
    fs::write(at("noise/a.proto"), b"\x00\x01 message \x7f{{{").unwrap();
    fs::write(at("latin/a.proto"), b"// caf\xe9").unwrap();
    // Sparse: it takes no room on disk.
    File::create(at("large/a.proto")).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
    for (input, words) in [
        ("noise", "SCHEMA_PARSE"),
        ("latin", "not UTF-8 (at byte 6)"),
        ("large", "larger than 64 MiB"),
        ("nested", "nest"),
        ("cyclic", "a.proto -> b.proto -> a.proto"),
        ("edition", "edition 2024"),
    ] {
        refused(folder.path(), input, words);
    }
}

#[cfg(unix)]
#[test]
fn links_that_go_round_are_refused() {
    let folder = folder(&[GOOD, ("round/a.proto", "syntax = \"proto3\";")]);
    std::os::unix::fs::symlink(folder.path().join("round"), folder.path().join("round/again")).unwrap();
    refused(folder.path(), "round", "loop");
    std::os::unix::fs::symlink("itself.proto", folder.path().join("good/itself.proto")).unwrap();
    refused(folder.path(), "good/itself.proto", "cannot read");
}

#[test]
fn descriptor_sets_that_are_none_are_refused() {
    let folder = folder(&[GOOD, ("empty.binpb", "")]);
    let at = |name: &str| folder.path().join(name);
    // file { name: "a" message_type { name: "M" field { name: "f" number: 1 type: TYPE_BYTES default_value: "\\777" } } }
    let escape =
        b"\x0a\x1a\x0a\x01a\x22\x15\x0a\x01M\x12\x10\x0a\x01f\x18\x01\x28\x0c\x3a\x04\\777\x42\x01\x40";
    let twice = b"\x0a\x03\x0a\x01a\x0a\x03\x0a\x01a";
    for (name, bytes, words) in [
        ("noise.binpb", b"\xff\xff\xff".as_slice(), "not a descriptor set"),
        ("cut.binpb", b"\x0a\x7f\x0a\x01a", "not a descriptor set"),
        ("nameless.binpb", b"\x0a\x00", "without a name"),
        ("twice.binpb", twice, "twice"),
        ("escape.binpb", &escape[..], ""),
        ("cut.json", b"{\"file\": [", "not a descriptor set"),
        ("deep.json", &b"[".repeat(100_000), "not a descriptor set"),
        ("cut.binpb.gz", b"\x1f\x8b\x08\x00\x00\x00", "cannot read"),
        ("cut.zip", b"PK\x03\x04", "cannot unpack"),
        ("cut.tar", b"tar", "cannot unpack"),
    ] {
        fs::write(at(name), bytes).unwrap();
        refused(folder.path(), name, words);
    }
    refused(folder.path(), "empty.binpb", "no .proto file");
}

#[test]
fn a_repository_that_lacks_an_object_is_refused() {
    let folder = folder(&[GOOD]);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let output =
            Command::new("git").current_dir(folder.path()).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let object = git(&["rev-parse", "HEAD:good/a.proto"]);
    let path = folder.path().join(".git/objects").join(&object[..2]).join(&object[2..]);
    fs::remove_file(&path).unwrap();
    // What is on disk is not asked of git, as long as it is the same.
    assert_eq!(protogate(folder.path(), &["check-breaking", "good", "--against", "git:main"]).code, 0);
    fs::write(folder.path().join(GOOD.0), "// changed").unwrap();
    refused(folder.path(), "git:main", "lacks its content");

    // Another file in its place, and then noise.
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "noise").unwrap();
    refused(folder.path(), "git:main", "git");
}

#[test]
fn a_byte_order_mark_changes_nothing() {
    let folder = folder(&[
        ("old/a.proto", "message A { optional int32 a = 1; }"),
        ("new/a.proto", "\u{feff}message A { optional string a = 1; }"),
    ]);
    let ran = protogate(folder.path(), &["check-breaking", "new", "--against", "old"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("new/a.proto:1:22") && ran.stdout.contains("FIELD_SAME_TYPE"), "{ran:?}");
}
