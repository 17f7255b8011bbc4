//! A directory of `.proto` files, or one of them.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::source::{Input, Inputs, has_extension};
use super::{MAX_FILE_BYTES, closure, problem};
use crate::diag::{Diagnostic, Place};

/// Every `.proto` file below `root`, in the order of their names. Symlinks are followed, loops are
/// reported; hidden folders are passed over; ignore files are not read, because a schema that git does
/// not track (generated, vendored) is still imported.
pub(super) fn read(root: &Path) -> Result<Inputs, Box<Diagnostic>> {
    let mut found = Inputs::default();
    let mut paths = Vec::new();
    for entry in WalkBuilder::new(root).standard_filters(false).hidden(true).follow_links(true).build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|t| t.is_file()) => {
                if has_extension(entry.path(), "proto") {
                    paths.push(entry.into_path());
                }
            }
            Ok(_) => {}
            Err(error) => found.diagnostics.push(problem::cannot_walk(&error)),
        }
    }
    paths.sort();
    let read = |path: PathBuf| match path.strip_prefix(root).ok().and_then(import_name) {
        Some(name) => read_file(&path, name.clone()).map_err(|diagnostic| (Some(name), diagnostic)),
        None => Err((None, problem::bad_file_name(&path))),
    };
    let files: Vec<Result<Input, (Option<String>, Diagnostic)>> = paths.into_par_iter().map(read).collect();
    for file in files {
        match file {
            Ok(input) => found.inputs.push(input),
            Err((name, diagnostic)) => {
                found.left_out.extend(name);
                found.diagnostics.push(diagnostic);
            }
        }
    }
    Ok(found)
}

/// One `.proto` file, and what it imports from its own folder and those below.
pub(super) fn read_one(path: &Path) -> Result<Inputs, Box<Diagnostic>> {
    let name = path.file_name().map(Path::new).and_then(import_name);
    let name = name.ok_or_else(|| problem::bad_file_name(path))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(closure::of(read_file(path, name)?, |import| {
        let inside = Path::new(import).components().all(|part| matches!(part, Component::Normal(_)));
        let path = folder.join(import);
        (inside && path.is_file()).then(|| read_file(&path, import.to_owned()))
    }))
}

/// The name that imports use: `/`-separated on every system.
fn import_name(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

fn read_file(path: &Path, name: String) -> Result<Input, Diagnostic> {
    let shown = path.strip_prefix(".").unwrap_or(path).display().to_string();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| problem::cannot_read(&shown, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(problem::too_large(Place::file(shown.as_str())));
    }
    Input::from_bytes(name, &shown, bytes)
}
