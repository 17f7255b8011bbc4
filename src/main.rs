//! The `protogate` binary: the library's door and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    protogate::cli::run(std::env::args_os())
}
