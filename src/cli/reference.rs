//! `serve-reference`: runs the reference service, which is a program of its own.

use std::process::{Command, ExitCode};

use super::args::ServeReference;
use super::service::SERVICE;
use super::{Context, output};
use crate::diag::{Diagnostic, Report};

/// The program, where no configuration names another way to run it.
const PROGRAM: &str = "user-service";

/// Becomes the service as far as the caller can tell: same outputs, same signals, same exit code.
pub fn serve(arguments: &ServeReference, context: &Context) -> ExitCode {
    let configured = &context.config.reference.command;
    let (program, first) = match configured.split_first() {
        Some((program, first)) => (program.as_str(), first),
        None => (PROGRAM, &[][..]),
    };
    let mut command = Command::new(program);
    command.args(release(first, arguments.release)).args(&arguments.options);
    if !configured.is_empty() && !context.config.folder.as_os_str().is_empty() {
        command.current_dir(&context.config.folder);
    }
    match become_program(&mut command) {
        Ok(code) => code,
        Err(error) => {
            let diagnostic = Diagnostic::failure(&SERVICE, format!("cannot run `{program}`: {error}"))
                .help("install it with `cargo install --path src/reference`, or name it in [reference] of protogate.toml");
            output::finish(&Report::new(vec![diagnostic]), &context.common, output::Codes::Ours)
        }
    }
}

/// Replaces this process, so that a signal to it reaches the service.
#[cfg(unix)]
fn become_program(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// `cargo run … --`, with `--release` before the dashes.
fn release(first: &[String], release: bool) -> Vec<String> {
    let mut first = first.to_vec();
    if release {
        let dashes = first.iter().position(|argument| argument == "--").unwrap_or(first.len());
        first.insert(dashes, "--release".to_owned());
    }
    first
}
