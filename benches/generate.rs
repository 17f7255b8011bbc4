//! `generate` beside protoc and buf: whole processes on the same input and with the same outputs, wall time and peak memory.
//!
//! `cargo xtask bench generate [--runs N] [--quick]` prints two Markdown tables: descriptor set and Python, which protoc and
//! buf (which runs protoc for it) make as well; and what protogate makes by default, new, again, and compared. Peers are
//! those of `tests/peers/install.sh`. `--quick` leaves the largest input out for them.

// A benchmark that cannot run has nobody to report to.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

mod measure;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use measure::{Cost, Protos, SMALL, closed, protos, run, write};

/// So many files are few enough for peers that are slow.
const FEW: usize = 2000;

/// One input: a folder with `proto` in it.
struct Input {
    name: String,
    folder: PathBuf,
    files: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|it| it == "--quick");
    let runs = arguments.iter().skip_while(|it| *it != "--runs").nth(1).map_or(5, |it| it.parse().unwrap());
    let peers = measure::peers();
    let buf = peers.join("bin/buf").canonicalize().ok();
    let python = Some(peers.join("venv/bin/python")).filter(|it| it.exists());
    let protogate = Path::new(env!("CARGO_BIN_EXE_protogate"));
    let temporary = tempfile::tempdir().unwrap();
    let inputs = inputs(&peers, temporary.path());

    println!(
        "| descriptor set, `_pb2.py`, `.pyi` | protogate | | protoc | | buf, with protoc | | ratio to protoc | to buf |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    println!("| | median s | peak MB | median s | peak MB | median s | peak MB | time | time |");
    for input in &inputs {
        let same = ["generate", "proto", "--out", "out", "--output", "descriptor", "--output", "python"];
        let ours = fresh(protogate, &same, input, runs);
        let is_measured = !quick || input.files < FEW;
        let theirs = python.as_ref().filter(|_| is_measured).map(|it| fresh(it, &protoc(input), input, runs));
        let buf = buf.as_ref().zip(python.as_ref()).filter(|_| is_measured).map(|(buf, python)| {
            configure(input, python);
            fresh(buf, &["generate", "proto"], input, if input.files < FEW { runs } else { 1 })
        });
        let ratio = |it: &Option<Cost>| {
            let times = |it: &Cost| it.time.as_secs_f64() / ours.time.as_secs_f64();
            it.as_ref().map_or(String::new(), |it| format!("{:.1}×", times(it)))
        };
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            input.name,
            shown(&Some(ours)),
            shown(&theirs),
            shown(&buf),
            ratio(&theirs),
            ratio(&buf)
        );
    }

    println!("\n| Rust, skeleton, docs, descriptor set | new | | again | | `--check` | | files |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    println!("| | median s | peak MB | median s | peak MB | median s | peak MB | |");
    for input in &inputs {
        let defaults = ["generate", "proto", "--out", "out"];
        let new = fresh(protogate, &defaults, input, runs);
        let again = warm(protogate, &defaults, input, runs);
        let check = warm(protogate, &[&defaults[..], &["--check"]].concat(), input, runs);
        println!(
            "| {} | {} | {} | {} | {} |",
            input.name,
            shown(&Some(new)),
            shown(&Some(again)),
            shown(&Some(check)),
            count(&input.folder.join("out"))
        );
    }
}

fn shown(cost: &Option<Cost>) -> String {
    match cost {
        Some(cost) => format!("{:.3} | {:.0}", cost.time.as_secs_f64(), cost.megabytes),
        None => " | ".to_owned(),
    }
}

/// Into an empty folder each time.
fn fresh(program: &Path, arguments: &[&str], input: &Input, runs: usize) -> Cost {
    let once = || {
        let _ = fs::remove_dir_all(input.folder.join("out"));
        fs::create_dir_all(input.folder.join("out")).unwrap();
        run(program, arguments, &input.folder, 0)
    };
    median((0..=runs.max(1)).map(|_| once()).skip(usize::from(runs > 1)).collect())
}

/// Into the folder as the run before left it.
fn warm(program: &Path, arguments: &[&str], input: &Input, runs: usize) -> Cost {
    median((0..runs.max(1)).map(|_| run(program, arguments, &input.folder, 0)).collect())
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.time);
    costs[costs.len() / 2]
}

/// protoc as grpcio-tools ships it: a process of Python that runs the compiler. The names are in a file, because there are
/// too many for a command line.
fn protoc(input: &Input) -> Vec<&'static str> {
    let names: Vec<String> = protos(&input.folder.join("proto")).into_keys().collect();
    fs::write(input.folder.join("protoc.txt"), names.join("\n")).unwrap();
    let outputs = ["--python_out=out", "--pyi_out=out", "--descriptor_set_out=out/all.binpb"];
    [&["-m", "grpc_tools.protoc", "-Iproto"][..], &outputs, &["@protoc.txt"]].concat()
}

fn configure(input: &Input, python: &Path) {
    let path = format!("[{:?}, -m, grpc_tools.protoc]", python.display().to_string());
    let plugin = |name: &str| {
        format!("  - protoc_builtin: {name}\n    protoc_path: {path}\n    out: out\n    strategy: all\n")
    };
    let text = format!("version: v2\nplugins:\n{}{}", plugin("python"), plugin("pyi"));
    fs::write(input.folder.join("buf.gen.yaml"), text).unwrap();
}

fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
}

fn inputs(peers: &Path, folder: &Path) -> Vec<Input> {
    let first = folder.join("small.proto");
    fs::write(&first, SMALL).unwrap();
    let mut all =
        vec![input("1 small file".to_owned(), folder, &BTreeMap::from([("small.proto".to_owned(), first)]))];
    let google = peers.join("google-proto-files-6");
    if !google.exists() {
        eprintln!("no google-proto-files in {}: run tests/peers/install.sh", peers.display());
        return all;
    }
    let new = protos(&google);
    for count in [100, 1000, new.len()] {
        // What imports a file that nobody has stops protoc.
        let files = closed(&new, count);
        all.push(input(format!("{} files", files.len()), folder, &files));
    }
    all
}

fn input(name: String, folder: &Path, files: &Protos) -> Input {
    let folder = folder.join(name.replace(' ', "-"));
    write(&folder.join("proto"), files);
    Input { name, folder, files: files.len() }
}
