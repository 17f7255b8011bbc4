//! A git revision, read from its objects in place: no clone, no checkout, no network.
//!
//! The `git` program does the reading, because it knows alternates, worktrees, partial clones and
//! `safe.directory`; two of its processes read any number of files.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rayon::iter::Either;
use rayon::prelude::*;
use sha1::{Digest, Sha1};

use super::revision::Revision;
use super::source::{Content, Input, Inputs};
use super::value::Origin;
use super::{MAX_FILE_BYTES, closure, problem};
use crate::diag::{Diagnostic, Place};

/// Where a folder or file stands in the repository, `/`-separated from its root; `None` when it stands elsewhere.
pub(super) fn path_in_repository(repository: &Path, dir: &Path) -> Option<String> {
    let top = git(repository, &["rev-parse", "--show-toplevel"]).ok()?;
    let top = Path::new(String::from_utf8(top).ok()?.trim_end_matches('\n')).canonicalize().ok()?;
    let inside = dir.canonicalize().ok()?;
    let parts: Option<Vec<&str>> =
        inside.strip_prefix(top).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

/// Every `.proto` file of `revision` below `path`.
/// A `path` that ends in `.proto` is one file, read with what it imports from its own folder and those below.
/// `known` are texts by their names: one that a file of the revision has too is not read again.
pub(super) fn read(
    repository: &Path,
    revision: &Revision,
    path: &str,
    known: &Known,
) -> Result<Inputs, Box<Diagnostic>> {
    let repository = work_tree_or_git_dir(repository);
    let commit = revision.resolve(&repository)?;
    let revision = revision.to_string();
    if !path.ends_with(".proto") {
        return read_folder(&repository, &revision, &commit, path, known);
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let found = read_folder(&repository, &revision, &commit, folder, known)?;
    let mut files: HashMap<String, Input> =
        found.inputs.into_iter().map(|input| (input.name.clone(), input)).collect();
    let first = files.remove(name).ok_or_else(|| {
        let wrong = found.diagnostics.into_iter().next();
        wrong.unwrap_or_else(|| problem::no_such_folder(&revision, path, "there is no such file"))
    })?;
    Ok(closure::of(first, |import| files.remove(import).map(Ok)))
}

fn read_folder(
    repository: &Path,
    revision: &str,
    commit: &str,
    path: &str,
    known: &Known,
) -> Result<Inputs, Box<Diagnostic>> {
    let treeish = format!("{commit}:{path}");
    let listing = git(repository, &["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", &treeish])
        .map_err(|error| problem::no_such_folder(revision, path, &error))?;
    let entries = proto_entries(&listing);
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let same = |entry: &Entry| {
        let text = known.get(&entry.name).filter(|text| is_blob(text, &entry.object))?;
        let content = Content::Text(text.clone());
        let shown = format!("{prefix}{}", entry.name).into();
        Some(Input { name: entry.name.clone(), shown, origin: Origin::Own, content })
    };
    let (same, entries): (Vec<Input>, Vec<Entry>) =
        entries.into_par_iter().partition_map(|entry| match same(&entry) {
            Some(input) => Either::Left(input),
            None => Either::Right(entry),
        });
    let blobs = read_blobs(repository, &entries).map_err(|error| problem::git_failed(revision, &error))?;

    let mut found = Inputs { inputs: same, ..Inputs::default() };
    for (entry, blob) in entries.into_iter().zip(blobs) {
        let shown = format!("{prefix}{}", entry.name);
        let input = match blob {
            Some(bytes) if bytes.len() as u64 > MAX_FILE_BYTES => {
                Err(problem::too_large(Place::file(shown.as_str())))
            }
            Some(bytes) => Input::from_bytes(entry.name, &shown, bytes),
            None => Err(problem::missing_object(&shown, revision)),
        };
        match input {
            Ok(input) => found.inputs.push(input),
            Err(diagnostic) => found.diagnostics.push(diagnostic),
        }
    }
    Ok(found)
}

/// Texts by the names that imports use.
pub(super) type Known = HashMap<String, Arc<str>>;

/// Whether this is the content of an object: SHA-1 of `blob LENGTH\0CONTENT` (gitformat-pack). In a repository
/// with SHA-256 nothing is known.
fn is_blob(text: &str, object: &str) -> bool {
    let hash = Sha1::new().chain_update(format!("blob {}\0", text.len())).chain_update(text).finalize();
    object.len() == 2 * hash.len()
        && hash.iter().zip(object.as_bytes().chunks(2)).all(|(byte, hex)| {
            std::str::from_utf8(hex).is_ok_and(|hex| u8::from_str_radix(hex, 16) == Ok(*byte))
        })
}

/// buf names the `.git` folder, git wants the folder around it (or a bare repository as it is).
pub(super) fn work_tree_or_git_dir(repository: &Path) -> PathBuf {
    match repository.file_name() {
        Some(name) if name == ".git" => match repository.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => repository.to_owned(),
        },
        _ => repository.to_owned(),
    }
}

struct Entry {
    name: String,
    object: String,
}

/// The `.proto` files of a `git ls-tree -r -z` listing: `MODE TYPE OBJECT\tNAME\0`. Symlinks and
/// submodules are passed over: what they point at is not part of the tree.
fn proto_entries(listing: &[u8]) -> Vec<Entry> {
    listing
        .split(|&byte| byte == 0)
        .filter_map(|line| {
            let (head, name) = std::str::from_utf8(line).ok()?.split_once('\t')?;
            let mut head = head.split(' ');
            let (mode, kind, object) = (head.next()?, head.next()?, head.next()?);
            let regular = kind == "blob" && mode.starts_with("100");
            (regular && name.ends_with(".proto"))
                .then(|| Entry { name: name.to_owned(), object: object.to_owned() })
        })
        .collect()
}

/// The content of each entry, in order; `None` for an object the repository does not have.
fn read_blobs(repository: &Path, entries: &[Entry]) -> std::io::Result<Vec<Option<Vec<u8>>>> {
    let mut child = command(repository)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(mut requests), Some(replies)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("git has no pipes"));
    };
    let names: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
    let blobs = std::thread::scope(|scope| {
        // git answers while it is still being asked: one thread each way, or both pipes fill up.
        let writer = scope.spawn(move || requests.write_all(names.as_bytes()));
        let mut replies = BufReader::new(replies);
        let blobs: std::io::Result<Vec<_>> = entries.iter().map(|_| read_blob(&mut replies)).collect();
        drop(replies);
        let written = writer.join().unwrap_or_else(|_| Err(std::io::Error::other("the writer died")));
        blobs.and_then(|blobs| written.map(|()| blobs))
    });
    child.wait()?;
    blobs
}

/// The object ids of what these names mean (`REV^{commit}:PATH`), in order; `None` for what is not there. One
/// process answers them all.
pub(super) fn object_ids(repository: &Path, names: &[String]) -> std::io::Result<Vec<Option<String>>> {
    let mut child = command(repository)
        .args(["cat-file", "--batch-check=%(objectname)"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(mut requests), Some(mut replies)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(std::io::Error::other("git has no pipes"));
    };
    let asked: String = names.iter().map(|name| format!("{name}\n")).collect();
    let mut said = String::new();
    std::thread::scope(|scope| {
        // As below: one thread each way. git says by the end of its replies that it did not read all.
        scope.spawn(move || requests.write_all(asked.as_bytes()).ok());
        replies.read_to_string(&mut said)
    })?;
    child.wait()?;
    let ids: Vec<_> = said.lines().map(|line| (!line.contains(' ')).then(|| line.to_owned())).collect();
    match ids.len() == names.len() {
        true => Ok(ids),
        false => Err(std::io::Error::other("git did not answer every question")),
    }
}

/// One reply of `git cat-file --batch`: `OBJECT TYPE SIZE\n`, the content, `\n`; or `OBJECT missing\n`.
fn read_blob(replies: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    replies.read_line(&mut head)?;
    let Some(size) = head.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok()) else {
        return if head.is_empty() { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
    };
    let mut content = Vec::new();
    // Of what is too large, enough is kept to know that it is.
    let kept = size.min(MAX_FILE_BYTES + 1);
    replies.take(kept).read_to_end(&mut content)?;
    std::io::copy(&mut replies.take(size - kept), &mut std::io::sink())?;
    replies.read_exact(&mut [0])?;
    Ok(Some(content))
}

/// The standard output of one git command, or what it said on standard error.
pub(super) fn git(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = command(repository)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// git, at work in `repository`. In a hook git says by environment variables which repository it is about;
/// that holds for the current folder, and not for a repository that the user has named.
fn command(repository: &Path) -> Command {
    let mut command = Command::new("git");
    if repository != Path::new(".") {
        command.arg("-C").arg(repository);
        // `git rev-parse --local-env-vars`, those that choose what is read.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_COMMON_DIR",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_NAMESPACE",
            "GIT_PREFIX",
        ] {
            command.env_remove(name);
        }
    }
    command
}
