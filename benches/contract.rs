//! `contract` on the reference beside Schemathesis on the same service over REST: cases in a second.
//!
//! `cargo xtask bench contract [--runs N] [--minutes N]` prints one Markdown table. Schemathesis comes from
//! `benches/rest/setup.sh`; without it its row stays out. With `--minutes` one long run follows, whose memory is
//! sampled every ten seconds.

// A benchmark that cannot run has nobody to report to.
#![allow(clippy::panic, clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const UNARY: [&str; 4] = ["GetUser", "CreateUser", "UpdateUser", "DeleteUser"];

struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|it| it == name)?;
        Some(arguments.get(at + 1)?.parse::<u64>().unwrap())
    };
    let runs = number("--runs").unwrap_or(3).max(1) as usize;
    println!("| run | cases | calls | s, median | cases/s | calls/s |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let unary: Vec<String> =
        UNARY.iter().flat_map(|name| ["--method".into(), format!("user.UserService/{name}")]).collect();
    // Only what one case costs: no stream, no wait, no probe.
    let plain = [
        "--check",
        "not_a_server_error",
        "--check",
        "grpc_envelope",
        "--check",
        "no_transport_abort",
        "--check",
        "response_decodes",
        "--cases",
        "10000",
    ];
    let plain: Vec<String> = unary.iter().cloned().chain(plain.map(String::from)).collect();
    row(
        "unary cases, four checks, 1 worker",
        runs,
        &[&plain[..], &["--workers".into(), "1".into()]].concat(),
    );
    row(
        "unary cases, four checks, 8 workers",
        runs,
        &[&plain[..], &["--workers".into(), "8".into()]].concat(),
    );
    row("unary methods, everything that is on", runs, &unary);
    row("default run, all eight methods", runs, &[]);
    if let Some(venv) = schemathesis() {
        let mut measured: Vec<_> = (0..runs).map(|_| rest(&venv)).collect();
        measured.sort_by_key(|(_, time)| *time);
        let (calls, time) = measured[runs / 2];
        let each = calls as f64 / time.as_secs_f64();
        println!(
            "| Schemathesis on the same in FastAPI, 4 operations | {calls} | {calls} | {:.1} | {each:.0} | {each:.0} |",
            time.as_secs_f64()
        );
    }
    if let Some(minutes) = number("--minutes") {
        memory(minutes);
    }
}

/// The reference with an empty store in memory.
fn reference() -> (Ends, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_protogate")).with_file_name("user-service");
    let mut child = Command::new(program)
        .args(["--addr", "127.0.0.1:0", "--store", "memory"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Ends(child), line.trim().strip_prefix("listening on ").unwrap().to_owned())
}

fn protogate(folder: &Path, address: &str, arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protogate"));
    let proto = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    command
        .current_dir(folder)
        .args(["contract", "--target", address, "--schema", proto, "--seed", "1", "--format", "json"])
        .args(arguments)
        .stderr(Stdio::null())
        .stdout(Stdio::piped());
    command
}

fn row(name: &str, runs: usize, arguments: &[String]) {
    let mut measured: Vec<(Duration, u64, u64)> = (0..runs).map(|_| run(arguments)).collect();
    measured.sort();
    let (time, cases, calls) = measured[runs / 2];
    let seconds = time.as_secs_f64();
    let (per, calls_per) = (cases as f64 / seconds, calls as f64 / seconds);
    println!("| {name} | {cases} | {calls} | {seconds:.1} | {per:.0} | {calls_per:.0} |");
}

/// The whole process, start and report included.
fn run(arguments: &[String]) -> (Duration, u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let (_server, address) = reference();
    let started = Instant::now();
    let output = protogate(folder.path(), &address, arguments).output().unwrap();
    let time = started.elapsed();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |key: &str| report["summary"][key].as_u64().unwrap_or_else(|| panic!("no {key}: {report}"));
    (time, of("cases"), of("calls"))
}

fn schemathesis() -> Option<PathBuf> {
    let peers = std::env::var_os("PROTOGATE_PEERS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"), PathBuf::from);
    let venv = peers.join("rest-venv/bin");
    if !venv.exists() {
        eprintln!("no Schemathesis in {}: run benches/rest/setup.sh", peers.display());
        return None;
    }
    Some(venv)
}

/// One run of Schemathesis with its defaults: requests, as the service counts them, and time.
fn rest(venv: &Path) -> (u64, Duration) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rest/users.py");
    let server = Command::new(venv.join("python")).arg(script).arg(port.to_string()).spawn().unwrap();
    let _server = Ends(server);
    let url = format!("http://127.0.0.1:{port}/openapi.json");
    let folder = tempfile::tempdir().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let started = Instant::now();
    // What it finds is not the question.
    let _ = Command::new(venv.join("schemathesis"))
        .current_dir(folder.path())
        .args(["run", &url, "--seed", "1", "--continue-on-failure", "--no-color"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let time = started.elapsed();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /count HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let count = answer.rsplit("\r\n\r\n").next().and_then(|it| it.trim().parse().ok());
    (count.unwrap_or_else(|| panic!("{answer}")), time)
}

/// Resident memory of one long run, every ten seconds.
fn memory(minutes: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (_server, address) = reference();
    let method =
        ["--method", "user.UserService/GetUser", "--cases", "1000000000", "--max-time"].map(String::from);
    let arguments = [&method[..], &[format!("{minutes}m")]].concat();
    let mut child = protogate(folder.path(), &address, &arguments).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let started = Instant::now();
    let mut samples: Vec<u64> = Vec::new();
    while child.try_wait().unwrap().is_none() {
        let resident = fs::read_to_string(&status).unwrap_or_default();
        let resident = resident.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        samples.extend(resident.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok()));
        std::thread::sleep(Duration::from_secs(10));
    }
    let mut report = String::new();
    child.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let at = |share: usize| samples.get(samples.len() * share / 100).map_or(0, |it| it / 1024);
    println!(
        "\nMemory over {} s and {} cases: {} MiB after 10 s, {} MiB at a quarter, {} MiB at half, {} MiB at the end.",
        started.elapsed().as_secs(),
        report["summary"]["cases"],
        samples.get(1).map_or(0, |it| it / 1024),
        at(25),
        at(50),
        samples.last().map_or(0, |it| it / 1024),
    );
}
