//! The `.proto` files of a tar or zip archive, unpacked in memory.
//!
//! Nothing is written to disk. Links are passed over: what they point at is not part of the archive, as
//! far as a reader can know. So are entries whose path leaves the archive (`..`, or from the root).

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::source::{Input, Inputs};
use super::{MAX_FILE_BYTES, MAX_UNPACKED_BYTES, problem, unpack};
use crate::diag::{Diagnostic, Place};

/// How many entries of any kind an archive may have: Linux has 90,000 files.
const MAX_ENTRIES: usize = 1_000_000;

/// Every `.proto` file below `subdir`, after the first `strip` folders of each path are taken off.
pub(super) fn read(path: &Path, strip: usize, subdir: &str) -> Result<Inputs, Box<Diagnostic>> {
    let shown = path.display().to_string();
    let bytes = unpack::read(path).map_err(|error| problem::cannot_read(&shown, &error))?;
    let mut files = Files { strip, subdir, files: BTreeMap::new(), left: MAX_UNPACKED_BYTES };
    match bytes.starts_with(b"PK") {
        true => files.read_zip(bytes),
        false => files.read_tar(&bytes),
    }
    .map_err(|error| problem::not_an_archive(&shown, &error))?;

    let mut found = Inputs::default();
    for (name, bytes) in files.files {
        let inside =
            format!("{shown}/{}", if subdir.is_empty() { name.clone() } else { format!("{subdir}/{name}") });
        match bytes {
            Some(bytes) => match Input::from_bytes(name, &inside, bytes) {
                Ok(input) => found.inputs.push(input),
                Err(diagnostic) => found.diagnostics.push(diagnostic),
            },
            None => found.diagnostics.push(problem::too_large(Place::file(inside.as_str()))),
        }
    }
    Ok(found)
}

struct Files<'a> {
    strip: usize,
    subdir: &'a str,
    /// By the name that imports use; `None` for one that is too large. A path that comes twice is the
    /// later one, as it would be on disk.
    files: BTreeMap<String, Option<Vec<u8>>>,
    /// Bytes that may still be unpacked.
    left: u64,
}

impl Files<'_> {
    fn read_tar(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Any run of zeros is an empty archive to tar, and so is nothing at all.
        if bytes.get(257..262) != Some(b"ustar") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is neither tar nor zip"));
        }
        let mut archive = tar::Archive::new(bytes);
        for (count, entry) in archive.entries()?.enumerate() {
            let entry = entry?;
            check_count(count)?;
            if entry.header().entry_type().is_file() {
                let path = String::from_utf8(entry.path_bytes().into_owned());
                if let Some(name) = path.ok().and_then(|path| self.name(&path)) {
                    self.add(name, entry)?;
                }
            }
        }
        Ok(())
    }

    fn read_zip(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
        check_count(archive.len())?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index)?;
            if entry.is_file() && !entry.is_symlink() {
                let path = entry.name().map(|name| name.into_owned());
                if let Some(name) = path.ok().and_then(|path| self.name(&path)) {
                    self.add(name, entry)?;
                }
            }
        }
        Ok(())
    }

    /// The name that imports use for an entry, if it is one to read.
    fn name(&self, path: &str) -> Option<String> {
        let path = path.replace('\\', "/");
        if !path.ends_with(".proto") || path.starts_with('/') {
            return None;
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return None;
        }
        let path = parts.get(self.strip..)?.join("/");
        let name = match self.subdir {
            "" => path.as_str(),
            subdir => path.strip_prefix(subdir)?.strip_prefix('/')?,
        };
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn add(&mut self, name: String, entry: impl Read) -> io::Result<()> {
        let mut bytes = Vec::new();
        entry.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let limit = MAX_UNPACKED_BYTES / (1024 * 1024);
            io::Error::new(io::ErrorKind::FileTooLarge, format!("it unpacks to more than {limit} MiB"))
        })?;
        self.files.insert(name, Some(bytes).filter(|bytes| bytes.len() as u64 <= MAX_FILE_BYTES));
        Ok(())
    }
}

fn check_count(count: usize) -> io::Result<()> {
    match count > MAX_ENTRIES {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {MAX_ENTRIES} entries"),
        )),
        false => Ok(()),
    }
}
