//! How the files on disk differ from those the schema makes today.

use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::files::FileSet;
use super::problem;
use crate::diag::{Diagnostic, Report, Section};

/// How one file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not there.
    Missing,
    /// It holds something else.
    Changed,
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
        for (path, wanted) in self.iter() {
            let (kind, on_disk) = match found.current.get(path) {
                Some(bytes) if bytes == wanted => continue,
                Some(bytes) => (Kind::Changed, bytes.as_slice()),
                None => (Kind::Missing, &b""[..]),
            };
            files.push(Drifted { path: path.to_owned(), kind, diff: diff(path, kind, on_disk, wanted) });
        }
        for path in found.stale {
            let at = root.join(&path);
            let bytes = std::fs::read(&at).map_err(|error| vec![problem::io("read", &at, &error)])?;
            let diff = diff(&path, Kind::Extra, &bytes, b"");
            files.push(Drifted { path, kind: Kind::Extra, diff });
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
            let what = match file.kind {
                Kind::Missing => "is missing",
                Kind::Changed => "is not what the schema makes of it",
                Kind::Extra => "belongs to nothing in the schema any more",
            };
            problem::drifted(&self.root.join(&file.path), what, mend)
        });
        let report = Report::new(findings.collect());
        if self.is_clean() {
            return report;
        }
        report.with(Section::Diff(self.files.iter().map(|file| file.diff.as_str()).collect()))
    }
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
        Kind::Changed => {
            let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            format!(
                "binary file {path} differs from byte {same} on: {} bytes, should be {}\n",
                old.len(),
                new.len()
            )
        }
    }
}
