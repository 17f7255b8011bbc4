//! Puts a whole folder in the place of an output folder, in one step.
//!
//! The new folder is made beside the old one. What stays gets a second name there, a hard link: it is the same file, and
//! nobody opens it. What is new is written. Then the two folders change names, which is one step for everybody who looks
//! and for a process that is killed (`renameat2` with `RENAME_EXCHANGE` on Linux, `renamex_np` with `RENAME_SWAP` on macOS).
//!
//! That cannot be done everywhere: see [`Stop::NotHere`]. Then nothing has changed, and files are changed one by one.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::lock::Lock;
use super::manifest::MANIFEST;
use super::problem;
pub(super) use super::rescue::left_overs;
use super::rescue::{MAKING, OUTGOING, Tree, prefix, retire};
use super::write::{Change, Written, remove_empty_folders};
use crate::diag::Diagnostic;

/// More files than these that are not ours are not taken along: somebody generates into a folder of another kind.
const MOST_OTHERS: usize = 1_000;

/// Why a folder was not put in place of the other. Nothing has changed.
enum Stop {
    /// It cannot be done here: links or sockets in the folder, very many files of others, a folder that is a file system
    /// of its own, a repository or the one we work in, permissions or owners that we cannot give to another, a disk without hard
    /// links, a system without such a step. Whatever else went wrong as well: who goes on file by file meets it again
    /// and says it.
    NotHere,
    /// Somebody saved these files since we looked.
    Changed(Vec<Diagnostic>),
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Stop {
        Stop::NotHere
    }
}

/// Makes the whole change in one step, if that can be done here, and says whether it did. Copies that were kept are
/// added to the plan.
///
/// # Errors
///
/// Files that somebody saved meanwhile. Either nothing was written, or their bytes have another name.
pub(super) fn swap(change: &Change, plan: &mut Written) -> Result<bool, Vec<Diagnostic>> {
    let ready = match change.prepare(plan) {
        Ok(ready) => ready,
        Err(Stop::NotHere) => return Ok(false),
        Err(Stop::Changed(said)) => return Err(said),
    };
    // Whoever waits for the folder that is there now will find that another one has its name, and wait for this one.
    let lock = Lock::of(&ready.folder);
    let exchanged = || renameat_with(CWD, &ready.folder, CWD, &ready.root, RenameFlags::EXCHANGE);
    if lock.is_err() || exchanged().is_err() {
        let _ = fs::remove_dir_all(&ready.folder);
        return Ok(false);
    }
    plan.kept.extend(ready.kept);
    let rescued = retire(&ready.folder, &ready.root)
        .map_err(|error| vec![problem::io("remove", &ready.folder, &error)])?;
    let said: Vec<_> = rescued
        .iter()
        .map(|(path, copy)| problem::saved_meanwhile(&change.root.join(path), &change.root.join(copy)))
        .collect();
    if said.is_empty() { Ok(true) } else { Err(said) }
}

/// A folder that is complete.
struct Ready {
    folder: PathBuf,
    /// The one it takes the place of, behind all links.
    root: PathBuf,
    kept: Vec<(String, String)>,
}

impl Change<'_> {
    fn prepare(&self, plan: &Written) -> Result<Ready, Stop> {
        let root = fs::canonicalize(self.root)?;
        let (Some(parent), Some(name)) = (root.parent(), root.file_name()) else { return Err(Stop::NotHere) };
        if env::current_dir()?.starts_with(&root) || root.join(".git").exists() {
            return Err(Stop::NotHere);
        }
        let tree = Tree::of(&root)?;
        let is_other = |path: &&PathBuf| !path.to_str().is_some_and(|path| self.found.manifest.names(path));
        if !tree.others.is_empty() || tree.files.iter().filter(is_other).count() > MOST_OTHERS {
            return Err(Stop::NotHere);
        }
        let stage = tempfile::Builder::new().prefix(&prefix(MAKING, name)).tempdir_in(parent)?;
        for folder in &tree.folders {
            fs::create_dir(stage.path().join(folder))?;
        }
        let kept = self.fill(&root, stage.path(), &tree, plan)?;
        for path in &plan.removed {
            remove_empty_folders(stage.path(), &stage.path().join(path));
        }
        // From the innermost on: one that nobody may write into could not be filled.
        for folder in tree.folders.iter().rev() {
            take_after(&root.join(folder), &stage.path().join(folder))?;
        }
        take_after(&root, stage.path())?;

        // Complete: from here on it may have been the output folder, and is not removed unread.
        let folder = parent.join(outgoing(stage.path(), &prefix(MAKING, name), &prefix(OUTGOING, name)));
        fs::rename(stage.path(), &folder)?;
        let _ = stage.keep();
        Ok(Ready { folder, root, kept })
    }

    /// Puts every file into the new folder, and says which copies it kept.
    fn fill(
        &self,
        root: &Path,
        stage: &Path,
        tree: &Tree,
        plan: &Written,
    ) -> Result<Vec<(String, String)>, Stop> {
        let written: BTreeSet<&str> = plan.written.iter().map(String::as_str).collect();
        let removed: BTreeSet<&str> = plan.removed.iter().map(String::as_str).collect();
        let changed: Vec<_> = written
            .union(&removed)
            .filter(|path| !self.found.is_as_it_was(root, path))
            .map(|path| problem::changed_meanwhile(&self.root.join(path), "and nothing was written"))
            .collect();
        if !changed.is_empty() {
            return Err(Stop::Changed(changed));
        }
        for path in &tree.files {
            let goes = path
                .to_str()
                .is_some_and(|path| written.contains(path) || removed.contains(path) || path == MANIFEST);
            if !goes {
                fs::hard_link(root.join(path), stage.join(path))?;
            }
        }
        let mut kept = Vec::new();
        for path in &written {
            if self.found.needs_a_copy(path) {
                kept.push(((*path).to_owned(), second_name(root, stage, path)?));
            }
        }
        for path in written {
            let bytes = self.set.get(path).unwrap_or_default();
            write(&stage.join(path), bytes, &root.join(path))?;
        }
        write(&stage.join(MANIFEST), self.manifest.as_bytes(), &root.join(MANIFEST))?;
        Ok(kept)
    }
}

/// A new file, with the permissions of the one it replaces.
fn write(at: &Path, bytes: &[u8], before: &Path) -> io::Result<()> {
    if let Some(folder) = at.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(at, bytes)?;
    match fs::metadata(before) {
        Ok(before) => fs::set_permissions(at, before.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives a file of the old folder the first name in the new one that is free there.
fn second_name(root: &Path, stage: &Path, path: &str) -> io::Result<String> {
    for number in 1_u32.. {
        let name = if number == 1 { format!("{path}.bak") } else { format!("{path}.bak{number}") };
        match fs::hard_link(root.join(path), stage.join(&name)) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Gives a new folder the owner and the permissions of the old one. One that went with its last file needs none.
fn take_after(old: &Path, new: &Path) -> Result<(), Stop> {
    let mine = match fs::metadata(new) {
        Ok(mine) => mine,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => return Err(Stop::NotHere),
    };
    let theirs = fs::metadata(old)?;
    if has_list(old) {
        return Err(Stop::NotHere);
    }
    if (mine.uid(), mine.gid()) != (theirs.uid(), theirs.gid()) {
        std::os::unix::fs::chown(new, Some(theirs.uid()), Some(theirs.gid()))?;
    }
    Ok(fs::set_permissions(new, theirs.permissions())?)
}

/// Whether a folder has an access control list, which permissions do not tell. Told by its extended attributes.
fn has_list(folder: &Path) -> bool {
    let mut names = [0; 4096];
    match rustix::fs::llistxattr(folder, &mut names) {
        Ok(length) => {
            names[..length].split(|byte| *byte == 0).any(|name| name.starts_with(b"system.posix_acl"))
        }
        Err(rustix::io::Errno::NOTSUP) => false,
        // More than fit, or not ours to read.
        Err(_) => true,
    }
}

/// The name of a folder under its second prefix.
fn outgoing(stage: &Path, before: &str, after: &str) -> OsString {
    let name = stage.file_name().unwrap_or_default().to_string_lossy();
    OsString::from(format!("{after}{}", name.strip_prefix(before).unwrap_or(&name)))
}
