//! Where a new service finds `protogate-runtime`, which is on no registry.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::vendor;
use crate::cli::config::CONFIG;
use crate::codegen::Fresh;
use crate::diag::{Diagnostic, Place};

/// The package's name, as its Cargo.toml has it.
const PACKAGE: &str = "name = \"protogate-runtime\"";

/// The place.
pub enum Runtime {
    /// A folder of this machine.
    Folder(PathBuf),
    /// Nowhere here: a version, for the day that it is published, or for a `[patch]` until then.
    Version(&'static str),
}

/// The folder that is named, or the one among the sources of this program, or none.
///
/// # Errors
///
/// The folder that is named holds something else.
pub fn find(named: Option<&Path>) -> Result<Runtime, Vec<Diagnostic>> {
    if let Some(folder) = named {
        let folder = folder.canonicalize().ok().filter(|folder| is_runtime(folder));
        return folder.map(Runtime::Folder).ok_or_else(|| vec![no_runtime(named.unwrap_or(Path::new("")))]);
    }
    // `target/debug/protogate` of a checkout has it three folders up.
    let program = std::env::current_exe().and_then(fs::canonicalize).ok();
    let beside =
        program.iter().flat_map(|program| program.ancestors()).map(|above| above.join("src/runtime"));
    let found = beside.into_iter().find(|folder| is_runtime(folder));
    Ok(found.map_or(Runtime::Version(env!("CARGO_PKG_VERSION")), Runtime::Folder))
}

fn is_runtime(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.lines().any(|line| line == PACKAGE))
}

fn no_runtime(folder: &Path) -> Diagnostic {
    let shown = folder.display().to_string();
    Diagnostic::failure(&CONFIG, format!("{shown} is not the crate protogate-runtime"))
        .at(Place::file(shown))
        .help("give --runtime the folder `src/runtime` of protogate's sources")
}

impl Runtime {
    /// In words, for whoever made the service.
    pub fn place(&self) -> String {
        match self {
            Runtime::Folder(folder) => format!("{}, copied to vendor/", folder.display()),
            Runtime::Version(version) => format!(
                "version {version}, which no registry has yet: make the service again with --runtime and the folder \
                 `src/runtime` of protogate's sources, or name it under [patch.crates-io]"
            ),
        }
    }

    /// What the crate is made with.
    pub fn of(&self, package: &str, has_rules: bool) -> Fresh {
        let (runtime, runtime_place) = match self {
            Runtime::Folder(_) => (
                "path = \"vendor/protogate-runtime\"".to_owned(),
                format!("`vendor/`, the sources of protogate {}", env!("CARGO_PKG_VERSION")),
            ),
            Runtime::Version(version) => {
                (format!("version = \"{version}\""), format!("version {version}, not published yet"))
            }
        };
        let runtime_is_vendored = matches!(self, Runtime::Folder(_));
        Fresh { package: package.to_owned(), runtime, runtime_place, runtime_is_vendored, has_rules }
    }

    /// What of it comes along, by path in the crate.
    ///
    /// # Errors
    ///
    /// Sources that cannot be read.
    pub fn vendored(&self) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
        match self {
            Runtime::Folder(folder) => vendor::files(folder),
            Runtime::Version(_) => Ok(BTreeMap::new()),
        }
    }
}
