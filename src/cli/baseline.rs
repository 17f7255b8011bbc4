//! `baseline update`: the schema as it is becomes the schema that is accepted.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::config::CONFIG;
use super::{Context, Outcome, sources};
use crate::diag::{Diagnostic, Place, Report, Section, Severity};
use crate::rules::breaking::{self, Selection};
use crate::schema::{File, Schema, Source, load};

pub fn update(argument: Option<&str>, context: &Context) -> Outcome {
    let Some(folder) = context.config.baseline.as_deref().map(|path| context.config.resolve(path)) else {
        return Err(vec![
            Diagnostic::failure(&CONFIG, "no baseline to update")
                .help("write `baseline = \"baseline\"` into protogate.toml"),
        ]);
    };
    let folder = PathBuf::from(folder);
    let source = sources::input(argument, context)?;
    let new = sources::load_whole(&source)?.schema;

    let accepted = match folder.exists() {
        true => accepted(&load(&Source::Directory(folder.clone())).schema, &new)?,
        false => Vec::new(),
    };
    let written = write(&new, &folder).map_err(|error| {
        vec![
            Diagnostic::failure(&CONFIG, format!("cannot write the baseline: {error}"))
                .at(Place::file(folder.display().to_string()))
                .help("make the folder writable; run the command again, it starts over"),
        ]
    })?;
    let line = match (written, accepted.len()) {
        (0, _) => format!("{} is up to date", folder.display()),
        (files, 0) => format!("{} updated: {files} files, nothing breaks", folder.display()),
        (files, breaks) => {
            format!("{} updated: {files} files, {breaks} breaking changes accepted", folder.display())
        }
    };
    Ok(Report::new(accepted).with(Section::Line(line)))
}

/// What the old baseline would have called a break, said as notes: it has just been accepted.
fn accepted(old: &Schema, new: &Schema) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let everything = Selection::default();
    let mut findings = breaking::check(old, new, &everything);
    for finding in &mut findings {
        finding.severity = Severity::Note;
        finding.message = format!("accepted: {}", finding.message);
        // The fix hint says how to take the change back; accepting it is the opposite.
        finding.help = None;
    }
    Ok(findings)
}

/// Makes the `.proto` files below `folder` those of `schema`, and says how many changed. Files of other
/// kinds are left alone.
fn write(schema: &Schema, folder: &Path) -> io::Result<usize> {
    let mut changed = 0;
    let mut wanted = BTreeSet::new();
    for (file, text) in schema.own_files().filter_map(|file: &File| Some((file, file.text()?))) {
        let path = folder.join(file.name());
        wanted.insert(path.clone());
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
            // Written beside and renamed: a baseline is either the old one or the new one, never half.
            let mut beside = tempfile::NamedTempFile::new_in(parent)?;
            io::Write::write_all(&mut beside, text.as_bytes())?;
            beside.persist(&path)?;
        }
        changed += 1;
    }
    for stale in load(&Source::Directory(folder.to_path_buf())).schema.own_files() {
        let path = folder.join(stale.name());
        if !wanted.contains(&path) {
            fs::remove_file(path)?;
            changed += 1;
        }
    }
    Ok(changed)
}
