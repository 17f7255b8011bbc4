//! `deploy/kubernetes.yaml`: it is what Kubernetes takes, its numbers agree, and its variables are those of the service.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::binary::command;

fn manifest() -> String {
    std::fs::read_to_string(manifest_path()).unwrap()
}

fn manifest_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes.yaml")
}

/// A program that tests/peers/install.sh put at `place`; without it says so, or panics where peers are required.
pub fn peer(place: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
    let cache = std::env::var_os("PROTOGATE_PEERS").map_or(here, PathBuf::from);
    let found = Some(cache.join(place)).filter(|path| path.is_file());
    if found.is_none() {
        missing(place);
    }
    found
}

/// Says that it is not installed, or panics where peers are required.
pub fn missing(peer: &str) {
    let message = format!("no {peer} is installed: run tests/peers/install.sh");
    let required = std::env::var_os("PROTOGATE_REQUIRE_PEERS").is_some_and(|value| value == "1");
    assert!(!required, "{message}");
    // Not eprintln!: the harness keeps what it prints to itself when the test passes.
    std::io::stderr().write_all(format!("skipped: {message}\n").as_bytes()).unwrap();
}

/// The first number behind these words.
fn number(text: &str, behind: &str) -> u64 {
    let at = text.find(behind).unwrap_or_else(|| panic!("no {behind}")) + behind.len();
    let digits = text[at..].trim_start_matches(|sign: char| !sign.is_ascii_digit());
    digits.split(|sign: char| !sign.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn kubernetes_takes_the_manifest_and_refuses_a_wrong_one() {
    let Some(validate) = peer("kube-venv/bin/kubernetes-validate") else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    std::fs::write(&wrong, manifest().replace("maxSkew", "mostSkew")).unwrap();
    for (path, good) in [(manifest_path(), true), (wrong, false)] {
        let mut judge = tokio::process::Command::new(&validate);
        let judged = judge.arg("--strict").arg(&path).output().await.unwrap();
        let said = String::from_utf8_lossy(&judged.stdout).into_owned();
        assert_eq!(judged.status.success(), good, "{said}{}", String::from_utf8_lossy(&judged.stderr));
    }
}

#[tokio::test]
async fn its_numbers_agree_and_its_variables_are_those_of_the_service() {
    let text = manifest();
    let (grace, stop) = (number(&text, "terminationGracePeriodSeconds"), number(&text, "sleep: {seconds"));
    let drain = number(&text, "USER_SERVICE_DRAIN, value");
    assert!(grace > stop + drain, "{grace} s are too few for {stop} s and {drain} s");
    let help = command(&[]).arg("--help").output().await.unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let is_part = |sign: char| sign.is_ascii_uppercase() || sign == '_';
    let names = text.split(|sign: char| !is_part(sign)).filter(|word| word.starts_with("USER_SERVICE_"));
    let names: Vec<_> = names.collect();
    assert_eq!(names.len(), 5);
    for name in names {
        assert!(help.contains(&format!("[env: {name}")), "{name} is no variable of the service");
    }
}
