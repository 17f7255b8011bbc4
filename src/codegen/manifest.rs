//! The manifest: which files of the output folder are ours, and what each held when it was made.
//!
//! A line is a digest and a path as `sha256sum` prints them, so that `sha256sum -c` reads the file as well. A path may
//! have several lines, and then any of its digests will do: that is how a run that was killed half way, or a merge that
//! left its conflict markers, is no reason to mistake a generated file for somebody's work. A file is ours only while it
//! holds what one of its digests says; everything else in the folder is the user's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::ours;

/// The file that names the others.
pub(super) const MANIFEST: &str = "manifest.txt";

/// Lines at whose start the mark of ours is looked for: a merge conflict may stand before it.
const HEAD: usize = 4;

/// What the manifest on disk knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest(BTreeMap<String, BTreeSet<String>>);

/// What stands where the manifest belongs.
pub(super) enum Read {
    /// Nothing.
    Missing,
    /// Something that protogate did not write.
    Foreign,
    /// One of ours.
    Ours(Manifest),
}

impl Manifest {
    /// The one that stands in a folder.
    pub(super) fn read(root: &Path) -> io::Result<Read> {
        let at = root.join(MANIFEST);
        match fs::symlink_metadata(&at) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Read::Missing),
            Err(error) => return Err(error),
            Ok(metadata) if !metadata.is_file() => return Ok(Read::Foreign),
            Ok(_) => {}
        }
        let text = fs::read(at)?;
        Ok(match Manifest::is_ours(&text) {
            true => Read::Ours(Manifest::parse(&String::from_utf8_lossy(&text))),
            false => Read::Foreign,
        })
    }

    /// Whether protogate wrote this, whatever a merge did to it.
    pub(super) fn is_ours(text: &[u8]) -> bool {
        text.split(|byte| *byte == b'\n').take(HEAD).any(ours::is_marked)
    }

    /// Reads what it can: a line that is no digest and path, or whose path leaves the folder, says nothing.
    pub(super) fn parse(text: &str) -> Manifest {
        let mut manifest = Manifest::default();
        for line in text.lines() {
            let Some((digest, path)) = line.split_once("  ") else { continue };
            let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_digest && ours::stays_inside(path) {
                manifest.insert(path, digest.to_ascii_lowercase());
            }
        }
        manifest
    }

    pub(super) fn insert(&mut self, path: &str, digest: String) {
        self.0.entry(path.to_owned()).or_default().insert(digest);
    }

    /// Both, so that a file is ours by either.
    pub(super) fn and(mut self, other: &Manifest) -> Manifest {
        for (path, digests) in &other.0 {
            self.0.entry(path.clone()).or_default().extend(digests.iter().cloned());
        }
        self
    }

    /// The lines of these paths.
    pub(super) fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Manifest {
        Manifest(
            self.0.iter().filter(|(path, _)| is_wanted(path)).map(|(a, b)| (a.clone(), b.clone())).collect(),
        )
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a generation made a file of this path.
    pub(super) fn names(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether a generation made just this file.
    pub(super) fn made(&self, path: &str, bytes: &[u8]) -> bool {
        self.0.get(path).is_some_and(|digests| digests.contains(&digest(path, bytes)))
    }

    /// As it is written, under the first line of every generated file.
    pub(super) fn text(&self, command: &str) -> String {
        let mut text = ours::header(MANIFEST, &[], command);
        for (path, digests) in &self.0 {
            for digest in digests {
                // Writing into a String cannot fail.
                let _ = writeln!(text, "{digest}  {path}");
            }
        }
        text
    }
}

/// The digest of a file, in lowercase hex. Of a text file the ends of lines do not count: git changes them on some
/// machines, and that is nobody's edit.
pub(super) fn digest(path: &str, bytes: &[u8]) -> String {
    let hash = match ours::is_binary(path) {
        true => Sha256::digest(bytes),
        false => Sha256::digest(line_ends_aside(bytes)),
    };
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether two files of a path say the same.
pub(super) fn same(path: &str, a: &[u8], b: &[u8]) -> bool {
    a == b || !ours::is_binary(path) && line_ends_aside(a) == line_ends_aside(b)
}

fn line_ends_aside(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'\r') {
        return Cow::Borrowed(bytes);
    }
    let is_end = |position: usize| bytes[position] == b'\r' && bytes.get(position + 1) == Some(&b'\n');
    let kept = (0..bytes.len()).filter(|position| !is_end(*position)).map(|position| bytes[position]);
    Cow::Owned(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_reads_what_it_wrote_and_what_a_merge_left_of_it() {
        let mut ours = Manifest::default();
        ours.insert("rust/a.rs", digest("rust/a.rs", b"one"));
        let mut theirs = Manifest::default();
        theirs.insert("rust/a.rs", digest("rust/a.rs", b"two"));
        assert_eq!(Manifest::parse(&ours.text("x")), ours);
        let line = |manifest: &Manifest| manifest.text("x").lines().nth(1).unwrap().to_owned();
        let merged = format!("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n", line(&ours), line(&theirs));
        let merged = Manifest::parse(&merged);
        assert_eq!(merged, ours.and(&theirs));
        assert!(merged.made("rust/a.rs", b"one") && merged.made("rust/a.rs", b"two"));
        assert!(!merged.made("rust/a.rs", b"one, edited") && !merged.made("rust/b.rs", b"one"));
    }

    #[test]
    fn a_manifest_cannot_point_out_of_its_folder() {
        let digest = "0".repeat(64);
        for path in ["../b", "/etc/c", "", "d/../../e", "./f/../../g"] {
            let text = format!("# head\n{digest}  {path}\n{digest} one-blank\nshort  rust/a.rs\n");
            assert_eq!(Manifest::parse(&text), Manifest::default(), "{path}");
        }
    }

    #[test]
    fn the_ends_of_lines_are_no_edit_of_a_text_and_one_of_bytes() {
        assert_eq!(digest("a.rs", b"a\r\nb\r\n"), digest("a.rs", b"a\nb\n"));
        assert_ne!(digest("a.rs", b"a\rb"), digest("a.rs", b"ab"));
        assert_ne!(digest("a.binpb", b"a\r\nb"), digest("a.binpb", b"a\nb"));
        assert!(same("a.rs", b"a\r\n", b"a\n") && !same("a.binpb", b"a\r\n", b"a\n"));
    }
}
