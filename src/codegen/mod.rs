//! Files made from a schema.
//!
//! [`generate`] turns one [`Schema`] into a [`FileSet`] in memory: Rust messages and tonic stubs, a
//! descriptor set, docs in Markdown and HTML, a server skeleton per service. The same set is then
//! [written](FileSet::write) or [compared](FileSet::drift), so that what is checked is what is written.
//! The bytes depend on the schema, the options and the templates only: not on the folder, the clock, the
//! order of the input or that of a hash map.
//!
//! Layout of a set: `python/<file>_pb2.py` and its kin, `rest/mod.rs`, `openapi/openapi.yaml`, `protojson/mod.rs` and
//! `methods/mod.rs` where they are wanted,
//! `rust/mod.rs`, `rust/<package>.rs`, `descriptor.binpb`, `docs/index.md`, `docs/index.html`, `docs/index.json`,
//! `skeleton/mod.rs`, `skeleton/<service>.rs`; and, once written, `manifest.txt`, which names the others.
//!
//! Beside the files, a set knows an [implementation](Implementation) to start from for each service, which is no file
//! of the set: it is [seeded](Seeds) once into a folder of the user's.
//!
//! Absent on purpose: nothing here runs `protoc` or any other program, prints, or asks the network;
//! templates see the plain views of [`docs::view`] and [`skeleton`], never a descriptor; only
//! [`files`](FileSet) touches the disk, and never a file that is not ours.

pub mod docs;
mod drift;
mod files;
mod fresh;
mod http;
mod lock;
mod look;
mod manifest;
mod methods;
mod openapi;
mod origin;
mod ours;
mod output;
pub mod plugin;
mod problem;
mod python;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod rescue;
pub mod rest;
mod rust;
mod seeds;
pub mod skeleton;
mod stubs;
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
mod swap;
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
#[path = "no_swap.rs"]
mod swap;
mod templates;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;

use std::path::PathBuf;

pub use drift::{Drift, Drifted, Kind};
pub use files::FileSet;
pub use fresh::{Fresh, fresh};
pub use origin::{File, Origin};
pub use output::Output;
pub use problem::{PROBLEMS, SERVICE_INCOMPLETE, released};
pub use seeds::{Planted, Seeds};
pub use stubs::{Gaps, Implementation, Stub};
pub use write::{Edits, Written};

use crate::diag::{Changelog, Diagnostic};
use crate::schema::Schema;

/// What a caller decides about the generated files.
#[derive(Debug, Clone)]
pub struct Options {
    /// What to make.
    pub outputs: Vec<Output>,
    /// The command that makes the files again; their first lines name it.
    pub command: String,
    /// The path of the module that `rust/mod.rs` becomes, as the skeletons name it.
    pub rust_module: String,
    /// The path of the module that `skeleton/mod.rs` becomes, as implementations of services name it.
    pub skeleton_module: String,
    /// The title of the docs.
    pub title: String,
    /// Where the service is that the docs' snippets call: `localhost:50051`.
    pub address: String,
    /// What changed since a baseline, which the docs mark.
    pub changes: Option<Changelog>,
    /// A folder whose templates, such as `docs.html.jinja` and `docs/page.css`, win over the built-in ones.
    pub templates: Option<PathBuf>,
    /// Whether a method without `google.api.http` has the route `POST /package.Service/Method`.
    pub http_default: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            outputs: Output::DEFAULT.to_vec(),
            command: "protogate generate".to_owned(),
            rust_module: "crate::pb".to_owned(),
            skeleton_module: "crate::skeleton".to_owned(),
            title: "API reference".to_owned(),
            address: "localhost:50051".to_owned(),
            changes: None,
            templates: None,
            http_default: true,
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
    let wants = |output| options.outputs.contains(&output);
    let wants_rust = wants(Output::Rust) || wants(Output::Skeleton);
    let (rust, docs) = rayon::join(
        || wants_rust.then(|| rust::generate(schema, options)).transpose(),
        || wants(Output::Docs).then(|| docs::generate(schema, options, &templates)).transpose(),
    );
    let mut files = FileSet::new(&options.command);
    if let Some(rust) = rust? {
        if wants(Output::Skeleton) {
            files.extend(skeleton::generate(&rust.services, options, &templates)?);
            files.implement(skeleton::implementations(&rust.services, options, &templates)?);
        }
        if wants(Output::Rust) {
            files.extend(rust.files);
        }
    }
    if wants(Output::Descriptor) || wants(Output::Rust) {
        let sources: Vec<&str> = schema.own_files().map(|file| file.name()).collect();
        files.extend([("descriptor.binpb".to_owned(), File::new(schema.descriptor_set(), &sources, None))]);
    }
    files.extend(docs?.into_iter().flatten());
    if wants(Output::Python) {
        files.extend(python::generate(schema, options));
    }
    if wants(Output::ProtoJson) {
        files.extend(rust::protojson(schema, options));
    }
    if wants(Output::Methods) {
        files.extend(methods::generate(schema, options));
    }
    if wants(Output::Rest) || wants(Output::OpenApi) {
        let (services, warnings) = http::services(schema, options.http_default)?;
        files.warn(warnings);
        if wants(Output::Rest) {
            files.extend(rest::generate(&services, options, &templates)?);
        }
        if wants(Output::OpenApi) {
            files.extend(openapi::generate(schema, &services, options));
        }
    }
    files.check_cases()?;
    Ok(files)
}
