//! The side files of a command: those of the configuration, and those of the command line on top.

use std::fs;
use std::path::{Path, PathBuf};

use super::Context;
use crate::diag::{Diagnostic, Place};
use crate::promise::contract::{SideFile, lint};

/// Their names as the user knows them, in the order in which they are laid on one another.
pub fn names(line: &[PathBuf], context: &Context) -> Vec<String> {
    let configured = context.config.contract.side.iter().map(|path| context.config.resolve(path));
    configured.chain(line.iter().map(|path| path.display().to_string())).collect()
}

/// Reads them.
///
/// # Errors
/// Each one that cannot be read.
pub fn load(names: &[String]) -> Result<Vec<SideFile>, Vec<Diagnostic>> {
    let (read, failed): (Vec<_>, Vec<_>) = names.iter().map(|name| side(name)).partition(Result::is_ok);
    let failed: Vec<Diagnostic> = failed.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(read.into_iter().flatten().collect()) } else { Err(failed) }
}

fn side(name: &str) -> Result<SideFile, Diagnostic> {
    match fs::read_to_string(Path::new(name)) {
        Ok(text) => SideFile::parse(name, &text),
        Err(error) => Err(Diagnostic::failure(lint::UNREADABLE, format!("`{name}` cannot be read: {error}"))
            .at(Place::file(name))
            .help("name a file that exists with --side, or as `side` under [contract]")),
    }
}
