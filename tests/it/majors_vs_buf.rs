//! Two majors of a package that ships protos, compared by both tools as their users run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::peers;

/// protobuf's own files: neither tool compiles every version of them.
const NOT_COMPARED: &str = "google/protobuf";

/// How often each line was printed: rule, file and range.
type Findings = BTreeMap<String, usize>;

#[test]
fn buf_says_the_same_of_two_majors_of_google_gax() {
    compare("google-gax-4", "google-gax-5");
}

/// buf takes two minutes and 8 GB for these: `cargo xtask campaign majors`.
#[test]
fn buf_says_the_same_of_two_majors_of_google_proto_files() {
    if std::env::var_os("PROTOGATE_MAJORS").is_some() {
        compare("google-proto-files-5", "google-proto-files-6");
    }
}

fn compare(old: &str, new: &str) {
    let (Some(buf), Some(old), Some(new)) = (peers::or_skip("buf"), peers::or_skip(old), peers::or_skip(new))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (side, root) in [("old", old), ("new", new)] {
        copy(&root, &root, &folder.path().join(side));
    }
    let config = "version: v2\nbreaking:\n  use: [FILE, PACKAGE, WIRE_JSON, WIRE, CSR]\n";
    fs::write(folder.path().join("new/buf.yaml"), config).unwrap();
    let ours = ["check-breaking", "new", "--against", "old", "--buf-exact", "--format", "json"];
    let ours = findings(Command::new(env!("CARGO_BIN_EXE_protogate")).args(ours), folder.path());
    let theirs = ["breaking", "new", "--against", "old", "--error-format", "json"];
    let theirs = findings(Command::new(&buf).args(theirs), folder.path());
    assert!(!theirs.is_empty(), "a major version that breaks nothing would be none");
    println!("{} findings of buf", theirs.values().sum::<usize>());
    assert_eq!(ours, theirs);
}

fn copy(root: &Path, folder: &Path, to: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap();
        if path.is_dir() {
            if !name.starts_with(NOT_COMPARED) {
                copy(root, &path, to);
            }
        } else if path.extension().is_some_and(|it| it == "proto") {
            let to = to.join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(path, to).unwrap();
        }
    }
}

fn findings(command: &mut Command, folder: &Path) -> Findings {
    let output = command.current_dir(folder).env("BUF_CACHE_DIR", folder.join("cache")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 100)), "{command:?}: {said}");
    let mut findings = Findings::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = line.parse().unwrap();
        let numbers = ["start_line", "start_column", "end_line", "end_column"].map(|key| line[key].as_u64());
        *findings.entry(format!("{} {} {numbers:?}", line["type"], line["path"])).or_default() += 1;
    }
    findings
}
