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
fn a_dry_run_lists_and_writes_nothing() {
    let folder = folder();
    let ran = protogate(folder.path(), &["generate", "old", "--out", "out", "--dry-run"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("  rust/a.rs  ") && ran.stdout.contains("files would be in out"), "{ran:?}");
    assert!(!folder.path().join("out").exists());
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

/// Whenever the process is killed, and whatever the user has in the folder: it holds the old generation or the new one,
/// each whole, what the user wrote is as it was, and the next run leaves nothing beside it.
#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one() {
    let folder = folder();
    let at = folder.path();
    let out = at.join("out");
    let made = ["new", "old"].map(|name| {
        assert_eq!(protogate(at, &["generate", name, "--out", "out"]).code, 0);
        tree(&out)
    });
    fs::write(out.join("rust/mine.rs"), "// mine\n").unwrap();
    let (mut olds, mut news) = (0, 0);
    for round in 0..48_u64 {
        let name = ["new", "old"][round as usize % 2];
        let mut child = spawn(at, &["generate", name, "--out", "out"]);
        // Spread over the whole run, which takes some 50 ms in a debug build.
        std::thread::sleep(Duration::from_millis(2 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut now = tree(&out);
        assert_eq!(now.remove("rust/mine.rs").as_deref(), Some(&b"// mine\n"[..]));
        assert!(now == made[0] || now == made[1], "{:?} in round {round}", now.keys());
        *if now == made[0] { &mut news } else { &mut olds } += 1;
        if round % 3 == 2 {
            assert_eq!(protogate(at, &["generate", name, "--out", "out"]).code, 0, "round {round}");
            assert_eq!(protogate(at, &["generate", name, "--out", "out", "--check"]).code, 0);
            let beside = fs::read_dir(at).unwrap().flatten().map(|it| it.file_name());
            let left: Vec<_> = beside.filter(|name| name.to_string_lossy().starts_with('.')).collect();
            assert!(left.is_empty(), "{left:?} in round {round}");
        }
    }
    assert!(olds > 0 && news > 0, "the kills were no kills: {olds} and {news}");
}

/// Where the folder cannot be changed as a whole, as with a link in it: no file is half written, and the next run makes
/// the whole of it.
#[test]
#[cfg(unix)]
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
    fs::write(at.join("linked.rs"), "").unwrap();
    std::os::unix::fs::symlink("../linked.rs", out.join("linked.rs")).unwrap();
    for round in 0..24_u64 {
        let name = ["new", "old"][round as usize % 2];
        let mut child = spawn(at, &["generate", name, "--out", "out"]);
        std::thread::sleep(Duration::from_millis(4 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut now = tree(&out);
        assert_eq!(now.remove("rust/mine.rs").as_deref(), Some(&b"// mine\n"[..]));
        now.remove("linked.rs");
        for (path, bytes) in now.into_iter().filter(|(path, _)| path != "manifest.txt") {
            assert!(made.iter().any(|tree| tree.get(&path) == Some(&bytes)), "{path} in round {round}");
        }
        if round % 3 == 2 {
            assert_eq!(protogate(at, &["generate", name, "--out", "out"]).code, 0, "round {round}");
            assert_eq!(protogate(at, &["generate", name, "--out", "out", "--check"]).code, 0);
        }
    }
}

fn spawn(at: &Path, arguments: &[&str]) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protogate"));
    command.current_dir(at).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A `generate --watch` in a folder. What it says on standard error comes line by line.
struct Watching {
    child: std::process::Child,
    said: std::sync::mpsc::Receiver<String>,
}

impl Watching {
    fn start(at: &Path, arguments: &[&str]) -> Watching {
        let mut child = Command::new(env!("CARGO_BIN_EXE_protogate"))
            .current_dir(at)
            .arg("generate")
            .args(arguments)
            .arg("--watch")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, said) = std::sync::mpsc::channel();
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Watching { child, said }
    }

    /// Waits until a round is over, and says what it was begun for.
    #[track_caller]
    fn round(&self) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(60)).expect("a round ends");
            if line.starts_with("watching ") {
                return said;
            }
            said.push(line);
        }
    }
}

impl Watching {
    /// Waits for the round after which something is so, and says what all rounds until then were begun for: on a machine that is
    /// busy one change may be seen as two.
    #[track_caller]
    fn until(&self, is_so: impl Fn() -> bool) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            said.extend(self.round());
            if is_so() {
                return said;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn files_follow_the_schema_and_outlast_what_is_half_written() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("proto")).unwrap();
    let (proto, made) = (at.join("proto/a.proto"), at.join("out/rust/a.rs"));
    fs::write(&proto, OLD).unwrap();
    let mut watching = Watching::start(at, &["proto", "--out", "out"]);
    watching.round();
    let before = fs::read_to_string(&made).unwrap();
    assert!(!before.contains("pub b:"));

    // As an editor saves: beside, then in its place.
    fs::write(at.join("proto/a.proto~"), NEW).unwrap();
    fs::rename(at.join("proto/a.proto~"), &proto).unwrap();
    let holds = |text: &str| fs::read_to_string(&made).unwrap().contains(text);
    let said = watching.until(|| holds("pub b:"));
    assert!(
        said.iter().any(|line| line.starts_with("changed: ") && line.contains("proto/a.proto")),
        "{said:?}"
    );

    // Half a schema changes nothing.
    let after = fs::read_to_string(&made).unwrap();
    fs::write(&proto, "syntax = \"proto3\"; message {").unwrap();
    watching.until(|| true);
    assert_eq!(fs::read_to_string(&made).unwrap(), after);

    // A branch without the folder, and back.
    fs::remove_dir_all(at.join("proto")).unwrap();
    watching.until(|| true);
    fs::rename(at.join("old"), at.join("proto")).unwrap();
    watching.until(|| fs::read_to_string(&made).unwrap() == before);
    fs::write(&proto, NEW).unwrap();
    watching.until(|| holds("pub b:"));

    // What is made is no reason to make it, nor is what is read, nor what is no schema.
    fs::create_dir(at.join("proto/.git")).unwrap();
    fs::write(at.join("proto/.git/index"), "x").unwrap();
    fs::write(at.join("proto/notes.txt"), "x").unwrap();
    fs::write(at.join("proto/b.proto"), "syntax = \"proto3\"; package b; message B {}").unwrap();
    let said = watching.until(|| at.join("out/rust/b.rs").exists());
    let is_none = |line: &&String| [".git", "notes.txt", "out/"].iter().any(|it| line.contains(it));
    assert_eq!(said.iter().find(|line| line.starts_with("changed: ") && is_none(line)), None);
    let pid = rustix::process::Pid::from_child(&watching.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
}

/// Plugins are run in each round as well.
#[test]
fn plugins_follow_the_schema() {
    let folder = folder();
    let at = folder.path();
    let us = env!("CARGO_BIN_EXE_protogate");
    let plugin = format!("version: v2\nplugins:\n  - local: [{us:?}, plugin, docs]\n    out: docs\n");
    fs::write(at.join("buf.gen.yaml"), &plugin).unwrap();
    let watching = Watching::start(at, &["old"]);
    watching.round();
    let first = fs::read(at.join("docs/index.md")).unwrap();
    fs::write(at.join("old/a.proto"), NEW).unwrap();
    watching.until(|| fs::read(at.join("docs/index.md")).unwrap() != first);
    // The file of the plugins counts, too.
    fs::write(at.join("buf.gen.yaml"), format!("{plugin}    opt: title=Mine\n")).unwrap();
    watching.until(|| fs::read_to_string(at.join("docs/index.md")).unwrap().contains("# Mine"));
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let folder = folder();
    let ran = protogate(folder.path(), &["generate", "git:HEAD", "--out", "out", "--watch"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("this schema is not on disk"), "{ran:?}");
    assert_eq!(protogate(folder.path(), &["generate", "nowhere", "--out", "out", "--watch"]).code, 2);
}
