//! Where a schema comes from, and how a user spells it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::fragment::Fragment;
use super::revision::{self, Revision};
use super::value::Origin;
use super::{archive, directory, git, image, problem};
use crate::diag::{Diagnostic, Place};

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Every `.proto` file below a directory; imports are relative to it.
    Directory(PathBuf),
    /// One `.proto` file; what it imports is read from its folder and those below, and nowhere else.
    File(PathBuf),
    /// A `google.protobuf.FileDescriptorSet` from protogate, buf or protoc: binary or ProtoJSON, as it is
    /// or compressed with gzip or zstd.
    DescriptorSet(PathBuf),
    /// The `.proto` files of a tar archive (as it is or compressed with gzip or zstd) or a zip archive.
    Archive {
        /// The archive.
        path: PathBuf,
        /// How many leading folders are taken off every path in it.
        strip_components: usize,
        /// The folder that imports are relative to, after that: `/`-separated, empty for the root.
        subdir: String,
    },
    /// The `.proto` files of a git revision, read from the objects in place.
    Git {
        /// Any folder of the work tree, or a git directory.
        repository: PathBuf,
        /// Which commit.
        revision: Revision,
        /// The folder inside the revision that imports are relative to, or one `.proto` file, `/`-separated
        /// from the root of the repository; `None` means what is compared with, or the root.
        path: Option<String>,
    },
    /// Files in memory: name as imported, and text.
    Text(Vec<(String, String)>),
    /// Files in memory that protoc or buf has compiled, as it hands them to a plugin.
    Compiled {
        /// Each an encoded `google.protobuf.FileDescriptorProto`.
        files: Vec<Bytes>,
        /// The names of those that are meant; the others are there because these import them.
        own: BTreeSet<String>,
    },
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
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// The name other files import it by.
    pub name: String,
    /// What the user knows it by.
    pub shown: Arc<str>,
    /// [`Origin::Own`] or [`Origin::Imported`].
    pub origin: Origin,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Text(Arc<str>),
    /// An encoded `FileDescriptorProto`.
    Encoded(Bytes),
}

impl Content {
    pub(super) fn len(&self) -> usize {
        match self {
            Content::Text(text) => text.len(),
            Content::Encoded(encoded) => encoded.len(),
        }
    }

    /// Without the byte order mark that some editors put first: protoc passes over it, editors do not show
    /// it, and columns are counted after it.
    pub(super) fn text(text: &str) -> Content {
        Content::Text(text.strip_prefix('\u{feff}').unwrap_or(text).into())
    }
}

impl Input {
    /// A file as bytes from outside: refused when it is not UTF-8, as the language specification asks.
    pub(super) fn from_bytes(name: String, shown: &str, bytes: Vec<u8>) -> Result<Input, Diagnostic> {
        match String::from_utf8(bytes) {
            Ok(text) => {
                let content = Content::text(&text);
                Ok(Input { name, shown: shown.into(), origin: Origin::Own, content })
            }
            Err(error) => Err(problem::not_utf8(Place::file(shown), error.utf8_error().valid_up_to())),
        }
    }
}

impl Source {
    /// Reads a source as a user spells it:
    ///
    /// - `git:REV[:PATH]`: a git revision of the repository around the current folder;
    /// - `git:merge-base(REV)[:PATH]`: the commit at which HEAD and REV parted;
    /// - `git:latest-tag[:PATTERN[:PATH]]`: the tag with the highest version (semver.org) among those that
    ///   HEAD contains. Without PATTERN a tag counts that is a version, with or without a leading `v`; with
    ///   one, such as `users/v*`, a tag that matches and ends in a version. Pre-releases count when there is
    ///   nothing else. `git:latest-tag::PATH` names a folder and no pattern: no tag has a `:` in its name;
    /// - `git:tags[:PATTERN[:PATH]]`: every such tag, for commands that compare with several schemas; of the whole
    ///   repository, because a release of a maintenance branch has peers too;
    /// - `DIR/.git#branch=NAME[,subdir=PATH]` (also `tag=`, `commit=`, `ref=`): buf's spelling;
    /// - `FILE.tar`, `.tar.gz`, `.tgz`, `.tar.zst` or `.zip`, with `#strip_components=N,subdir=PATH`;
    /// - a path: a directory, a `.proto` file, or else a descriptor set.
    ///
    /// `#format=` says what a path is when its name does not, in buf's words: `dir`, `git`, `protofile`,
    /// `binpb` (`bin`), `json`, `tar` or `zip`. Whether a descriptor set is binary or JSON, and whether a
    /// file is compressed, is decided by what it holds.
    ///
    /// # Errors
    ///
    /// A diagnostic when the path does not exist or the spelling is not one of the above.
    pub fn parse(spec: &str) -> Result<Source, Diagnostic> {
        if let Some(rest) = spec.strip_prefix("git:") {
            return revision::parse_short(spec, rest);
        }
        match spec.split_once('#') {
            // A path may have a `#` in it.
            Some((path, fragment)) if !Path::new(spec).exists() => {
                Source::parse_buf(spec, path, Some(fragment))
            }
            _ => Source::parse_buf(spec, spec, None),
        }
    }

    fn parse_buf(spec: &str, path: &str, fragment: Option<&str>) -> Result<Source, Diagnostic> {
        let format =
            fragment.into_iter().flat_map(|it| it.split(',')).find_map(|it| it.strip_prefix("format="));
        let format = match format {
            Some(name) => Format::named(spec, name)?,
            None => Format::guess(path, fragment.is_some())?,
        };
        let keys = format.keys();
        let options = fragment.map(|fragment| Fragment::parse(spec, fragment, keys)).transpose()?;
        if format == Format::Git {
            return revision::from_options(spec, path, options.as_ref());
        }
        std::fs::metadata(path).map_err(|error| problem::cannot_read(path, &error))?;
        let path = PathBuf::from(path);
        Ok(match format {
            Format::Directory => Source::Directory(path),
            Format::File => Source::File(path),
            Format::Archive => Source::Archive {
                path,
                strip_components: options
                    .as_ref()
                    .map_or(Ok(None), |options| options.number("strip_components"))?
                    .unwrap_or(0),
                subdir: options.map(|options| options.subdir()).unwrap_or_default(),
            },
            Format::DescriptorSet | Format::Git => Source::DescriptorSet(path),
        })
    }

    /// The same source, with the folder or file of `other` where this is a git revision that names none:
    /// `--against git:main` means the same folder on `main`.
    #[must_use]
    pub fn in_the_folder_of(self, other: &Source) -> Source {
        match (self, other) {
            (
                Source::Git { repository, revision, path: None },
                Source::Directory(path) | Source::File(path),
            ) => {
                let path = git::path_in_repository(&repository, path);
                Source::Git { repository, revision, path }
            }
            (source, _) => source,
        }
    }

    pub(super) fn read(&self) -> Result<Inputs, Box<Diagnostic>> {
        self.read_beside(None)
    }

    /// The same, where `other` has been read already: what it holds is not fetched from git again.
    pub(super) fn read_beside(&self, other: Option<&Inputs>) -> Result<Inputs, Box<Diagnostic>> {
        match self {
            Source::Directory(root) => directory::read(root),
            Source::File(path) => directory::read_one(path),
            Source::DescriptorSet(path) => image::read(path),
            Source::Archive { path, strip_components, subdir } => {
                archive::read(path, *strip_components, subdir)
            }
            Source::Git { repository, revision, path } => {
                let texts = other.into_iter().flat_map(|it| &it.inputs).filter_map(|it| match &it.content {
                    Content::Text(text) => Some((it.name.clone(), text.clone())),
                    Content::Encoded(_) => None,
                });
                git::read(repository, revision, path.as_deref().unwrap_or(""), &texts.collect())
            }
            Source::Compiled { files, own } => Ok(image::compiled(files, own)?),
            Source::Text(files) => Ok(Inputs {
                inputs: files
                    .iter()
                    .map(|(name, text)| Input {
                        name: name.clone(),
                        shown: name.as_str().into(),
                        origin: Origin::Own,
                        content: Content::text(text),
                    })
                    .collect(),
                ..Inputs::default()
            }),
        }
    }
}

/// What a path is, in the words of buf's `#format=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Directory,
    File,
    DescriptorSet,
    Archive,
    Git,
}

impl Format {
    const NAMES: [(&str, Format); 10] = [
        ("bin", Format::DescriptorSet),
        ("bingz", Format::DescriptorSet),
        ("binpb", Format::DescriptorSet),
        ("dir", Format::Directory),
        ("git", Format::Git),
        ("json", Format::DescriptorSet),
        ("protofile", Format::File),
        ("tar", Format::Archive),
        ("targz", Format::Archive),
        ("zip", Format::Archive),
    ];

    fn named(spec: &str, name: &str) -> Result<Format, Diagnostic> {
        let names = Format::NAMES.map(|(name, _)| name);
        let known = Format::NAMES.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, format)| format).ok_or_else(|| problem::unknown_format(spec, name, &names))
    }

    /// By the name, and by what stands there.
    fn guess(spec: &str, has_options: bool) -> Result<Format, Diagnostic> {
        let path = Path::new(spec);
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if has_options && (name.ends_with(".git") || spec.contains("://")) {
            return Ok(Format::Git);
        }
        let metadata = std::fs::metadata(path).map_err(|error| problem::cannot_read(spec, &error))?;
        let archives = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip"];
        Ok(match metadata.is_dir() {
            true => Format::Directory,
            false if has_extension(path, "proto") => Format::File,
            false if archives.iter().any(|end| name.ends_with(end)) => Format::Archive,
            false => Format::DescriptorSet,
        })
    }

    /// The options it may have after the `#`.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Format::Directory | Format::File => &["format"],
            Format::DescriptorSet => &["format", "compression"],
            Format::Archive => &["format", "compression", "strip_components", "subdir"],
            Format::Git => &["format", "branch", "tag", "commit", "ref", "subdir", "depth"],
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
            Source::Archive { path, strip_components, subdir } => {
                let options = [
                    (*strip_components > 0).then(|| format!("strip_components={strip_components}")),
                    (!subdir.is_empty()).then(|| format!("subdir={subdir}")),
                ];
                let options: Vec<String> = options.into_iter().flatten().collect();
                let mark = if options.is_empty() { "" } else { "#" };
                write!(f, "{}{mark}{}", path.display(), options.join(","))
            }
            Source::Git {
                revision: revision @ (Revision::LatestTag(None) | Revision::Tags(None)),
                path: Some(path),
                ..
            } if !path.is_empty() => write!(f, "git:{revision}::{path}"),
            Source::Git { revision, path: Some(path), .. } if !path.is_empty() => {
                write!(f, "git:{revision}:{path}")
            }
            Source::Git { revision, .. } => write!(f, "git:{revision}"),
            Source::Text(_) => write!(f, "text in memory"),
            Source::Compiled { .. } => write!(f, "compiled files in memory"),
        }
    }
}
