//! Servers that tests start: other packages of this workspace, and the peers' own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use crate::peers;

/// A program of another package of this workspace, built if it is not: with all the tests of the workspace, as by
/// `cargo test`, so that no dependency is built with other features than before.
pub fn program(package: &str) -> PathBuf {
    static BUILT: OnceLock<bool> = OnceLock::new();
    let build = || {
        let profile: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["test", "--workspace", "--no-run", "--quiet", "--locked"]).args(profile);
        cargo.status().is_ok_and(|status| status.success())
    };
    assert!(BUILT.get_or_init(build), "the workspace does not build");
    Path::new(env!("CARGO_BIN_EXE_protogate")).with_file_name(package)
}

/// A Python program of `tests/interop`, with the modules it imports; `None` where Python is not installed.
pub fn python(script: &str) -> Option<Command> {
    let (python, pb2) = (peers::or_skip("python")?, peers::or_skip("pb2")?);
    let mut command = Command::new(python);
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(script))
        .env("PYTHONPATH", pb2)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Some(command)
}

/// A running server. It ends with the test, however that ends.
pub struct Server {
    child: Child,
    /// What it printed after `listening on`.
    pub address: String,
}

impl Server {
    /// The same of one that prints its REST address after it: the server, and that address.
    pub fn start_with_rest(command: &mut Command) -> (Server, String) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut after = |words: &str| {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            line.strip_prefix(words).unwrap_or_else(|| panic!("{command:?} says {line:?}")).to_owned()
        };
        let (address, rest) = (after("listening on "), after("rest listening on "));
        (Server { child, address }, rest)
    }

    /// Starts a server that prints `listening on ADDRESS`, and waits for the line.
    pub fn start(command: &mut Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let server = Server { child, address: address.clone().unwrap_or_default() };
        assert!(address.is_some(), "the server said {line:?} instead of where it listens");
        server
    }

    /// The reference on a free port, with nothing kept.
    pub fn reference() -> Server {
        Server::start(Command::new(program("user-service")).args([
            "--addr",
            "127.0.0.1:0",
            "--store",
            "memory",
        ]))
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop as an orchestrator would, and waits.
    pub fn terminate(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
