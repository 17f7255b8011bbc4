//! `generate` at the command line: what people did to its folder, and what becomes of it when it is killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::run::protogate;

const OLD: &str =
    "syntax = \"proto3\";\npackage a;\nmessage A { string a = 1; }\nservice S { rpc Get(A) returns (A); }\n";
const NEW: &str = "syntax = \"proto3\";\npackage a;\nmessage A { string a = 1; string b = 2; }\n";

/// The folder with both schemas.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("old", OLD), ("new", NEW)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("a.proto"), text).unwrap();
    }
    folder
}

/// The files below a folder that are not waiting in a stage.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(at) = waiting.pop() {
        for entry in fs::read_dir(at).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                waiting.extend((!name.starts_with(".protogate-stage-")).then_some(path));
            } else {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn an_edit_is_shown_and_kept() {
    let folder = folder();
    let at = folder.path();
    assert_eq!(protogate(at, &["generate", "old", "--out", "out"]).code, 0);
    let file = at.join("out/rust/a.rs");
    let edited = format!("{}// mine\n", fs::read_to_string(&file).unwrap());
    fs::write(&file, &edited).unwrap();

    let refused = protogate(at, &["generate", "new", "--out", "out"]);
    assert_eq!(refused.code, 2);
    for said in ["GENERATED_EDITED", "+// mine", "out/rust/a.rs", "make the change in a.proto", "--force"] {
        assert!(refused.stdout.contains(said) || refused.stderr.contains(said), "{said}: {refused:?}");
    }
    assert_eq!(protogate(at, &["generate", "old", "--out", "out", "--check"]).code, 1);
    assert_eq!(protogate(at, &["generate", "new", "--out", "out", "--force"]).code, 0);
    assert_eq!(fs::read_to_string(at.join("out/rust/a.rs.bak")).unwrap(), edited);
    assert_eq!(protogate(at, &["generate", "new", "--out", "out", "--check"]).code, 0);
}

#[test]
fn a_file_explains_where_it_comes_from() {
    let folder = folder();
    let explained =
        protogate(folder.path(), &["generate", "old", "--out", "out", "--explain", "out/skeleton/s.rs"]);
    assert_eq!(explained.code, 0);
    insta::assert_snapshot!(explained.stdout);
    let wrong = protogate(folder.path(), &["generate", "old", "--out", "out", "--explain", "rust/b.rs"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stdout.contains("did you mean `rust/a.rs`?"), "{wrong:?}");
}

/// Whenever the process is killed: no file is half written, what the user wrote is as it was, and the next run makes the
/// whole of it.
#[test]
fn a_kill_at_any_moment_leaves_whole_files() {
    let folder = folder();
    let at = folder.path();
    let made = ["old", "new"].map(|name| {
        assert_eq!(protogate(at, &["generate", name, "--out", name.to_uppercase().as_str()]).code, 0);
        tree(&at.join(name.to_uppercase()))
    });
    let out = at.join("out");
    assert_eq!(protogate(at, &["generate", "old", "--out", "out"]).code, 0);
    fs::write(out.join("rust/mine.rs"), "// mine\n").unwrap();
    for round in 0..24_u64 {
        let name = ["new", "old"][round as usize % 2];
        let mut command = Command::new(env!("CARGO_BIN_EXE_protogate"));
        command.current_dir(at).args(["generate", name, "--out", "out"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the whole run, which takes some 50 ms in a debug build.
        std::thread::sleep(Duration::from_millis(4 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut now = tree(&out);
        assert_eq!(now.remove("rust/mine.rs").as_deref(), Some(&b"// mine\n"[..]));
        for (path, bytes) in now.into_iter().filter(|(path, _)| path != "manifest.txt") {
            assert!(made.iter().any(|tree| tree.get(&path) == Some(&bytes)), "{path} in round {round}");
        }
        if round % 3 == 2 {
            assert_eq!(protogate(at, &["generate", name, "--out", "out"]).code, 0, "round {round}");
            assert_eq!(protogate(at, &["generate", name, "--out", "out", "--check"]).code, 0);
        }
    }
}
