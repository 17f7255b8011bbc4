//! Two majors of a package that ships protos, compared by both tools as their users run them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::peers;
use crate::run::program;

/// protobuf's own files: neither tool compiles every version of them.
const NOT_COMPARED: &str = "google/protobuf";

/// How often each line was printed: rule, file and range.
type Findings = BTreeMap<String, usize>;

#[test]
fn buf_says_the_same_of_two_majors_of_google_gax() {
    let (Some(buf), Some(old), Some(new)) =
        (peers::or_skip("buf"), peers::or_skip("google-gax-4"), peers::or_skip("google-gax-5"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (side, root) in [("old", old), ("new", new)] {
        copy(&root, &root, &folder.path().join(side));
    }
    for category in ["FILE", "PACKAGE", "WIRE_JSON", "WIRE"] {
        let config = format!("version: v2\nbreaking:\n  use: [{category}]\n");
        fs::write(folder.path().join("new/buf.yaml"), &config).unwrap();
        let ours = ["check-breaking", "new", "--against", "old", "--buf-exact", "--format", "json"];
        let ours = findings(Command::new(program("protogate")).args(ours), folder.path());
        let theirs = ["breaking", "new", "--against", "old", "--error-format", "json"];
        let theirs = findings(Command::new(&buf).args(theirs), folder.path());
        assert!(category == "WIRE" || theirs.values().sum::<usize>() > 5, "{category}: {theirs:?}");
        assert_eq!(ours, theirs, "{category}");
    }
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
