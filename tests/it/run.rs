//! Runs the binary.

use std::path::Path;
use std::process::{Command, Output};

/// What a run of the binary came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `protogate ARGUMENTS…` in `folder`, with the environment of a pipe.
pub fn protogate(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_protogate"));
    command.current_dir(folder).args(arguments).env_remove("CLICOLOR_FORCE").env_remove("RUST_BACKTRACE");
    command.output().unwrap().into()
}
