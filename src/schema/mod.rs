//! `.proto` sources in, one immutable [`Schema`] out.
//!
//! A [`Source`] names where the files are: a directory, one file, a descriptor set, an archive, a git
//! revision, text in memory. [`load`] reads and compiles it. What does not compile becomes a diagnostic beside the
//! schema of everything that does, so that one broken file never hides the others. After `load`
//! nothing fails and nothing changes: a `Schema` is cheap to clone and safe to share.
//!
//! Absent on purpose: no rule is decided here, nothing is written, and no network is touched (a git
//! revision is read from the objects at hand). Editions are refused by name, never half-read.

mod archive;
mod bundled;
mod closure;
mod compile;
mod directory;
mod edition;
mod exclude;
mod fragment;
mod git;
mod guard;
mod head;
mod http;
mod image;
mod imports;
mod moved;
mod narrow;
mod pair;
mod problem;
mod releases;
mod revision;
mod source;
mod unpack;
mod value;

#[cfg(test)]
mod baseline_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod pair_tests;
#[cfg(test)]
mod public_import_tests;
#[cfg(test)]
mod releases_tests;
#[cfg(test)]
mod tests;

pub use exclude::exclude;
pub use http::{HttpRule, http_rules};
pub use narrow::narrow;
pub use pair::{ACCEPT_MARK, load_pair};
pub use problem::{PROBLEMS, nearest};
pub use releases::{Release, releases, shared_git_dir};
pub use revision::Revision;
pub use source::Source;
pub use value::{File, Origin, Schema};

use std::collections::HashMap;
use std::sync::Arc;

use source::Inputs;

use crate::diag::Diagnostic;

/// The largest source file that is read, in bytes. protoc's own limit is 2 GiB; no schema written by
/// people comes near this one, and it keeps a stray binary from eating the machine.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The most that a descriptor set or an archive may be, before and after it is unpacked, in bytes. A
/// descriptor set of 7,000 files with their comments is a fifth of it; a zip bomb is not.
pub const MAX_UNPACKED_BYTES: u64 = 512 * 1024 * 1024;

/// What came of loading a source: the schema of all that compiles, and what was wrong with the rest.
#[derive(Debug)]
pub struct Loaded {
    /// Everything that compiled; empty when nothing did.
    pub schema: Schema,
    /// Failures first of all; each names its file and what to do.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files [`load_pair`] did not compile, because the other side has the same.
    pub unchanged: usize,
}

impl Loaded {
    /// Whether no file of the source can be worked with.
    pub fn is_nothing(&self) -> bool {
        self.schema.files().is_empty() && self.unchanged == 0
    }

    fn failed(diagnostic: Diagnostic) -> Loaded {
        Loaded { schema: Schema::default(), diagnostics: vec![diagnostic], unchanged: 0 }
    }
}

/// One of several folders that form a schema together, such as a module of a buf workspace.
#[derive(Debug, Clone)]
pub struct Root {
    /// Where it is; imports are relative to it.
    pub source: Source,
    /// Files and folders that belong to it, by the names that imports use; empty for all.
    pub includes: Vec<String>,
    /// Files and folders that do not.
    pub excludes: Vec<String>,
}

/// Reads and compiles several folders as one schema: an import may be in any of them.
pub fn load_roots(roots: &[Root]) -> Loaded {
    let mut all = Inputs::default();
    let mut seen: HashMap<String, Arc<str>> = HashMap::new();
    for root in roots {
        let found = match root.source.read() {
            Ok(found) => found,
            Err(diagnostic) => return Loaded::failed(*diagnostic),
        };
        all.left_out.extend(found.left_out);
        all.diagnostics.extend(found.diagnostics);
        for input in found.inputs.into_iter().filter(|input| root.has(&input.name)) {
            match seen.insert(input.name.clone(), input.shown.clone()) {
                None => all.inputs.push(input),
                Some(first) => all.diagnostics.push(problem::twice(&input, &first)),
            }
        }
    }
    match (roots, all.inputs.is_empty() && all.diagnostics.is_empty()) {
        ([root, ..], true) => Loaded::failed(problem::nothing_here(&root.source)),
        _ => compile::compile(all),
    }
}

impl Root {
    /// The source, where all of it belongs to this root.
    pub fn whole(&self) -> Option<&Source> {
        (self.includes.is_empty() && self.excludes.is_empty()).then_some(&self.source)
    }

    fn has(&self, name: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|path| is_at_or_below(name, path));
        (self.includes.is_empty() || listed(&self.includes)) && !listed(&self.excludes)
    }
}

/// Whether the file of this name is `path` or in the folder `path`; everything is in the folder ``.
pub fn is_at_or_below(name: &str, path: &str) -> bool {
    match name.strip_prefix(path) {
        Some(rest) => path.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// Reads and compiles `source`.
pub fn load(source: &Source) -> Loaded {
    match source.read() {
        Ok(files) if files.inputs.is_empty() && files.diagnostics.is_empty() => {
            Loaded::failed(problem::nothing_here(source))
        }
        Ok(files) => compile::compile(files),
        Err(diagnostic) => Loaded::failed(*diagnostic),
    }
}
