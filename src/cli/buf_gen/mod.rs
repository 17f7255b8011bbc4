//! `buf.gen.yaml`: the plugins of a project that uses buf, run with our compile and under our rules about whose file is
//! whose.
//!
//! Paths in it are relative to the folder it stands in. Absent: plugins that run on buf's servers (`remote`), inputs that
//! are elsewhere (`module`, the address of a repository); each is refused where it stands.

mod file;
mod jobs;
mod managed;
mod protoc;
mod run;

use std::path::{Path, PathBuf};

use super::Context;
use super::args::Generate;
use super::config::{CONFIG, Plugin};
use super::yaml::{Version, Yaml};
use crate::codegen::plugin::Managed;
use crate::diag::{Diagnostic, Place};

pub use run::trees;

/// The file's name.
pub const FILE_NAME: &str = "buf.gen.yaml";

/// What a file says.
pub struct BufGen {
    /// The folder it stands in, as seen from the current one.
    folder: PathBuf,
    jobs: Vec<Job>,
    /// Where options are managed.
    managed: Option<Managed>,
    /// Where the command line and the file name none, there are none.
    inputs: Vec<Input>,
    /// Of the whole file; empty for all.
    types: Vec<String>,
}

/// One plugin.
struct Job {
    plugin: Plugin,
    by: By,
    /// Asked once for each folder of the schema, and not once for all.
    per_folder: bool,
    include_imports: bool,
    include_wkt: bool,
    types: Vec<String>,
    exclude_types: Vec<String>,
    place: Place,
}

/// Who makes the files.
enum By {
    /// A program that speaks the protocol of plugins.
    Plugin,
    /// protoc itself, for this language.
    Protoc(String),
}

/// One schema that files are made of.
struct Input {
    /// As a user spells it.
    source: String,
    types: Vec<String>,
    exclude_types: Vec<String>,
    /// Files and folders, as the file names them.
    paths: Vec<String>,
    exclude_paths: Vec<String>,
    place: Place,
}

impl BufGen {
    /// The one that --template names; or the one beside the `buf.yaml`, or in this folder, where nothing else says what to
    /// make.
    ///
    /// # Errors
    ///
    /// A diagnostic that points into it.
    pub fn find(arguments: &Generate, context: &Context) -> Result<Option<BufGen>, Vec<Diagnostic>> {
        let Some(path) = BufGen::path(arguments, context) else { return Ok(None) };
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            vec![
                Diagnostic::failure(&CONFIG, format!("cannot read {shown}: {error}"))
                    .at(Place::file(shown.as_str()))
                    .help("name an existing file with --template"),
            ]
        })?;
        BufGen::parse(&shown, &text, &path).map(Some).map_err(|problem| vec![problem])
    }

    /// Where it is.
    pub fn path(arguments: &Generate, context: &Context) -> Option<PathBuf> {
        if let Some(named) = &arguments.template {
            return Some(named.clone());
        }
        let config = &context.config;
        let is_ours = config.file.as_deref().and_then(Path::extension).is_some_and(|it| it == "toml");
        if is_ours || arguments.out.is_some() || !arguments.outputs.is_empty() {
            return None;
        }
        Some(config.folder.join(FILE_NAME)).filter(|path| path.is_file())
    }

    fn parse(shown: &str, text: &str, path: &Path) -> Result<BufGen, Diagnostic> {
        let yaml = Yaml::new(shown, text);
        let mut read = match yaml.version()? {
            Version::V2 => jobs::v2(&yaml)?,
            Version::V1 | Version::V1Beta1 => jobs::v1(&yaml)?,
        };
        if read.jobs.is_empty() {
            return Err(Diagnostic::failure(&CONFIG, "the file names no plugin")
                .at(Place::file(shown))
                .help("write one under `plugins:`, such as `- local: protoc-gen-es`"));
        }
        read.folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(read)
    }

    /// A path of the file, as seen from the current folder.
    fn resolve(&self, path: &str) -> PathBuf {
        let joined: PathBuf = self.folder.join(path).components().collect();
        if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
    }
}
