//! The only place that prints.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;

use clap::ColorChoice;

use super::args::Common;
use crate::diag::render::{Style, render};
use crate::diag::{Report, Verdict};

/// Which exit codes a command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// 0, 1 for findings, 2 for what could not be done.
    Ours,
    /// 0, 100 for findings, 1 for what could not be done.
    Buf,
}

impl Codes {
    fn of(self, verdict: Verdict) -> u8 {
        match (self, verdict) {
            (Codes::Ours, verdict) => verdict.exit_code(),
            (Codes::Buf, Verdict::Clean) => 0,
            (Codes::Buf, Verdict::Findings) => 100,
            (Codes::Buf, Verdict::Failed) => 1,
        }
    }
}

/// Prints the report on standard output and turns its verdict into an exit code.
pub fn finish(report: &Report, common: &Common, codes: Codes) -> ExitCode {
    let text = render(report, common.format, style(common));
    // A reader that has seen enough (`| head`) closes the pipe; that changes no verdict.
    let _ = stdout().lock().write_all(text.as_bytes());
    ExitCode::from(codes.of(report.verdict()))
}

/// One line of a result that is not over yet, flushed: somebody follows it.
pub fn line(line: &str) {
    let mut out = stdout().lock();
    // As above: a reader that has gone changes nothing.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
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
