//! The tester against servers that mean harm or know no better: it ends in time, in bounded memory, without a panic.

mod server;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use server::{BEHAVIOURS, Behaviour, serve};

/// Far beyond the `--max-time` of a run, on a machine that does much else.
const HANGS: Duration = Duration::from_secs(90);

/// Peak memory of a run, in bytes. The largest answer that is kept has 64 MiB.
const BOUND: u64 = 400 << 20;

const PROTO: &str = r#"
syntax = "proto3";
package h;
message M { string name = 1; repeated int32 numbers = 2; M inner = 3; }
service S {
  rpc Unary(M) returns (M) { option idempotency_level = NO_SIDE_EFFECTS; }
  rpc Down(M) returns (stream M);
  rpc Up(stream M) returns (M);
  rpc Both(stream M) returns (stream M);
}
"#;

/// Runs `contract` on a server of this behaviour.
fn survives(behaviour: &'static Behaviour, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("h.proto"), PROTO).unwrap();
    fs::write(folder.path().join("protogate.toml"), "[contract]\ndeadline = \"500ms\"\n").unwrap();
    let address = serve(behaviour, seed);
    let errors = folder.path().join("stderr");
    let mut child = Command::new(env!("CARGO_BIN_EXE_protogate"))
        .current_dir(folder.path())
        .args(["contract", "--target", &address, "--schema", "h.proto", "--seed", "1", "--cases", "5"])
        .args(["--max-time", "3s", "--format", "json"])
        .stdout(fs::File::create(folder.path().join("stdout")).unwrap())
        .stderr(fs::File::create(&errors).unwrap())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let (pid, name) = (child.id(), behaviour.name);
    let started = Instant::now();
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > HANGS {
            let _ = child.kill();
            panic!("{name} (seed {seed}): still running after {HANGS:?}");
        }
        peak = peak.max(resident(pid));
        thread::sleep(Duration::from_millis(50));
    };
    let errors = fs::read_to_string(errors).unwrap();
    assert!(!errors.contains("panicked"), "{name} (seed {seed}): {errors}");
    let code = status.code();
    assert!(matches!(code, Some(0..=2)), "{name} (seed {seed}): {status:?} {errors}");
    // What is no server of gRPC is not called one, unless there was no time to see it, and then that is said.
    let said = fs::read_to_string(folder.path().join("stdout")).unwrap();
    let fine = code == Some(0) && !said.contains("PG195");
    assert_eq!(fine, behaviour.harmless, "{name} (seed {seed}): {code:?} {errors} {said}");
    assert!(peak < BOUND, "{name} (seed {seed}): {} MiB", peak >> 20);
}

/// The most memory that the process has had so far, where the system tells. What `wait4` says begins with the peak of the
/// parent, which here has a corpus in memory.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

#[test]
fn no_server_hangs_or_fells_the_tester() {
    thread::scope(|scope| {
        for part in BEHAVIOURS.chunks(BEHAVIOURS.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(|behaviour| survives(behaviour, 0)));
        }
    });
}

#[test]
fn noise_of_any_seed_is_survived() {
    // `PROTOGATE_HOSTILE_SEEDS` for a long run.
    let seeds = std::env::var("PROTOGATE_HOSTILE_SEEDS").map_or(4, |it| it.parse().unwrap());
    let noise = BEHAVIOURS.iter().find(|it| it.name == "random frames").unwrap();
    for seed in 1..=seeds {
        survives(noise, seed);
    }
}
