//! `generate`: the files of a schema, written, compared or listed.

use std::path::PathBuf;

use super::args::Generate;
use super::config::CONFIG;
use super::{Context, Outcome, sources};
use crate::codegen::{self, FileSet, Options};
use crate::diag::{Diagnostic, Report, Section};

/// Ends the list of files that one run of `generate` names one by one.
const NAMED_FILES: usize = 20;

pub fn generate(arguments: &Generate, context: &Context) -> Outcome {
    let root = out(arguments.out.as_ref(), context)?;
    let (files, warnings) = make(arguments.input.as_deref(), context)?;
    if arguments.check {
        let drift = files.drift(&root)?;
        return Ok(Report::new(warnings).merge(drift.report(&command(context))));
    }
    let mut lines = Vec::new();
    let summary = if arguments.dry_run {
        lines.extend(files.iter().map(|(path, bytes)| format!("  {path}  {} bytes", bytes.len())));
        format!("{} files would be in {}", files.len(), root.display())
    } else {
        let done = files.write(&root)?;
        lines.extend(done.written.iter().map(|path| format!("  wrote    {path}")));
        lines.extend(done.removed.iter().map(|path| format!("  removed  {path}")));
        if lines.len() > NAMED_FILES {
            let more = lines.split_off(NAMED_FILES).len();
            lines.push(format!("  and {more} more"));
        }
        format!(
            "{}: {} files written, {} removed, {} unchanged",
            root.display(),
            done.written.len(),
            done.removed.len(),
            done.unchanged.len()
        )
    };
    lines.push(summary);
    Ok(lines.into_iter().fold(Report::new(warnings), |report, line| report.with(Section::Line(line))))
}

/// `generate --check` with everything from the configuration.
pub fn check(context: &Context) -> Outcome {
    generate(&Generate { input: None, out: None, check: true, dry_run: false }, context)
}

fn make(input: Option<&str>, context: &Context) -> Result<(FileSet, Vec<Diagnostic>), Vec<Diagnostic>> {
    let loaded = sources::load_whole(&sources::input(input, context)?)?;
    let config = &context.config;
    let options = Options {
        command: command(context),
        templates: config.generate.templates.as_ref().map(|path| config.resolve(path).into()),
        ..Options::default()
    };
    Ok((codegen::generate(&loaded.schema, &options)?, loaded.diagnostics))
}

fn out(argument: Option<&PathBuf>, context: &Context) -> Result<PathBuf, Vec<Diagnostic>> {
    let configured = || context.config.generate.out.as_ref().map(|out| context.config.resolve(out).into());
    argument.cloned().or_else(configured).ok_or_else(|| {
        vec![
            Diagnostic::failure(&CONFIG, "no folder to generate into").help(
                "name it with --out, or write `out = \"generated\"` under [generate] into protogate.toml",
            ),
        ]
    })
}

/// The command that makes the files again; it stands in their first lines, so it must not depend on who
/// runs it or from where.
fn command(context: &Context) -> String {
    context.config.generate.command.clone().unwrap_or_else(|| Options::default().command)
}
