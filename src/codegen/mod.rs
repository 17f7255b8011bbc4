//! Files made from a schema.
//!
//! [`generate`] turns one [`Schema`] into a [`FileSet`] in memory: Rust messages and tonic stubs, a
//! descriptor set, docs in Markdown and HTML, a server skeleton per service. The same set is then
//! [written](FileSet::write) or [compared](FileSet::drift), so that what is checked is what is written.
//! The bytes depend on the schema, the options and the templates only: not on the folder, the clock, the
//! order of the input or that of a hash map.
//!
//! Layout of a set: `rust/mod.rs`, `rust/<package>.rs`, `descriptor.binpb`, `docs/index.md`,
//! `docs/index.html`, `skeleton/<service>.rs`; and, once written, `manifest.txt`, which names the others.
//!
//! Absent on purpose: nothing here runs `protoc` or any other program, prints, or asks the network;
//! templates see the plain views of [`docs::view`] and [`skeleton`], never a descriptor; only
//! [`files`](FileSet) touches the disk, and never a file that is not ours.

pub mod docs;
mod drift;
mod files;
mod look;
mod manifest;
mod origin;
mod ours;
mod problem;
mod rust;
pub mod skeleton;
mod templates;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;

use std::path::PathBuf;

pub use drift::{Drift, Drifted, Kind};
pub use files::FileSet;
pub use origin::{File, Origin};
pub use problem::{PROBLEMS, released};
pub use write::{Edits, Written};

use crate::diag::Diagnostic;
use crate::schema::Schema;

/// What a caller decides about the generated files.
#[derive(Debug, Clone)]
pub struct Options {
    /// The command that makes the files again; their first lines name it.
    pub command: String,
    /// The path of the module that `rust/mod.rs` becomes, as the skeletons name it.
    pub rust_module: String,
    /// The title of the docs.
    pub title: String,
    /// A folder whose `docs.md.jinja`, `docs.html.jinja` and `skeleton.rs.jinja` win over the built-in ones.
    pub templates: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            command: "protogate generate".to_owned(),
            rust_module: "crate::pb".to_owned(),
            title: "API reference".to_owned(),
            templates: None,
        }
    }
}

/// Makes every file of a schema, or says why some cannot be made.
///
/// # Errors
///
/// Names that have no form in Rust, and templates that do not parse, fail, or do not end.
pub fn generate(schema: &Schema, options: &Options) -> Result<FileSet, Vec<Diagnostic>> {
    let templates = templates::Templates::load(options.templates.as_deref())?;
    let (rust, docs) =
        rayon::join(|| rust::generate(schema, options), || docs::generate(schema, options, &templates));
    let rust = rust?;
    let mut files = FileSet::new(&options.command);
    files.extend(rust.files);
    let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
    files.extend([("descriptor.binpb".to_owned(), File::new(schema.descriptor_set(), &sources, None))]);
    files.extend(docs?);
    files.extend(skeleton::generate(&rust.services, options, &templates)?);
    files.check_cases()?;
    Ok(files)
}
