//! `check-breaking` beside buf: whole processes on the same input, wall time and peak memory.
//!
//! `cargo xtask bench check-breaking [--runs N] [--quick]` prints one Markdown table. Peers are those of
//! `tests/peers/install.sh`; without buf its columns stay empty. `--quick` runs buf once where it takes
//! longer than five seconds.

// A benchmark that cannot run has nobody to report to.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod measure;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use measure::{Cost, Protos, SMALL, closed, protos, run, write};

struct Scenario {
    name: String,
    folder: PathBuf,
    input: String,
    protogate_against: String,
    buf_against: String,
    /// Whether there is something to find: the exit code tells.
    breaks: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|it| it == "--quick");
    let runs = arguments.iter().skip_while(|it| *it != "--runs").nth(1).map_or(5, |it| it.parse().unwrap());
    let peers = measure::peers();
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

fn small(folder: &Path) -> Scenario {
    let path = folder.join("small.proto");
    fs::write(&path, SMALL).unwrap();
    let files = BTreeMap::from([("small.proto".to_owned(), path)]);
    let scenario = against("1 small file, changed".to_owned(), folder, &files, Some(&files));
    add_a_message(&scenario.folder.join("new/small.proto"));
    scenario
}

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
