//! This repository's own use of protogate: `cargo xtask X …` is `protogate X …` with the `protogate.toml`
//! at the root, from whichever folder it is run.

use std::process::ExitCode;

fn main() -> ExitCode {
    protogate::cli::run(std::env::args_os())
}
