//! How the files on disk differ from those the schema makes today.

use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::files::FileSet;
use super::look::Standing;
use super::manifest::MANIFEST;
use super::problem;
use crate::diag::{Diagnostic, Report, Section};

/// How one file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not there.
    Missing,
    /// It is as an earlier generation made it.
    Changed,
    /// It was edited since it was made.
    Edited,
    /// No generation made it.
    Foreign,
    /// The schema no longer makes it.
    Extra,
}

/// One file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drifted {
    /// Relative to the output folder, `/`-separated.
    pub path: String,
    /// How it differs.
    pub kind: Kind,
    /// A unified diff from what is on disk to what should be; for binary files one line of words.
    pub diff: String,
    /// Where an edit of the file belongs, if it is one of this generation.
    place_of_edits: String,
}

/// Every file that differs, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    root: PathBuf,
    /// The files.
    pub files: Vec<Drifted>,
}

impl FileSet {
    /// Compares this set with what stands in `root`; changes nothing.
    ///
    /// # Errors
    ///
    /// A file that is there and cannot be read.
    pub fn drift(&self, root: &Path) -> Result<Drift, Vec<Diagnostic>> {
        let found = self.look(root)?;
        let mut files = Vec::new();
        for (path, file) in self.files() {
            let (kind, on_disk) = match &found.standing[path] {
                Standing::Same => continue,
                Standing::Nothing => (Kind::Missing, &b""[..]),
                Standing::Unedited(bytes) => (Kind::Changed, bytes.as_slice()),
                Standing::Edited(bytes) => (Kind::Edited, bytes.as_slice()),
                Standing::Foreign(bytes) => (Kind::Foreign, bytes.as_slice()),
                Standing::InTheWay(..) => (Kind::Foreign, &b""[..]),
            };
            let diff = diff(path, kind, on_disk, &file.bytes);
            let place_of_edits = file.origin.place_of_edits();
            files.push(Drifted { path: path.to_owned(), kind, diff, place_of_edits });
        }
        for (path, bytes) in &found.stale {
            let diff = diff(path, Kind::Extra, bytes, b"");
            files.push(Drifted {
                path: path.clone(),
                kind: Kind::Extra,
                diff,
                place_of_edits: String::new(),
            });
        }
        let wanted = self.manifest(&found.manifest).text(self.command());
        let on_disk = found.manifest_text.as_deref();
        if on_disk != Some(&wanted) {
            let kind = match on_disk {
                _ if found.foreign_manifest => Kind::Foreign,
                None => Kind::Missing,
                Some(_) => Kind::Changed,
            };
            let diff = diff(MANIFEST, kind, on_disk.unwrap_or_default().as_bytes(), wanted.as_bytes());
            files.push(Drifted { path: MANIFEST.to_owned(), kind, diff, place_of_edits: String::new() });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Drift { root: root.to_path_buf(), files })
    }
}

impl Drift {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.files.is_empty()
    }

    /// One finding per file and the diffs; `mend` is the command that makes the files again.
    pub fn report(&self, mend: &str) -> Report {
        let findings = self.files.iter().map(|file| {
            let at = self.root.join(&file.path);
            match file.kind {
                Kind::Missing => problem::drifted(&at, "is missing", mend),
                Kind::Changed => problem::drifted(&at, "is not what the schema makes of it", mend),
                Kind::Extra => problem::drifted(&at, "belongs to nothing in the schema any more", mend),
                Kind::Edited => {
                    problem::drifted_by_hand(&at, "was edited after it was made", &file.place_of_edits)
                }
                Kind::Foreign => {
                    problem::drifted_by_hand(&at, "was not made by protogate", &file.place_of_edits)
                }
            }
        });
        let report = Report::new(findings.collect());
        if self.is_clean() {
            return report;
        }
        report.with(Section::Diff(self.files.iter().map(|file| file.diff.as_str()).collect()))
    }
}

/// What somebody changed in a file: from what the schema makes of it to what stands there.
pub(super) fn edit(path: &str, on_disk: &[u8], made: &[u8]) -> String {
    diff(path, Kind::Edited, made, on_disk)
}

fn diff(path: &str, kind: Kind, old: &[u8], new: &[u8]) -> String {
    let (Ok(old_text), Ok(new_text), false) =
        (std::str::from_utf8(old), std::str::from_utf8(new), super::ours::is_binary(path))
    else {
        return binary(path, kind, old, new);
    };
    let before = if kind == Kind::Missing { "/dev/null".to_owned() } else { format!("a/{path}") };
    let after = if kind == Kind::Extra { "/dev/null".to_owned() } else { format!("b/{path}") };
    TextDiff::from_lines(old_text, new_text).unified_diff().header(&before, &after).to_string()
}

fn binary(path: &str, kind: Kind, old: &[u8], new: &[u8]) -> String {
    match kind {
        Kind::Missing => format!("binary file {path} is missing; it should have {} bytes\n", new.len()),
        Kind::Extra => format!("binary file {path} of {} bytes should not be there\n", old.len()),
        Kind::Changed | Kind::Edited | Kind::Foreign => {
            let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            format!(
                "binary file {path} differs from byte {same} on: {} bytes, should be {}\n",
                old.len(),
                new.len()
            )
        }
    }
}
