//! The only place that prints.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use clap::ColorChoice;

use super::args::Common;
use crate::diag::render::{Style, render};
use crate::diag::{Report, Verdict};

/// Prints the report on standard output and turns its verdict into an exit code.
pub fn finish(report: &Report, common: &Common) -> ExitCode {
    let text = render(report, common.format, style(common));
    // A reader that has seen enough (`| head`) closes the pipe; that changes no verdict.
    let _ = stdout().lock().write_all(text.as_bytes());
    ExitCode::from(Verdict::exit_code(report.verdict()))
}

fn style(common: &Common) -> Style {
    let colour = match common.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never,
    };
    Style { colour, width: None }
}

/// Whether progress may be drawn: on a terminal that nobody asked to be quiet.
pub fn shows_progress(common: &Common) -> bool {
    !common.quiet && stderr().is_terminal()
}

/// One line about what is being done, on standard error.
pub fn log(common: &Common, line: &str) {
    if !common.quiet {
        let _ = writeln!(stderr(), "{line}");
    }
}

/// The same, only with `--verbose`.
pub fn detail(common: &Common, line: &str) {
    if common.verbose {
        log(common, line);
    }
}
