//! What stands in an output folder, and whose it is. Reads and changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::files::FileSet;
use super::manifest::{MANIFEST, Manifest, Read, same};
use super::problem;
use crate::diag::Diagnostic;

/// What stands at the path of a generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Nothing,
    /// What belongs there.
    Same,
    /// What an earlier generation made there, and nobody changed.
    Unedited(Vec<u8>),
    /// What an earlier generation made there, and somebody changed.
    Edited(Vec<u8>),
    /// A file that no generation made.
    Foreign(Vec<u8>),
    /// Something that is no file, or a way that leads out of the folder: the path of it and what it is.
    InTheWay(PathBuf, &'static str),
}

/// What stands in an output folder.
#[derive(Default)]
pub(super) struct Found {
    /// At the paths of the set, but for its manifest.
    pub standing: BTreeMap<String, Standing>,
    /// Files of an earlier generation that the set does not have and nobody changed.
    pub stale: BTreeMap<String, Vec<u8>>,
    /// Those that somebody changed.
    pub stale_edited: Vec<String>,
    /// What the manifest knows.
    pub manifest: Manifest,
    /// Its text.
    pub manifest_text: Option<String>,
    /// Whether a file that is none of ours stands where the manifest belongs.
    pub foreign_manifest: bool,
}

impl FileSet {
    /// Whose files stand in `root`.
    pub(super) fn look(&self, root: &Path) -> Result<Found, Vec<Diagnostic>> {
        let said = |path: &str| {
            let at = root.join(path);
            move |error: io::Error| vec![problem::io("read", &at, &error)]
        };
        let mut found = Found::default();
        match Manifest::read(root).map_err(said(MANIFEST))? {
            Read::Missing => {}
            Read::Foreign => found.foreign_manifest = true,
            Read::Ours(manifest) => {
                found.manifest = manifest;
                let text = fs::read(root.join(MANIFEST)).map_err(said(MANIFEST))?;
                found.manifest_text = Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        for (path, file) in self.files() {
            let standing = standing(root, path, &file.bytes, &found.manifest).map_err(said(path))?;
            found.standing.insert(path.to_owned(), standing);
        }
        let is_over = |path: &&str| self.get(path).is_none() && self.decides(path) && *path != MANIFEST;
        for path in found.manifest.paths().filter(is_over) {
            // What belongs there is nothing, and no file is that.
            match standing(root, path, b"", &found.manifest).map_err(said(path))? {
                Standing::Unedited(bytes) => {
                    found.stale.insert(path.to_owned(), bytes);
                }
                Standing::Same if found.manifest.made(path, b"") => {
                    found.stale.insert(path.to_owned(), Vec::new());
                }
                Standing::Edited(_) | Standing::Same => found.stale_edited.push(path.to_owned()),
                Standing::Nothing | Standing::Foreign(_) | Standing::InTheWay(..) => {}
            }
        }
        Ok(found)
    }
}

fn standing(root: &Path, path: &str, wanted: &[u8], manifest: &Manifest) -> io::Result<Standing> {
    if let Some((at, what)) = in_the_way(root, path)? {
        return Ok(Standing::InTheWay(at, what));
    }
    let bytes = match fs::read(root.join(path)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Standing::Nothing),
        Err(error) => return Err(error),
    };
    Ok(if same(path, &bytes, wanted) {
        Standing::Same
    } else if manifest.made(path, &bytes) || manifest.names(path) && holds_nothing(&bytes) {
        Standing::Unedited(bytes)
    } else if manifest.names(path) {
        Standing::Edited(bytes)
    } else {
        Standing::Foreign(bytes)
    })
}

/// Whether there is nothing to lose: what a file holds that was written just before the power went.
pub(super) fn holds_nothing(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// What on the way from the folder to the file is not what it has to be. A symbolic link is never followed, because
/// what it leads to is not in the folder.
pub(super) fn in_the_way(root: &Path, path: &str) -> io::Result<Option<(PathBuf, &'static str)>> {
    let mut at = root.to_path_buf();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let kind = match fs::symlink_metadata(&at) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let what = match parts.peek() {
            _ if kind.is_symlink() => "a symbolic link",
            Some(_) if !kind.is_dir() => "no folder",
            None if !kind.is_file() => "no file",
            _ => continue,
        };
        return Ok(Some((at, what)));
    }
    Ok(None)
}
