//! The whole contract of the reference against each store it has, every promise of it, as in an empty server.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::postgres::{LONGEST_START, SCRIPT, log, programs_or_skip};
use crate::run::protogate;
use crate::servers::{Server, program};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// The server of databases, which ends with its standard input.
pub struct Postgres {
    server: Child,
    programs: PathBuf,
    folder: PathBuf,
}

impl Postgres {
    pub fn start() -> Option<Postgres> {
        let programs = programs_or_skip()?;
        let folder = TempDir::new().unwrap().keep();
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(&programs).arg(&folder);
        let server = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut postgres = Postgres { server, programs, folder };
        let given_up = Instant::now() + LONGEST_START;
        while !postgres.psql("SELECT 1").stderr(Stdio::null()).status().unwrap().success() {
            let ended = postgres.server.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < given_up, "{ended:?}: {}", log(&postgres.folder));
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(postgres)
    }

    fn psql(&self, statement: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-qtA", "-U", "postgres", "-h"]).arg(&self.folder).args(["-c", statement]);
        psql.stdout(Stdio::null());
        psql
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.folder.to_str().unwrap().replace('/', "%2F"))
    }

    /// A program that takes every user away.
    fn reset(&self, at: &Path) -> PathBuf {
        let script = at.join("reset");
        let (psql, host) = (self.programs.join("psql"), self.folder.display());
        let line = format!("exec {} -q -U postgres -h {host} -c 'TRUNCATE users'", psql.display());
        fs::write(&script, format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        script
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nothing is said: it takes its folder with it.
        drop(self.server.stdin.take().map(|mut stdin| stdin.flush()));
        let _ = self.server.wait();
    }
}

/// What does not ask for promises.
const OTHERS: [&str; 8] =
    ["acquaint", "coverage", "follow", "remove", "random", "malformed", "deadlines", "schedules"];

/// Nothing is broken, and every promise was asked for something, in the sequences of a few seeds together.
fn is_kept(folder: &Path, more: &[&str]) {
    let mut untold = BTreeSet::new();
    for seed in ["1", "2", "3", "4"] {
        let mut arguments = vec!["contract", "--schema", PROTO, "--seed", seed, "--format", "json"];
        arguments.extend(OTHERS.iter().flat_map(|phase| ["--without-phase", phase]));
        arguments.extend(more);
        let ran = protogate(folder, &arguments);
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!((ran.code, &report["failures"]), (0, &Value::Array(Vec::new())), "{ran:?}");
        let rules = report["rules"].as_array().unwrap();
        assert!(rules.len() >= 47, "{}", rules.len());
        let silent = rules.iter().filter(|rule| rule["fate"] != "satisfied");
        let silent: BTreeSet<String> = silent.map(|rule| format!("{} {}", rule["of"], rule["id"])).collect();
        untold = if seed == "1" { silent } else { &untold & &silent };
        if untold.is_empty() {
            return;
        }
    }
    panic!("nobody asked for these: {untold:#?}");
}

/// The server is started for the run, and anew for each sequence, with an empty store. A shell makes its arguments.
fn started(store: &str) {
    let folder = TempDir::new().unwrap();
    let line = format!("exec {} --addr 127.0.0.1:0 --store {store}", program("user-service").display());
    let gate = format!("[gate]\nready = \"listening on {{target}}\"\nstart = [\"sh\", \"-c\", {line:?}]\n");
    fs::write(folder.path().join("protogate.toml"), format!("input = {PROTO:?}\n{gate}")).unwrap();
    is_kept(folder.path(), &[]);
}

#[test]
fn in_memory() {
    started("memory");
}

#[test]
fn in_a_file() {
    started("$(mktemp -d -p .)/users.redb");
}

#[test]
fn in_a_database() {
    let Some(postgres) = Postgres::start() else { return };
    let folder = TempDir::new().unwrap();
    let reset = postgres.reset(folder.path());
    let mut service = Command::new(program("user-service"));
    service.args(["--addr", "127.0.0.1:0", "--store", &postgres.url()]);
    let server = Server::start(&mut service);
    is_kept(folder.path(), &["--target", &server.address, "--reset-cmd", reset.to_str().unwrap()]);
}
