//! `check-breaking` as a `protogate.toml` or a `buf.yaml` has it, and beside the real buf with the same file.

use std::path::Path;
use std::process::Command;

use crate::cli::folder;
use crate::peers;
use crate::run::{Ran, protogate};

const OLD: &[(&str, &str)] = &[
    (
        "a.proto",
        "syntax = \"proto3\";\npackage p.v1;\nmessage M {\n  int32 a = 1;\n  string b = 2;\n  map<int32, int32> m = 3;\n  uint32 u = 4;\n}\nenum E { Z = 0; ONE = 1; }\nservice S { rpc Get(M) returns (M); }\n",
    ),
    (
        "sub/b.proto",
        "syntax = \"proto3\";\npackage q.v1beta1;\nmessage N { int32 a = 1; int32 c = 2; }\nmessage O {}\n",
    ),
    (
        "sub/deep/c.proto",
        "syntax = \"proto3\";\npackage r;\nimport \"google/protobuf/empty.proto\";\nmessage C { google.protobuf.Empty e = 1; }\n",
    ),
    ("gone.proto", "syntax = \"proto3\";\npackage p.v1;\nmessage Gone {}\n"),
    (
        "two.proto",
        "syntax = \"proto2\";\npackage t;\nmessage T { optional string s = 1 [ctype = CORD]; optional int32 d = 2 [default = 1]; extensions 100 to 200; }\nextend T { optional int32 x = 100; }\n",
    ),
];
const NEW: &[(&str, &str)] = &[
    (
        "a.proto",
        "syntax = \"proto3\";\npackage p.v1;\nmessage M {\n  int64 a = 1;\n  optional string bb = 2;\n  int32 u = 4;\n}\nenum E { Z = 0; }\nservice S { rpc Get(M) returns (stream M); }\n",
    ),
    ("sub/b.proto", "syntax = \"proto3\";\npackage q.v1beta1;\nmessage N { string a = 1; }\n"),
    ("sub/deep/c.proto", "syntax = \"proto3\";\npackage s;\nmessage C { int32 e = 1; }\n"),
    (
        "two.proto",
        "syntax = \"proto2\";\npackage t;\nmessage T { optional string s = 1; optional int32 d = 2 [default = 2]; extensions 100 to 150; }\n",
    ),
];

/// `breaking` blocks: versions × use, except, ignore, ignore_only, unstable packages.
const BLOCKS: &[&str] = &[
    "version: v2",
    "version: v1",
    "version: v1beta1",
    "version: v2\nbreaking:\n  use: [PACKAGE]",
    "version: v2\nbreaking:\n  use: [WIRE_JSON]",
    "version: v2\nbreaking:\n  use: [WIRE, FIELD_SAME_TYPE]\n  except: [FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED]",
    "version: v2\nbreaking:\n  use: [CSR]\n  ignore_unstable_packages: true",
    "version: v2\nbreaking:\n  except: [FIELD_NO_DELETE, WIRE]",
    "version: v2\nbreaking:\n  ignore: [sub]",
    "version: v2\nbreaking:\n  ignore: [./sub/b.proto, gone.proto, nowhere.proto]",
    "version: v2\nbreaking:\n  ignore: [.]",
    "version: v2\nbreaking:\n  ignore_only: {FIELD_SAME_TYPE: [a.proto], FILE_NO_DELETE: [gone.proto]}",
    "version: v2\nbreaking:\n  ignore_only:\n    FILE: [sub/deep]\n    MESSAGE_NO_DELETE:\n      - a.proto\n      - sub",
    "version: v2\nbreaking:\n  use:\n  - PACKAGE\n  ignore_only:\n    PACKAGE_NO_DELETE:\n    - sub/deep/c.proto",
    "version: v2\nbreaking:\n  use: [PACKAGE]\n  ignore: [gone.proto]",
    "version: v2\nbreaking:\n  ignore_unstable_packages: true",
    "version: v1\nbreaking:\n  use: [PACKAGE]",
    "version: v1\nbreaking:\n  use: [WIRE]\n  ignore: [two.proto]",
    "version: v1\nbreaking:\n  use: [FIELD_SAME_LABEL, FIELD_SAME_CTYPE]",
    "version: v1\nbreaking:\n  except: [FIELD_SAME_LABEL, FIELD_SAME_CTYPE, FILE_SAME_PHP_GENERIC_SERVICES]",
    "version: v1\nbreaking:\n  ignore_only: {FIELD_SAME_CTYPE: [two.proto], FIELD_SAME_LABEL: [a.proto]}",
    "version: v1\nname: buf.build/acme/a\nbuild:\n  excludes: [sub/deep]\nbreaking:\n  use: [FILE]",
    "version: v1beta1\nbreaking:\n  use: [WIRE]",
    "version: v1beta1\nbreaking:\n  use: [WIRE_JSON]\n  ignore_unstable_packages: true",
    "version: v1beta1\nbreaking:\n  use: [PACKAGE]\n  except: [FIELD_SAME_TYPE]",
    "version: v1beta1\nbuild:\n  roots: [.]\nbreaking:\n  ignore: [sub/b.proto]\nlint:\n  use: [DEFAULT]",
];

/// Several folders: which module is asked what.
const WORKSPACES: &[&str] = &[
    "version: v2\nmodules:\n  - path: proto",
    "version: v2\nmodules:\n  - path: proto\n  - path: lib",
    "version: v2\nmodules:\n  - path: proto\n    excludes: [proto/sub]\n  - path: lib\nbreaking:\n  use: [WIRE_JSON]",
    "version: v2\nmodules:\n  - path: proto\n    name: buf.build/acme/a\n  - path: lib\nbreaking:\n  ignore: [proto/a.proto]",
    "version: v2\nmodules:\n  - path: proto\n  - path: lib\nbreaking:\n  ignore: [lib, ., a.proto]",
    "version: v2\nmodules:\n  - path: proto\n    breaking:\n      ignore: [proto/a.proto]\n  - path: lib\nbreaking:\n  use: [PACKAGE]",
    "version: v2\nmodules:\n  - path: proto\n    breaking:\n      use: [FILE_NO_DELETE]\n  - path: lib\n    breaking:\n      use: [FILE]",
    "version: v2\nmodules:\n  - path: proto\n    breaking:\n      use: [FILE]\n  - path: lib\n    breaking:\n      use: [FILE_NO_DELETE]",
    "version: v1beta1\nbuild:\n  roots: [proto, lib]\nbreaking:\n  ignore: [a.proto]",
    "version: v1beta1\nbuild:\n  roots: [proto, lib]\n  excludes: [proto/sub]\nbreaking:\n  ignore: [proto/a.proto]",
];
const L: &str = "syntax = \"proto3\";\npackage l;\nmessage L { int32 a = 1; int32 b = 2; }\n";
const A: &str = "syntax = \"proto3\";\npackage p;\nimport \"l.proto\";\nmessage M { int32 a = 1; l.L l = 2; int32 c = 3; }\n";
const D: &str = "syntax = \"proto3\";\npackage d;\nmessage D { int32 a = 1; }\n";

/// Both sides, each below its own folder and with the same `buf.yaml`.
fn sides(old: &[(&str, &str)], new: &[(&str, &str)], buf_yaml: &str) -> tempfile::TempDir {
    let both = [("old", old), ("new", new)];
    let files: Vec<(String, &str)> = both
        .into_iter()
        .flat_map(|(side, files)| {
            let files = files.iter().copied().chain([("buf.yaml", buf_yaml)]);
            files.map(move |(name, text)| (format!("{side}/{name}"), text))
        })
        .collect();
    folder(&files.iter().map(|(name, text)| (name.as_str(), *text)).collect::<Vec<_>>())
}

/// Type, path and span of every line; what has no path is at 1:1, as buf prints it.
fn findings(lines: &str) -> Vec<(String, String, [u64; 4])> {
    let finding = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| line[key].as_u64().unwrap_or(1);
        let span = ["start_line", "start_column", "end_line", "end_column"].map(number);
        (text("type"), text("path"), span)
    };
    let mut all: Vec<_> = lines.lines().map(finding).collect();
    all.sort();
    all
}

fn beside_buf(buf: &Path, folder: &Path, what: &str) -> usize {
    let ours =
        protogate(folder, &["check-breaking", "new", "--against", "old", "--buf-exact", "--format", "json"]);
    let bufs = Command::new(buf)
        .args(["breaking", "new", "--against", "old", "--error-format", "json"])
        .current_dir(folder)
        .env("BUF_CACHE_DIR", folder.join("cache"))
        .output()
        .unwrap();
    let bufs = Ran::from(bufs);
    assert_eq!(ours.code, bufs.code, "{what}\n{ours:?}\n{bufs:?}");
    assert_eq!(findings(&ours.stdout), findings(&bufs.stdout), "{what}");
    bufs.stdout.lines().count()
}

#[test]
fn the_same_buf_yaml_finds_the_same_as_buf() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let mut found = 0;
    for block in BLOCKS {
        found += beside_buf(&buf, sides(OLD, NEW, block).path(), block);
    }
    assert!(found > 100, "only {found} findings: the schemas do not try the configurations");
}

#[test]
fn the_same_workspace_finds_the_same_as_buf() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let (new_l, new_a, new_d) =
        (L.replace("int32 a", "int64 a"), A.replace("int32 a", "int64 a"), D.replace("int32", "bytes"));
    let old = [("lib/l.proto", L), ("proto/a.proto", A), ("proto/sub/d.proto", D)];
    let new = [("lib/l.proto", &*new_l), ("proto/a.proto", &*new_a), ("proto/sub/d.proto", &*new_d)];
    for workspace in WORKSPACES {
        // A module of which buf sees no file is a failure of its own there.
        let old: Vec<_> =
            old.into_iter().filter(|it| workspace.contains("lib") || it.0 != "proto/a.proto").collect();
        let new: Vec<_> =
            new.into_iter().filter(|it| workspace.contains("lib") || it.0 != "proto/a.proto").collect();
        beside_buf(&buf, sides(&old, &new, workspace).path(), workspace);
    }
}

#[test]
fn what_does_not_compile_is_a_finding_for_buf_and_a_failure_for_us() {
    let bad = [("a.proto", "syntax = \"proto3\";\nmessage {"), ("b.proto", D)];
    let good = [("a.proto", L), ("b.proto", D)];
    for (old, new, file) in [(bad, good, "old/a.proto"), (good, bad, "new/a.proto")] {
        let folder = sides(&old, &new, "version: v2");
        let arguments = ["check-breaking", "new", "--against", "old", "--format", "json"];
        let ours = protogate(folder.path(), &arguments);
        assert_eq!(ours.code, 2, "{ours:?}");
        let kinds = |ran: &Ran| findings(&ran.stdout).into_iter().map(|it| (it.0, it.1)).collect::<Vec<_>>();
        assert_eq!(kinds(&ours), [("SCHEMA_PARSE".to_owned(), file.to_owned())], "nothing was deleted");
        let exact = protogate(folder.path(), &[&arguments[..], &["--buf-exact"]].concat());
        assert_eq!(exact.code, 100, "{exact:?}");
        assert_eq!(kinds(&exact), [("COMPILE".to_owned(), file.to_owned())]);
        let nothing = ["check-breaking", "gone", "--against", "old", "--buf-exact"];
        assert_eq!(protogate(folder.path(), &nothing).code, 1);
    }
}

/// What a configuration is refused for: exit code 2, the words, and the place.
#[track_caller]
fn refused(file: &str, text: &str, says: &[&str]) {
    let folder = folder(&[("p/a.proto", L), ("p/sub/b.proto", D), (file, text)]);
    let ran = protogate(folder.path(), &["check-breaking", "p", "--against", "p", "--config", file]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for words in says {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
}

#[test]
fn a_buf_yaml_that_cannot_be_used_says_where_and_why() {
    let yaml = |text: &str, says: &[&str]| refused("buf.yaml", text, says);
    yaml("version: v2\nbraking:\n  use: [FILE]", &["buf.yaml:2:1", "braking", "did you mean `breaking`?"]);
    yaml("version: v2\nbreaking:\n  ignores: [a]", &["buf.yaml:3:3", "did you mean `ignore`?"]);
    yaml("version: v2\nbreaking:\n  use: [FIEL]", &["buf.yaml:3:9", "did you mean `FILE`?"]);
    yaml("version: v1\nbreaking:\n  use: [CSR]", &["buf.yaml:3:9", "version: v2"]);
    yaml("version: v2\nbreaking:\n  disable_builtin: true", &["buf.yaml:3:20", "disable_builtin"]);
    yaml("version: v3", &["buf.yaml:1:10", "version: v2"]);
    yaml("breaking: {}", &["version"]);
    yaml("version: v2\nbreaking: [", &["buf.yaml:", "CONFIG"]);
    yaml("version: v2\nmodules:\n  - path: ../p", &["buf.yaml:3:11", "outside"]);
    yaml("version: v2\nbreaking:\n  except: [FILE]", &["no rule is left", "buf.yaml:3:12"]);
    let modules = "version: v2\nmodules:\n  - path: p\n";
    yaml(
        &format!("{modules}breaking:\n  ignore: [p/a.prot]"),
        &["buf.yaml:5:12", "did you mean `p/a.proto`?"],
    );
    yaml(
        &format!("{modules}breaking:\n  ignore_only:\n    FILE: [p/subb]"),
        &["buf.yaml:6:12", "did you mean `p/sub`?"],
    );
    yaml(&format!("{modules}breaking:\n  ignore: [a.proto]"), &["buf.yaml:5:12", "no such file"]);
}

#[test]
fn a_protogate_toml_ignores_in_its_own_words() {
    let toml = |text: &str, says: &[&str]| refused("protogate.toml", text, says);
    toml("[breaking]\nignore = [\"p/a.prot\"]", &["protogate.toml:2:11", "no such file"]);
    toml(
        "input = \"p\"\n[breaking]\nignore = [\"p/a.prot\"]",
        &["protogate.toml:3:11", "did you mean `p/a.proto`?"],
    );
    toml("[breaking.ignore-only]\nFIEL = [\"a.proto\"]", &["protogate.toml:2:1", "did you mean `FILE`?"]);
    toml("[breaking]\nignore-unstable-package = true", &["did you mean `ignore-unstable-packages`?"]);

    let changed = D.replace("int32", "bytes");
    let ignoring = |block: &str| {
        let toml = format!("input = \"proto\"\nbaseline = \"old\"\n[breaking]\n{block}\n");
        let folder =
            folder(&[("old/sub/d.proto", D), ("proto/sub/d.proto", &changed), ("protogate.toml", &toml)]);
        protogate(folder.path(), &["check-breaking"]).code
    };
    assert_eq!(ignoring(""), 1);
    assert_eq!(ignoring("ignore = [\"proto/sub\"]"), 0);
    assert_eq!(ignoring("ignore = [\"sub/d.proto\"]"), 0);
    assert_eq!(ignoring("ignore-only = { FIELD_SAME_TYPE = [\"proto\"] }"), 0);
    assert_eq!(ignoring("ignore-only = { FIELD_NO_DELETE = [\"proto\"] }"), 1);
    assert_eq!(ignoring("ignore-unstable-packages = true"), 1);
}

#[test]
fn a_buf_yaml_is_found_where_buf_finds_it_and_a_protogate_toml_wins() {
    let changed = D.replace("int32", "bytes");
    let files = [("api/proto/d.proto", changed.as_str()), ("old/d.proto", D)];
    let quiet = ("buf.yaml", "version: v1\nbreaking:\n  use: [FILE_NO_DELETE]");
    let run = |extra: &[(&str, &str)], here: &str, input: &str, against: &str| {
        let folder = folder(&[&files[..], extra].concat());
        protogate(&folder.path().join(here), &["check-breaking", input, "--against", against]).code
    };
    assert_eq!(run(&[], "", "api/proto", "old"), 1);
    assert_eq!(run(&[quiet], "", "api/proto", "old"), 0, "here");
    assert_eq!(run(&[quiet], "api", "proto", "../old"), 0, "above");
    assert_eq!(run(&[("api/proto/buf.yaml", quiet.1)], "", "api/proto", "old"), 0, "at the input");
    assert_eq!(run(&[quiet, ("protogate.toml", "")], "", "api/proto", "old"), 1, "ours wins");

    let workspace = "version: v2\nmodules:\n  - path: api/proto\nbreaking:\n  use: [FILE_NO_DELETE]";
    let folder = folder(&[&files[..], &[("buf.yaml", workspace)]].concat());
    assert_eq!(protogate(folder.path(), &["check-breaking", "--against", "old"]).code, 0, "no input at all");
}

#[test]
fn an_old_rule_name_is_read_with_a_warning() {
    let folder =
        sides(&[("d.proto", D)], &[("d.proto", D)], "version: v1\nbreaking:\n  use: [FIELD_SAME_LABEL]");
    let ran = protogate(folder.path(), &["check-breaking", "new", "--against", "old"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("FIELD_SAME_CARDINALITY") && ran.stdout.contains("buf.yaml:3:9"), "{ran:?}");
}
