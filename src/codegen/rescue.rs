//! What a run of [`swap`](super::swap) leaves beside an output folder, and how it goes without anything of a user's.
//!
//! Two kinds of folder can stand there, and their names say of which output folder they are. One that begins with
//! [`MAKING`] never was anybody's: it is a new folder that was not finished. One that begins with [`OUTGOING`] was the
//! output folder until a moment ago, or was about to be. In the first case somebody may have saved a file in it in
//! that moment, so it is looked through before it goes.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::look::holds_nothing;
use super::manifest::{MANIFEST, Manifest, Read};

/// How the folder begins that is being made.
pub(super) const MAKING: &str = ".protogate-stage-";

/// How the folder begins that gives way.
pub(super) const OUTGOING: &str = ".protogate-old-";

/// What a folder holds, by paths relative to it; links are not followed.
#[derive(Default)]
pub(super) struct Tree {
    /// A folder comes before those in it.
    pub folders: Vec<PathBuf>,
    pub files: Vec<PathBuf>,
    /// Links, sockets and what else is neither.
    pub others: Vec<PathBuf>,
}

impl Tree {
    pub(super) fn of(root: &Path) -> io::Result<Tree> {
        let mut tree = Tree::default();
        let mut waiting = vec![PathBuf::new()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(root.join(&folder))? {
                let entry = entry?;
                let (kind, path) = (entry.file_type()?, folder.join(entry.file_name()));
                if kind.is_dir() {
                    waiting.push(path.clone());
                    tree.folders.push(path);
                } else if kind.is_file() {
                    tree.files.push(path);
                } else {
                    tree.others.push(path);
                }
            }
        }
        Ok(tree)
    }
}

/// Removes what runs left beside `root` that were killed, and says where it put files of a user's that it found there.
/// Nobody else is running: the lock is held.
///
/// # Errors
///
/// Something of ours that cannot be read or removed. A folder beside it that cannot be listed has nothing of ours.
pub(super) fn left_overs(root: &Path) -> io::Result<Vec<(String, String)>> {
    let root = fs::canonicalize(root)?;
    let (Some(parent), Some(name)) = (root.parent(), root.file_name()) else { return Ok(Vec::new()) };
    let Ok(entries) = fs::read_dir(parent) else { return Ok(Vec::new()) };
    let mut rescued = Vec::new();
    let owner = fs::metadata(&root)?.uid();
    for entry in entries.flatten() {
        // Where anybody may make folders, somebody else's is no left-over of ours.
        let is_ours = entry
            .metadata()
            .is_ok_and(|it| it.is_dir() && [owner, rustix::process::geteuid().as_raw()].contains(&it.uid()));
        if !is_ours {
            continue;
        }
        if is_of(&entry.file_name(), MAKING, name) {
            fs::remove_dir_all(entry.path())?;
        } else if is_of(&entry.file_name(), OUTGOING, name) {
            rescued.extend(retire(&entry.path(), &root)?);
        }
    }
    Ok(rescued)
}

/// The beginning of the name of a folder that is made beside the output folder of this name.
pub(super) fn prefix(kind: &str, name: &OsStr) -> String {
    format!("{kind}{}-", name.to_string_lossy())
}

/// Whether a folder beside it was made for the output folder of this name, and not for `name-2`.
fn is_of(entry: &OsStr, kind: &str, name: &OsStr) -> bool {
    let entry = entry.to_string_lossy();
    entry.strip_prefix(&prefix(kind, name)).is_some_and(|rest| !rest.contains('-'))
}

/// Removes a folder that gave way to `root`, and moves into `root` what is neither there already nor ours: each such
/// path, and where it is now.
///
/// A file that has another name is not lost with this one, and every file that stayed has.
pub(super) fn retire(outgoing: &Path, root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut ours = Manifest::default();
    for folder in [outgoing, root] {
        if let Read::Ours(manifest) = Manifest::read(folder)? {
            ours = ours.and(&manifest);
        }
    }
    let mut rescued = Vec::new();
    loop {
        let tree = Tree::of(outgoing)?;
        for path in &tree.files {
            let at = outgoing.join(path);
            if fs::symlink_metadata(&at)?.nlink() == 1 && !is_ours(&at, path, &ours)? {
                rescued.push(take_back(outgoing, root, path)?);
            }
            fs::remove_file(at)?;
        }
        for path in &tree.others {
            rescued.push(take_back(outgoing, root, path)?);
            fs::remove_file(outgoing.join(path))?;
        }
        // Who has the folder open may go on to save in it: then it is not empty.
        let gone = tree.folders.iter().rev().try_for_each(|folder| fs::remove_dir(outgoing.join(folder)));
        match gone.and_then(|()| fs::remove_dir(outgoing)) {
            Ok(()) => return Ok(rescued),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_ours(at: &Path, path: &Path, ours: &Manifest) -> io::Result<bool> {
    let Some(path) = path.to_str() else { return Ok(false) };
    let bytes = fs::read(at)?;
    let is_manifest = || path == MANIFEST && Manifest::is_ours(&bytes);
    Ok(is_manifest() || ours.made(path, &bytes) || ours.names(path) && holds_nothing(&bytes))
}

/// Gives what stands in the outgoing folder a name in the one that came, its own if that is free.
fn take_back(outgoing: &Path, root: &Path, path: &Path) -> io::Result<(String, String)> {
    if let Some(folder) = root.join(path).parent() {
        fs::create_dir_all(folder)?;
    }
    let shown = path.to_string_lossy().into_owned();
    for number in 0_u32.. {
        let mut name = path.as_os_str().to_owned();
        match number {
            0 => {}
            1 => name.push(".bak"),
            _ => name.push(format!(".bak{number}")),
        }
        match fs::hard_link(outgoing.join(path), root.join(&name)) {
            Ok(()) => return Ok((shown, name.to_string_lossy().into_owned())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_beside_it_is_known_by_its_name() {
        for (entry, is_it) in [
            (".protogate-old-out-a1B2c3", true),
            (".protogate-old-out-2-a1B2c3", false),
            (".protogate-old-a1B2c3", false),
            (".protogate-stage-out-a1B2c3", false),
        ] {
            assert_eq!(is_of(OsStr::new(entry), OUTGOING, OsStr::new("out")), is_it, "{entry}");
        }
    }
}
