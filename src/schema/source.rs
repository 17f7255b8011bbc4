//! Where a schema comes from, and how a user spells it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::{directory, git, image, problem};
use crate::diag::{Diagnostic, Place};

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Every `.proto` file below a directory; imports are relative to it.
    Directory(PathBuf),
    /// One `.proto` file; imports are relative to its folder.
    File(PathBuf),
    /// An encoded `google.protobuf.FileDescriptorSet`, from protogate, buf or protoc.
    DescriptorSet(PathBuf),
    /// The `.proto` files of a git revision, read from the objects in place.
    Git {
        /// Any folder of the work tree, or a git directory.
        repository: PathBuf,
        /// Anything `git rev-parse` takes.
        revision: String,
        /// The folder inside the revision that imports are relative to, `/`-separated from the root of
        /// the repository; `None` means the folder that is compared with, or the root.
        path: Option<String>,
    },
    /// Files in memory: name as imported, and text.
    Text(Vec<(String, String)>),
}

/// What a source holds, before it is compiled.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub inputs: Vec<Input>,
    /// The names of files that are there but cannot be read.
    pub left_out: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// One file of a source.
#[derive(Debug)]
pub(super) struct Input {
    /// The name other files import it by.
    pub name: String,
    /// What the user knows it by.
    pub shown: Arc<str>,
    pub content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Text(Arc<str>),
    /// An encoded `FileDescriptorProto`.
    Encoded(Bytes),
}

impl Input {
    /// A file as bytes from outside: refused when it is not UTF-8, as the language specification asks.
    pub(super) fn from_bytes(name: String, shown: &str, bytes: Vec<u8>) -> Result<Input, Diagnostic> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Input { name, shown: shown.into(), content: Content::Text(text.into()) }),
            Err(error) => Err(problem::not_utf8(Place::file(shown), error.utf8_error().valid_up_to())),
        }
    }
}

impl Source {
    /// Reads a source as a user spells it:
    ///
    /// - `git:REV` or `git:REV:PATH`: a git revision of the repository around the current folder;
    /// - `DIR/.git#branch=NAME[,subdir=PATH]` (also `tag=`, `commit=`, `ref=`): buf's spelling;
    /// - a path: a directory, a `.proto` file, or else a descriptor set.
    ///
    /// # Errors
    ///
    /// A diagnostic when the path does not exist or the git spelling is not one of the above.
    pub fn parse(spec: &str) -> Result<Source, Diagnostic> {
        if let Some(rest) = spec.strip_prefix("git:") {
            return git::parse_short(rest);
        }
        if let Some((repository, fragment)) = spec.split_once('#') {
            return git::parse_buf(spec, repository, fragment);
        }
        let path = PathBuf::from(spec);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Source::Directory(path)),
            Ok(_) if has_extension(&path, "proto") => Ok(Source::File(path)),
            Ok(_) => Ok(Source::DescriptorSet(path)),
            Err(error) => Err(problem::cannot_read(spec, &error)),
        }
    }

    /// The same source, with the folder of `other` where this is a git revision that names none:
    /// `--against git:main` means the same folder on `main`.
    #[must_use]
    pub fn in_the_folder_of(self, other: &Source) -> Source {
        match (self, other) {
            (Source::Git { repository, revision, path: None }, Source::Directory(dir)) => {
                let path = git::path_in_repository(&repository, dir);
                Source::Git { repository, revision, path }
            }
            (source, _) => source,
        }
    }

    pub(super) fn read(&self) -> Result<Inputs, Box<Diagnostic>> {
        match self {
            Source::Directory(root) => directory::read(root),
            Source::File(path) => directory::read_one(path),
            Source::DescriptorSet(path) => image::read(path),
            Source::Git { repository, revision, path } => {
                git::read(repository, revision, path.as_deref().unwrap_or(""))
            }
            Source::Text(files) => Ok(Inputs {
                inputs: files
                    .iter()
                    .map(|(name, text)| Input {
                        name: name.clone(),
                        shown: name.as_str().into(),
                        content: Content::Text(text.as_str().into()),
                    })
                    .collect(),
                ..Inputs::default()
            }),
        }
    }
}

pub(super) fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

/// As the user would spell it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Directory(path) | Source::File(path) | Source::DescriptorSet(path) => {
                write!(f, "{}", path.display())
            }
            Source::Git { revision, path: Some(path), .. } if !path.is_empty() => {
                write!(f, "git:{revision}:{path}")
            }
            Source::Git { revision, .. } => write!(f, "git:{revision}"),
            Source::Text(_) => write!(f, "text in memory"),
        }
    }
}
