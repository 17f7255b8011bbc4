//! The files of one generation, in memory and then on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::ours::{self, MANIFEST, Standing};
use super::problem;
use crate::diag::Diagnostic;

/// Every file of one generation: relative path, `/`-separated, to bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet(BTreeMap<String, Vec<u8>>);

/// What [`FileSet::write`] did, by relative path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// New, or different from what stood there.
    pub written: Vec<String>,
    /// The same as what stood there; not touched.
    pub unchanged: Vec<String>,
    /// Made by an earlier generation and no longer produced.
    pub removed: Vec<String>,
}

impl FileSet {
    /// The files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The bytes of one file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }

    pub(super) fn extend(&mut self, files: impl IntoIterator<Item = (String, String)>) {
        self.0.extend(files.into_iter().map(|(path, text)| (path, text.into_bytes())));
    }

    pub(super) fn add_manifest(&mut self, command: &str) {
        let mut text = ours::header(MANIFEST, &[], command);
        for path in self.0.keys() {
            text.push_str(path);
            text.push('\n');
        }
        self.insert(MANIFEST, text);
    }

    /// Makes `root` hold this set: writes what differs, leaves what does not, and removes what an earlier
    /// generation made and this one does not. Each file is replaced in one step.
    ///
    /// # Errors
    ///
    /// A file in the way that protogate did not make, in which case nothing is written; or a file that
    /// cannot be read, written or removed.
    pub fn write(&self, root: &Path) -> Result<Written, Vec<Diagnostic>> {
        let found = self.look(root)?;
        let foreign: Vec<_> = found.foreign.iter().map(|path| problem::not_ours(&root.join(path))).collect();
        if !foreign.is_empty() {
            return Err(foreign);
        }
        let mut done = Written::default();
        for (path, bytes) in &self.0 {
            if found.current.get(path).is_some_and(|old| old == bytes) {
                done.unchanged.push(path.clone());
                continue;
            }
            let at = root.join(path);
            replace(&at, bytes).map_err(|error| vec![problem::io("write", &at, &error)])?;
            done.written.push(path.clone());
        }
        for path in found.stale {
            let at = root.join(&path);
            fs::remove_file(&at).map_err(|error| vec![problem::io("remove", &at, &error)])?;
            if let Some(folder) = at.parent().filter(|folder| *folder != root) {
                // Fails when something else still lives there, which is what is wanted.
                let _ = fs::remove_dir(folder);
            }
            done.removed.push(path);
        }
        Ok(done)
    }

    /// What of this set, or of an earlier one, stands in `root`.
    pub(super) fn look(&self, root: &Path) -> Result<Found, Vec<Diagnostic>> {
        let named =
            manifest(root).map_err(|error| vec![problem::io("read", &root.join(MANIFEST), &error)])?;
        let mut found = Found::default();
        for path in self.0.keys() {
            let at = root.join(path);
            let said = |error| vec![problem::io("read", &at, &error)];
            match ours::standing(root, path, named.contains(path)).map_err(said)? {
                Standing::Nothing => continue,
                Standing::Ours => {}
                // A file without a mark that already holds the right bytes is nobody's loss.
                Standing::Foreign => {
                    let same = at.is_file() && fs::read(&at).is_ok_and(|bytes| bytes == self.0[path]);
                    if !same {
                        found.foreign.push(path.clone());
                    }
                    if !at.is_file() {
                        continue;
                    }
                }
            }
            found.current.insert(path.clone(), fs::read(&at).map_err(said)?);
        }
        for path in self.candidates(root, &named) {
            if self.0.contains_key(&path) {
                continue;
            }
            let said = |error| vec![problem::io("read", &root.join(&path), &error)];
            if ours::standing(root, &path, named.contains(&path)).map_err(said)? == Standing::Ours {
                found.stale.push(path);
            }
        }
        Ok(found)
    }

    /// Where an earlier generation may have left files: what its manifest names, and the folders of this
    /// set. Other folders are not looked into, because another generation may write there.
    fn candidates(&self, root: &Path, named: &BTreeSet<String>) -> BTreeSet<String> {
        let mut candidates = named.clone();
        let folders: BTreeSet<&str> =
            self.0.keys().filter_map(|path| path.rsplit_once('/')).map(|(folder, _)| folder).collect();
        for folder in folders {
            let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
            for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
                candidates.insert(format!("{folder}/{name}"));
            }
        }
        candidates
    }
}

/// What stands in an output folder.
#[derive(Default)]
pub(super) struct Found {
    /// The bytes at the paths of the set, ours or not.
    pub current: BTreeMap<String, Vec<u8>>,
    /// Paths of the set where something stands that protogate did not make.
    pub foreign: Vec<String>,
    /// Files of ours that the set does not have.
    pub stale: Vec<String>,
}

fn manifest(root: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_to_string(root.join(MANIFEST)) {
        Ok(text) if ours::is_marked(text.as_bytes()) => {
            Ok(ours::manifest_paths(&text).map(str::to_owned).collect())
        }
        Ok(_) => Ok(BTreeSet::new()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            Ok(BTreeSet::new())
        }
        Err(error) => Err(error),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".protogate-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    // Temporary files are private to their owner; generated ones are as readable as any source file.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.persist(path)?;
    Ok(())
}
