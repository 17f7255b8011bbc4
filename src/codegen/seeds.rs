//! Files that are seeded once: written where nothing stands, and the user's from then on. No generation reads, changes
//! or removes one again, and no manifest names it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::lock::Lock;
use super::look::in_the_way;
use super::ours;
use super::problem;
use super::write::{STAGE, remove_left_overs, stage_file};
use crate::diag::Diagnostic;

/// Files by their `/`-separated paths below the folder they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seeds(BTreeMap<String, String>);

/// What [`Seeds::plant`] did, by relative path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planted {
    /// New.
    pub written: Vec<String>,
    /// Something stands there, whatever it is: left as it is.
    pub left: Vec<String>,
}

impl Seeds {
    /// Adds a file. One of the same path gives way.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(path.into(), text.into());
    }

    /// The files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Writes those below `root` in whose place nothing stands. Each appears whole or not at all.
    ///
    /// # Errors
    ///
    /// A path that leaves the folder, or leads through a link or a file; something that cannot be written. In the
    /// first two cases nothing is written.
    pub fn plant(&self, root: &Path) -> Result<Planted, Vec<Diagnostic>> {
        let io = |at: &Path| {
            let at = at.to_path_buf();
            move |error: io::Error| vec![problem::io("write", &at, &error)]
        };
        let (mut plan, mut said) = (Planted::default(), Vec::new());
        for path in self.0.keys() {
            let at = root.join(path);
            if !ours::stays_inside(path) {
                said.push(problem::in_the_way(&at, &at, "outside of the folder"));
                continue;
            }
            // A link to nowhere stands there too; whoever made it had a reason.
            if fs::symlink_metadata(&at).is_ok() {
                plan.left.push(path.clone());
                continue;
            }
            match in_the_way(root, path).map_err(io(&at))? {
                Some((what, kind)) => said.push(problem::in_the_way(&at, &what, kind)),
                None => plan.written.push(path.clone()),
            }
        }
        if !said.is_empty() {
            return Err(said);
        }
        if plan.written.is_empty() {
            return Ok(plan);
        }
        fs::create_dir_all(root).map_err(io(root))?;
        let _lock = Lock::of(root).map_err(io(root))?;
        remove_left_overs(root).map_err(io(root))?;
        let stage = tempfile::Builder::new().prefix(STAGE).tempdir_in(root).map_err(io(root))?;
        for (position, path) in std::mem::take(&mut plan.written).into_iter().enumerate() {
            let (waiting, at) = (stage.path().join(position.to_string()), root.join(&path));
            let text = self.0.get(&path).map(String::as_bytes).unwrap_or_default();
            // It is the user's from now on.
            stage_file(&waiting, text, &at).and_then(|file| file.sync_data()).map_err(io(&at))?;
            // Somebody may have been faster.
            let list =
                if appear(&waiting, &at).map_err(io(&at))? { &mut plan.written } else { &mut plan.left };
            list.push(path);
        }
        Ok(plan)
    }
}

/// Gives a file that waits its name, if that is free still. A rename would replace what stands there; a link does not.
fn appear(waiting: &Path, at: &Path) -> io::Result<bool> {
    let taken = |error: &io::Error| error.kind() == io::ErrorKind::AlreadyExists;
    match fs::hard_link(waiting, at) {
        Ok(()) => return Ok(true),
        Err(error) if taken(&error) => return Ok(false),
        // A disk without hard links.
        Err(_) => {}
    }
    match fs::OpenOptions::new().write(true).create_new(true).open(at) {
        Ok(mut file) => {
            io::copy(&mut fs::File::open(waiting)?, &mut file)?;
            file.sync_data()?;
            Ok(true)
        }
        Err(error) if taken(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(files: &[(&str, &str)]) -> Seeds {
        let mut seeds = Seeds::default();
        files.iter().for_each(|(path, text)| seeds.insert(*path, *text));
        seeds
    }

    #[test]
    fn a_seed_is_written_once_and_then_somebodys() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("src");
        let planted = seeds(&[("a/b.rs", "one"), ("c.rs", "two")]).plant(&root).unwrap();
        assert_eq!((planted.written.len(), planted.left.len()), (2, 0));
        fs::write(root.join("c.rs"), "mine").unwrap();
        fs::remove_file(root.join("a/b.rs")).unwrap();
        let planted = seeds(&[("a/b.rs", "other"), ("c.rs", "other")]).plant(&root).unwrap();
        assert_eq!((planted.written, planted.left), (vec!["a/b.rs".to_owned()], vec!["c.rs".to_owned()]));
        assert_eq!(fs::read_to_string(root.join("c.rs")).unwrap(), "mine");
        let names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn no_seed_leaves_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("file"), "").unwrap();
        for path in ["../out.rs", "/out.rs", "file/out.rs"] {
            assert!(seeds(&[("good.rs", ""), (path, "")]).plant(&root).is_err(), "{path}");
            assert!(!root.join("good.rs").exists(), "{path}");
        }
        assert!(!folder.path().join("out.rs").exists());
    }

    #[test]
    #[cfg(unix)]
    fn a_seed_follows_no_link() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(folder.path().join("outside")).unwrap();
        fs::create_dir(&root).unwrap();
        symlink("../outside", root.join("link")).unwrap();
        symlink("../outside/none.rs", root.join("none.rs")).unwrap();
        assert!(seeds(&[("link/a.rs", "")]).plant(&root).is_err());
        assert_eq!(seeds(&[("none.rs", "")]).plant(&root).unwrap().left, ["none.rs"]);
        assert_eq!(fs::read_dir(folder.path().join("outside")).unwrap().count(), 0);
    }
}
