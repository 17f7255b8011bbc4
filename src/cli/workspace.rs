//! The folders of a comparison: one, or every module of a `buf.yaml`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::block::Block;
use super::buf_yaml::{self, Module};
use super::config::Config;
use super::{Context, sources};
use crate::diag::Diagnostic;
use crate::schema::{File, Root, Schema, Source};

/// A schema in one folder or several, and what is asked of each.
pub struct Workspace {
    pub roots: Vec<Root>,
    /// As many as there are roots.
    pub blocks: Vec<Block>,
    /// The folders, as the `buf.yaml` names them; empty when the schema was named by hand.
    paths: Vec<String>,
}

/// INPUT, or what the configuration says.
pub fn input(argument: Option<&str>, context: &Context) -> Result<Workspace, Vec<Diagnostic>> {
    let config = &context.config;
    let modules = &config.modules;
    if !modules.is_empty() && argument.is_none_or(|input| is_same(Path::new(input), &config.folder)) {
        return Ok(Workspace {
            roots: roots(&config.folder, modules),
            blocks: modules.iter().map(|module| module.breaking.clone()).collect(),
            paths: modules.iter().map(|module| module.path.clone()).collect(),
        });
    }
    let source = sources::input(argument, context)?;
    let is_here = |module: &&Module| match &source {
        Source::Directory(folder) => is_same(folder, &folder_of(&config.folder, &module.path)),
        _ => false,
    };
    let block = modules.iter().find(is_here).map_or(&config.breaking, |module| &module.breaking);
    Ok(Workspace { blocks: vec![block.clone()], roots: vec![root(source)], paths: Vec::new() })
}

impl Workspace {
    /// The one source, where all of it is compared, no path of it is ignored and no element of it is named.
    pub fn whole(&self) -> Option<&Source> {
        match (self.roots.as_slice(), self.blocks.as_slice()) {
            ([root], [block]) if block.paths().next().is_none() && !block.names_elements() => root.whole(),
            _ => None,
        }
    }

    /// The same folders of a baseline.
    ///
    /// # Errors
    ///
    /// A diagnostic about a `buf.yaml` in the baseline that cannot be read.
    pub fn of_baseline(&self, baseline: Source) -> Result<Vec<Root>, Diagnostic> {
        match &baseline {
            Source::Directory(folder) if !self.paths.is_empty() => {
                let file = folder.join(buf_yaml::FILE_NAME);
                if !file.is_file() {
                    return Ok(vec![root(baseline)]);
                }
                Ok(roots(folder, &Config::load(Some(&file), None)?.modules))
            }
            Source::Git { .. } => {
                let in_folder = |(position, new): (usize, &Root)| {
                    let path = self.paths.get(position).map_or("", String::as_str);
                    Root { source: in_the_folder(&baseline, &new.source, path), ..new.clone() }
                };
                Ok(self.roots.iter().enumerate().map(in_folder).collect())
            }
            _ => Ok(vec![root(baseline)]),
        }
    }

    /// The files of one root: what stands in it in the new schema, and in the same place of the old one.
    pub fn files(&self, position: usize, new: &Schema, old: &Schema, old_roots: &[Root]) -> BTreeSet<String> {
        let new_files = new.own_files().filter(|file| home(file, &self.roots) == Some(position));
        let mut names: BTreeSet<String> = new_files.map(|file| file.name().to_owned()).collect();
        for file in old.own_files() {
            let name = file.name().to_owned();
            let moved_away = || new.file(&name).is_some();
            let here = match old_roots.len() == self.roots.len() {
                true => home(file, old_roots) == Some(position),
                // Nobody knows whose it was: every module misses it.
                false => !moved_away(),
            };
            if here {
                names.insert(name);
            }
        }
        names
    }
}

/// Which root a file stands in.
fn home(file: &File, roots: &[Root]) -> Option<usize> {
    let folder = file.shown().strip_suffix(file.name())?.trim_end_matches('/');
    roots.iter().position(|root| match &root.source {
        Source::Directory(path) => path.strip_prefix(".").unwrap_or(path) == Path::new(folder),
        Source::Git { path, .. } => path.as_deref().unwrap_or("") == folder,
        _ => false,
    })
}

/// A git revision names the root of the workspace, or the module itself, or nothing.
fn in_the_folder(baseline: &Source, new: &Source, module: &str) -> Source {
    let mut source = baseline.clone().in_the_folder_of(new);
    if let (Source::Git { path: Some(named), .. }, Source::Git { path: Some(path), .. }) =
        (baseline, &mut source)
        && !module.is_empty()
        && !Path::new(named).ends_with(module)
    {
        *path = [named, "/", module].concat().trim_start_matches('/').to_owned();
    }
    source
}

fn roots(folder: &Path, modules: &[Module]) -> Vec<Root> {
    let root = |module: &Module| Root {
        source: Source::Directory(folder_of(folder, &module.path)),
        includes: module.includes.clone(),
        excludes: module.excludes.clone(),
    };
    modules.iter().map(root).collect()
}

fn root(source: Source) -> Root {
    Root { source, includes: Vec::new(), excludes: Vec::new() }
}

/// Joined, without the slash at the end that `join("")` leaves and without an empty path.
fn folder_of(folder: &Path, path: &str) -> PathBuf {
    let joined: PathBuf = folder.join(path).components().collect();
    if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| folder_of(path, "").canonicalize();
    real(one).is_ok_and(|one| real(other).is_ok_and(|other| one == other))
}
