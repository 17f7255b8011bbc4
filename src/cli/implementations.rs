//! The files in which services are filled in: seeded once, and then only compared with the schema.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Context, Outcome};
use crate::codegen::{FileSet, Implementation, SERVICE_INCOMPLETE};
use crate::diag::{Diagnostic, Place, Severity};

/// Writes those that are not there, if the configuration names a folder for them. What it says are lines for people.
pub fn seed(files: &FileSet, context: &Context) -> Outcome<Vec<String>> {
    let Some(root) = folder(context) else { return Ok(Vec::new()) };
    let planted = files.seeds().plant(&root)?;
    let line = |path: &String| format!("  seeded   {}, yours from now on", root.join(path).display());
    Ok(planted.written.iter().map(line).collect())
}

/// A finding for each method that one of them lacks, or has and the schema has not.
pub fn gaps(files: &FileSet, context: &Context, severity: Severity) -> Outcome<Vec<Diagnostic>> {
    let Some(root) = folder(context) else { return Ok(Vec::new()) };
    let mut said = Vec::new();
    for implementation in files.implementations() {
        let at = root.join(implementation.path());
        match fs::read_to_string(&at) {
            Ok(text) => said.extend(of_file(implementation, &at, &text, severity)),
            // Whoever took it away implements the service elsewhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(vec![unreadable(&at, &error.to_string())]),
        }
    }
    Ok(said)
}

fn folder(context: &Context) -> Option<PathBuf> {
    context.config.generate.services.as_ref().map(|path| context.config.resolve(path).into())
}

fn of_file(implementation: &Implementation, at: &Path, text: &str, severity: Severity) -> Vec<Diagnostic> {
    let shown = at.display().to_string();
    let Implementation { service, source, .. } = implementation;
    let gaps = match implementation.gaps(text) {
        Ok(gaps) => gaps,
        // The compiler will say it better.
        Err(error) => {
            let said =
                format!("{shown} is not Rust, so its methods are not compared with the schema: {error}");
            return vec![Diagnostic::new(&SERVICE_INCOMPLETE, severity, said).at(Place::file(shown))];
        }
    };
    let mut said = Vec::new();
    for gap in gaps {
        said.extend(gap.missing.into_iter().map(|stub| {
            let message = format!("{shown} lacks `{}`: {service}.{} of {source}", stub.function, stub.name);
            let help = format!("paste into `impl {service} for …`:\n{}", stub.text.trim_end());
            Diagnostic::new(&SERVICE_INCOMPLETE, severity, message).at(Place::file(shown.clone())).help(help)
        }));
        said.extend(gap.extra.into_iter().map(|name| {
            let message = format!("{shown} has `{name}`, and {service} of {source} has no such method");
            let help = format!("move `{name}` into an `impl` of its own, or add the method to {source}");
            Diagnostic::new(&SERVICE_INCOMPLETE, severity, message).at(Place::file(shown.clone())).help(help)
        }));
    }
    said
}

fn unreadable(at: &Path, why: &str) -> Diagnostic {
    let shown = at.display().to_string();
    Diagnostic::failure(&SERVICE_INCOMPLETE, format!("cannot read {shown}: {why}"))
        .at(Place::file(shown))
        .help("make it readable, or name another folder: `services` under [generate]")
}
