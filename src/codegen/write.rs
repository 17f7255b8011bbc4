//! Makes an output folder hold a generation, and loses nobody's work on the way.
//!
//! A whole new folder is made beside the old one and [put in its place](swap) in one step. Where that cannot be done, all
//! that is new is written beside the folder's files first, in a folder of its own, and only then does one rename after
//! the other put it in place. Before the first of these the manifest names the old and the new digest of every file, so
//! that a run that is killed at any point leaves files that the next run knows as ours, whichever they are. A lock on the
//! folder keeps a second run out meanwhile.
//!
//! Nothing generated is synced to the disk: that would cost more than making it, and after a loss of power it is made again.
//! What such a loss may leave in the place of a file, nothing or zeros, is nobody's work.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::files::FileSet;
use super::lock::Lock;
use super::look::{Found, Standing};
use super::manifest::{MANIFEST, Manifest};
use super::problem;
use super::swap::{left_overs, swap};
use crate::diag::Diagnostic;

/// How the folder begins in which the files of a run wait.
pub(super) const STAGE: &str = ".protogate-stage-";

/// What [`FileSet::write`] did, by relative path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// New, or different from what stood there.
    pub written: Vec<String>,
    /// The same as what stood there; not touched.
    pub unchanged: Vec<String>,
    /// Made by an earlier generation and no longer produced.
    pub removed: Vec<String>,
    /// Made by an earlier generation, edited since, and no longer produced: left where they are, and no longer ours.
    pub released: Vec<String>,
    /// Edited files that were replaced because the caller insisted, each with the copy that was kept.
    pub kept: Vec<(String, String)>,
}

/// What to do about files that somebody edited or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// Write nothing at all and say which they are.
    Refuse,
    /// Keep a copy of each beside it, then write.
    KeepACopy,
}

impl FileSet {
    /// Whether [`write`](FileSet::write) has everything it needs to begin. Changes nothing.
    ///
    /// # Errors
    ///
    /// What is in its way.
    pub fn may_write(&self, root: &Path, edits: Edits) -> Result<(), Vec<Diagnostic>> {
        self.refusals(root, &self.look(root)?, edits)
    }

    /// Makes `root` hold this set: writes what differs, leaves what does not, and removes what an earlier generation
    /// made, this one does not, and nobody edited.
    ///
    /// # Errors
    ///
    /// A file at one of its paths that somebody edited or made, unless `edits` says otherwise; a link or a folder
    /// there; something that cannot be read, written or removed. In the first two cases nothing is written.
    pub fn write(&self, root: &Path, edits: Edits) -> Result<Written, Vec<Diagnostic>> {
        let io =
            |verb: &'static str, at: PathBuf| move |error: io::Error| vec![problem::io(verb, &at, &error)];
        fs::create_dir_all(root).map_err(io("write", root.to_path_buf()))?;
        let _lock = Lock::of(root).map_err(io("lock", root.to_path_buf()))?;
        let rescued = left_overs(root).map_err(io("remove", root.to_path_buf()))?;
        let found = self.look(root)?;
        self.refusals(root, &found, edits)?;

        let mut plan = self.plan(&found);
        plan.kept = rescued;
        let manifest = self.manifest(&found.manifest);
        let text = manifest.text(self.command());
        let manifest_differs = found.manifest_text.as_deref() != Some(&text);
        if plan.written.is_empty() && plan.removed.is_empty() && !manifest_differs {
            return Ok(plan);
        }
        remove_left_overs(root).map_err(io("write", root.to_path_buf()))?;
        let change = Change { root, set: self, found: &found, manifest: &text };
        if !swap(&change, &mut plan)? {
            change.one_by_one(&manifest, &mut plan)?;
        }
        Ok(plan)
    }

    /// What of this set will happen, before any of it does.
    fn plan(&self, found: &Found) -> Written {
        let mut plan = Written { released: found.stale_edited.clone(), ..Written::default() };
        plan.removed = found.stale.keys().cloned().collect();
        for (path, standing) in &found.standing {
            let list = if *standing == Standing::Same { &mut plan.unchanged } else { &mut plan.written };
            list.push(path.clone());
        }
        plan
    }

    /// Everything that is in the way, so that it is mended in one go.
    fn refusals(&self, root: &Path, found: &Found, edits: Edits) -> Result<(), Vec<Diagnostic>> {
        let mut said = Vec::new();
        if found.foreign_manifest {
            said.push(problem::not_ours(&root.join(MANIFEST)));
        }
        for (path, file) in self.files() {
            let at = root.join(path);
            match (&found.standing[path], edits) {
                (Standing::InTheWay(what, kind), _) => said.push(problem::in_the_way(&at, what, kind)),
                (Standing::Edited(bytes), Edits::Refuse) => {
                    let diff = super::drift::edit(path, bytes, &file.bytes);
                    said.push(problem::edited(&at, &file.origin, &diff));
                }
                (Standing::Foreign(_), Edits::Refuse) => said.push(problem::not_ours(&at)),
                _ => {}
            }
        }
        if said.is_empty() { Ok(()) } else { Err(said) }
    }
}

/// A change of an output folder that is about to be made.
pub(super) struct Change<'a> {
    pub root: &'a Path,
    pub set: &'a FileSet,
    pub found: &'a Found,
    /// The text of the manifest that belongs to it.
    pub manifest: &'a str,
}

impl Change<'_> {
    /// Makes the change where the folder cannot be changed as a whole: one file after the other, each in one step.
    fn one_by_one(&self, manifest: &Manifest, plan: &mut Written) -> Result<(), Vec<Diagnostic>> {
        let io =
            |verb: &'static str, at: PathBuf| move |error: io::Error| vec![problem::io(verb, &at, &error)];
        let Change { root, found, .. } = *self;
        let stage = tempfile::Builder::new()
            .prefix(STAGE)
            .tempdir_in(root)
            .map_err(io("write", root.to_path_buf()))?;
        for (position, path) in plan.written.iter().enumerate() {
            let bytes = self.set.get(path).unwrap_or_default();
            let at = root.join(path);
            stage_file(&stage.path().join(position.to_string()), bytes, &at).map_err(io("write", at))?;
        }
        // From here on the next run knows the old files and the new ones as ours.
        let both = found.manifest.clone().and(manifest).text(self.set.command());
        replace(root, stage.path(), MANIFEST, both.as_bytes()).map_err(io("write", root.join(MANIFEST)))?;

        let mut edited = Vec::new();
        for (position, path) in plan.written.iter().enumerate() {
            let at = root.join(path);
            if !found.is_as_it_was(root, path) {
                edited.push(problem::changed_meanwhile(&at, "and left as it is"));
                continue;
            }
            if found.needs_a_copy(path) {
                let copy = keep_a_copy(root, path).map_err(io("copy", at.clone()))?;
                plan.kept.push((path.clone(), copy));
            }
            fs::rename(stage.path().join(position.to_string()), &at).map_err(io("write", at))?;
        }
        for path in &plan.removed {
            let at = root.join(path);
            if found.is_as_it_was(root, path) {
                fs::remove_file(&at).map_err(io("remove", at.clone()))?;
                remove_empty_folders(root, &at);
            }
        }
        replace(root, stage.path(), MANIFEST, self.manifest.as_bytes())
            .map_err(io("write", root.join(MANIFEST)))?;
        if edited.is_empty() { Ok(()) } else { Err(edited) }
    }
}

impl Found {
    /// Whether a path still holds what was seen there: somebody may have saved a file since.
    pub(super) fn is_as_it_was(&self, root: &Path, path: &str) -> bool {
        let seen = match self.standing.get(path) {
            Some(Standing::Unedited(bytes) | Standing::Edited(bytes) | Standing::Foreign(bytes)) => {
                Some(bytes)
            }
            Some(_) => None,
            None => self.stale.get(path),
        };
        match (fs::read(root.join(path)), seen) {
            (Ok(now), Some(seen)) => now == *seen,
            (Err(error), None) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }

    pub(super) fn needs_a_copy(&self, path: &str) -> bool {
        matches!(self.standing.get(path), Some(Standing::Edited(_) | Standing::Foreign(_)))
    }
}

/// What runs that were killed left. Nobody else is running: the lock is held.
pub(super) fn remove_left_overs(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGE) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// A file that waits, with the permissions of the one it replaces.
pub(super) fn stage_file(waiting: &Path, bytes: &[u8], target: &Path) -> io::Result<fs::File> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::File::create(waiting)?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(target) {
        file.set_permissions(old.permissions())?;
    }
    Ok(file)
}

fn replace(root: &Path, stage: &Path, path: &str, bytes: &[u8]) -> io::Result<()> {
    let (waiting, target) = (stage.join(path), root.join(path));
    stage_file(&waiting, bytes, &target)?;
    fs::rename(waiting, target)
}

/// Gives the file that stands at a path a second name beside it, one that is free, and says which. The bytes are not
/// even read where the disk can do without.
fn keep_a_copy(root: &Path, path: &str) -> io::Result<String> {
    for number in 1_u32.. {
        let name = if number == 1 { format!("{path}.bak") } else { format!("{path}.bak{number}") };
        let (from, to) = (root.join(path), root.join(&name));
        match fs::hard_link(&from, &to) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            // A disk without hard links.
            Err(_) => {}
        }
        match fs::OpenOptions::new().write(true).create_new(true).open(&to) {
            Ok(mut copy) => {
                io::copy(&mut fs::File::open(&from)?, &mut copy)?;
                copy.sync_data()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Folders that held nothing else go with their last file.
pub(super) fn remove_empty_folders(root: &Path, file: &Path) {
    let mut folder = file.parent();
    while let Some(at) = folder.filter(|at| *at != root && at.starts_with(root)) {
        // Fails when something else still lives there, which is what is wanted.
        if fs::remove_dir(at).is_err() {
            return;
        }
        folder = at.parent();
    }
}

impl FileSet {
    /// What the folder holds afterwards: this set, and what it does not decide about.
    pub(super) fn manifest(&self, before: &Manifest) -> Manifest {
        let mut manifest = before.only(|path| !self.decides(path));
        for (path, file) in self.files() {
            manifest.insert(path, super::manifest::digest(path, &file.bytes));
        }
        manifest
    }
}
