//! `check-breaking` beside buf: whole processes on the same input, wall time and peak memory.
//!
//! `cargo xtask bench check-breaking [--runs N] [--quick]` prints one Markdown table. Peers are those of
//! `tests/peers/install.sh`; without buf its columns stay empty. `--quick` runs buf once where it takes
//! longer than five seconds.

// A benchmark that cannot run has nobody to report to.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// protobuf's own files need editions and imports that the package does not ship: no tool compiles them.
const NOT_COMPARED: &str = "google/protobuf/";

struct Scenario {
    name: String,
    folder: PathBuf,
    input: String,
    protogate_against: String,
    buf_against: String,
    /// Whether there is something to find: the exit code tells.
    breaks: bool,
}

#[derive(Clone, Copy)]
struct Cost {
    time: Duration,
    megabytes: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|it| it == "--quick");
    let runs = arguments.iter().skip_while(|it| *it != "--runs").nth(1).map_or(5, |it| it.parse().unwrap());
    let peers = match std::env::var_os("PROTOGATE_PEERS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
    };
    let buf = peers.join("bin/buf").canonicalize().ok();
    // protoc as grpcio-tools ships it: a process of Python that runs the compiler.
    let python = Some(peers.join("venv/bin/python")).filter(|it| it.exists());
    let protogate = Path::new(env!("CARGO_BIN_EXE_protogate"));
    let folder = tempfile::tempdir().unwrap();

    println!("| scenario | protogate | | buf | | ratio | | protoc, compiling | |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    println!("| | median s | peak MB | median s | peak MB | time | memory | median s | peak MB |");
    for scenario in scenarios(&peers, folder.path()) {
        let Scenario { name, input, .. } = &scenario;
        let ours = ["check-breaking", input, "--against", &scenario.protogate_against];
        let ours = median(protogate, &ours, &scenario, runs, false, if scenario.breaks { 1 } else { 0 });
        let row = format!("| {name} | {:.3} | {:.0}", ours.time.as_secs_f64(), ours.megabytes);
        let compiled = match &python {
            Some(python) => {
                let cost = median(python, &protoc(&scenario), &scenario, runs, quick, 0);
                format!("{:.3} | {:.0}", cost.time.as_secs_f64(), cost.megabytes)
            }
            None => " | ".to_owned(),
        };
        let Some(buf) = &buf else {
            println!("{row} | | | | | {compiled} |");
            continue;
        };
        let theirs = ["breaking", input, "--against", &scenario.buf_against];
        let theirs = median(buf, &theirs, &scenario, runs, quick, if scenario.breaks { 100 } else { 0 });
        let (time, memory) =
            (theirs.time.as_secs_f64() / ours.time.as_secs_f64(), theirs.megabytes / ours.megabytes);
        let (seconds, megabytes) = (theirs.time.as_secs_f64(), theirs.megabytes);
        println!("{row} | {seconds:.3} | {megabytes:.0} | {time:.0}× | {memory:.1}× | {compiled} |");
    }
    floor(&peers);
}

/// protoc on the files of the scenario; their names are in a file, because there are too many for a command line.
fn protoc(scenario: &Scenario) -> [&'static str; 6] {
    let input = scenario.folder.join(&scenario.input);
    // protoc stops at an import that nobody has, so that files with one are left out. buf and protogate go on.
    let files = protos(&input);
    let files = closed(&files, files.len());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    fs::write(scenario.folder.join("protoc.txt"), names.join("\n")).unwrap();
    let include = if scenario.input == "." { "-I." } else { "-Inew" };
    [
        "-m",
        "grpc_tools.protoc",
        include,
        "--descriptor_set_out=/dev/null",
        "--include_source_info",
        "@protoc.txt",
    ]
}

/// What no comparison of two folders can be faster than: opening and reading every file of both.
fn floor(peers: &Path) {
    let new = peers.join("google-proto-files-6");
    if !new.exists() {
        return;
    }
    let files = protos(&new);
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let started = Instant::now();
            let bytes: usize =
                [&files, &files].into_iter().flatten().map(|(_, at)| fs::read(at).unwrap().len()).sum();
            assert!(bytes > 0);
            started.elapsed()
        })
        .collect();
    times.sort();
    println!("\nReading {} files twice, on one core: {:.3} s.", files.len(), times[2].as_secs_f64());
}

/// The cost of the run in the middle, by time; the first run only warms the cache, unless one is enough.
fn median(
    program: &Path,
    arguments: &[&str],
    scenario: &Scenario,
    runs: usize,
    once: bool,
    code: i32,
) -> Cost {
    let mut costs = vec![run(program, arguments, &scenario.folder, code)];
    if !(once && costs[0].time > Duration::from_secs(5)) {
        costs = (0..runs.max(1)).map(|_| run(program, arguments, &scenario.folder, code)).collect();
    }
    costs.sort_by_key(|cost| cost.time);
    costs[costs.len() / 2]
}

fn run(program: &Path, arguments: &[&str], folder: &Path, code: i32) -> Cost {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let used = command.spawn().unwrap().wait4().unwrap();
    let time = started.elapsed();
    assert_eq!(used.status.code(), Some(code), "{command:?} in {}", folder.display());
    #[expect(clippy::cast_precision_loss)]
    let megabytes = used.rusage.maxrss as f64 / 1e6;
    Cost { time, megabytes }
}

fn scenarios(peers: &Path, folder: &Path) -> Vec<Scenario> {
    let mut all = vec![small(folder)];
    let (old, new) = (peers.join("google-proto-files-5"), peers.join("google-proto-files-6"));
    if !new.exists() {
        eprintln!("no google-proto-files in {}: run tests/peers/install.sh", peers.display());
        return all;
    }
    let (old, new) = (protos(&old), protos(&new));
    for count in [100, 1000, new.len()] {
        let files = closed(&new, count);
        let name = format!("{} files, against themselves", files.len());
        all.push(against(name, folder, &files, None));
    }
    let name = format!("{} files, against {} of the major before", new.len(), old.len());
    all.push(against(name, folder, &new, Some(&old)));
    all.push(one_changed(folder, &new));
    all
}

/// What a first service looks like; it imports what comes with every compiler.
const SMALL: &str = r#"syntax = "proto3";
package small.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";
service Users {
  rpc Get(GetRequest) returns (User);
  rpc List(ListRequest) returns (stream User);
  rpc Delete(GetRequest) returns (google.protobuf.Empty);
}
message GetRequest { string id = 1; }
message ListRequest { int32 page_size = 1; string page_token = 2; }
message User {
  string id = 1;
  string name = 2;
  repeated string emails = 3;
  Role role = 4;
  google.protobuf.Timestamp created = 5;
}
enum Role { ROLE_UNSPECIFIED = 0; ROLE_ADMIN = 1; }
"#;

fn small(folder: &Path) -> Scenario {
    let path = folder.join("small.proto");
    fs::write(&path, SMALL).unwrap();
    let files = BTreeMap::from([("small.proto".to_owned(), path)]);
    let scenario = against("1 small file, changed".to_owned(), folder, &files, Some(&files));
    add_a_message(&scenario.folder.join("new/small.proto"));
    scenario
}

/// Files by the names that imports use. Not their texts: a process starts with the peak of its parent.
type Protos = BTreeMap<String, PathBuf>;

fn against(name: String, folder: &Path, new: &Protos, old: Option<&Protos>) -> Scenario {
    let folder = folder.join(name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    write(&folder.join("new"), new);
    if let Some(old) = old {
        write(&folder.join("old"), old);
    }
    let against = if old.is_some() { "old" } else { "new" };
    let breaks = old.is_some_and(|old| old.keys().any(|name| !new.contains_key(name)));
    let (protogate_against, buf_against) = (against.to_owned(), against.to_owned());
    Scenario { name, folder, input: "new".to_owned(), protogate_against, buf_against, breaks }
}

fn one_changed(folder: &Path, files: &Protos) -> Scenario {
    let folder = folder.join("git");
    write(&folder, files);
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        let status =
            Command::new("git").current_dir(&folder).args(identity).args(arguments).status().unwrap();
        assert!(status.success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "all"]);
    let changed = files.keys().find(|name| name.ends_with("/secretmanager/v1/service.proto")).unwrap();
    add_a_message(&folder.join(changed));
    Scenario {
        name: format!("1 changed file of {}, baseline in git", files.len()),
        folder,
        input: ".".to_owned(),
        protogate_against: "git:main".to_owned(),
        buf_against: ".git#branch=main".to_owned(),
        breaks: false,
    }
}

/// The file may be linked to the peer's own, which is not ours to change.
fn add_a_message(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, format!("{text}\nmessage Added {{}}\n")).unwrap();
}

/// Every `.proto` file of a package, by its path in it.
fn protos(root: &Path) -> Protos {
    let root = root.canonicalize().unwrap();
    let mut files = Protos::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".proto") && !name.starts_with(NOT_COMPARED) {
                files.insert(name, path);
            }
        }
    }
    files
}

/// The first files with all they import, until there are `count`.
fn closed(all: &Protos, count: usize) -> Protos {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for name in all.keys() {
        let mut waiting = vec![name.as_str()];
        while let Some(name) = waiting.pop() {
            if taken.len() < count && taken.insert(name) {
                let imports = imports(&all[name]).into_iter();
                waiting.extend(imports.filter_map(|import| Some(all.get_key_value(&import)?.0.as_str())));
            }
        }
    }
    // Whoever imports what was cut off at the end goes too, until nobody does.
    loop {
        let whole = |name: &&str| {
            let kept = |import: &String| taken.contains(import.as_str()) || !all.contains_key(import);
            imports(&all[*name]).iter().all(kept)
        };
        let kept: BTreeSet<&str> = taken.iter().copied().filter(|name| whole(name)).collect();
        if kept.len() == taken.len() {
            return kept.into_iter().map(|name| (name.to_owned(), all[name].clone())).collect();
        }
        taken = kept;
    }
}

fn imports(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let imports = text.lines().filter_map(|line| line.strip_prefix("import "));
    imports.filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned).collect()
}

fn write(folder: &Path, files: &Protos) {
    for (name, from) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::hard_link(from, &path).is_err() {
            fs::copy(from, path).unwrap();
        }
    }
}
