//! Which commit of a repository is meant: what a user writes, and what git makes of it.

use std::fmt;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use semver::Version;

use super::fragment::Fragment;
use super::git::git;
use super::problem;
use super::source::Source;
use crate::diag::Diagnostic;

/// A commit, as a user names it. A `str` becomes a [`Revision::Named`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// Anything `git rev-parse` takes.
    Named(String),
    /// The best common ancestor of HEAD and another revision (`git merge-base`).
    MergeBase(String),
    /// The tag with the highest version among those that HEAD contains, of those that match the pattern.
    LatestTag(Option<String>),
    /// Every release: all tags that are versions, of those that match the pattern. It is no single commit; see
    /// [`releases`](super::releases).
    Tags(Option<String>),
}

impl From<&str> for Revision {
    fn from(name: &str) -> Revision {
        Revision::Named(name.to_owned())
    }
}

/// As the user would spell it, after `git:`.
impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revision::Named(name) => f.write_str(name),
            Revision::MergeBase(other) => write!(f, "merge-base({other})"),
            Revision::LatestTag(None) => f.write_str("latest-tag"),
            Revision::LatestTag(Some(pattern)) => write!(f, "latest-tag:{pattern}"),
            Revision::Tags(None) => f.write_str("tags"),
            Revision::Tags(Some(pattern)) => write!(f, "tags:{pattern}"),
        }
    }
}

/// What follows the `git:` of `spec`; the grammar is in the doc of [`Source::parse`].
pub(super) fn parse_short(spec: &str, rest: &str) -> Result<Source, Diagnostic> {
    let (head, tail) = match rest.split_once(':') {
        Some((head, tail)) => (head, Some(tail)),
        None => (rest, None),
    };
    let (revision, path) = if head == "latest-tag" || head == "tags" {
        let (pattern, path) = match tail.and_then(|tail| tail.split_once(':')) {
            Some((pattern, path)) => (pattern, Some(path)),
            None => (tail.unwrap_or(""), None),
        };
        if GlobBuilder::new(pattern).build().is_err() {
            return Err(problem::bad_source(spec, &format!("`{pattern}` is not a pattern")));
        }
        let which = (!pattern.is_empty()).then(|| pattern.to_owned());
        (if head == "tags" { Revision::Tags(which) } else { Revision::LatestTag(which) }, path)
    } else if let Some(other) = head.strip_prefix("merge-base(") {
        match other.strip_suffix(')').filter(|other| !other.is_empty()) {
            Some(other) => (Revision::MergeBase(other.to_owned()), tail),
            None => return Err(problem::bad_source(spec, "write git:merge-base(REV)")),
        }
    } else if head.is_empty() {
        return Err(problem::bad_source(spec, "it names no revision"));
    } else {
        (Revision::Named(head.to_owned()), tail)
    };
    let path = path.map(|path| path.trim_matches('/').to_owned());
    Ok(Source::Git { repository: PathBuf::from("."), revision, path })
}

/// `DIR/.git#branch=main,subdir=proto`, buf's spelling of a repository on disk.
pub(super) fn from_options(
    spec: &str,
    repository: &str,
    options: Option<&Fragment<'_>>,
) -> Result<Source, Diagnostic> {
    if repository.contains("://") {
        return Err(problem::bad_source(spec, "repositories are read from disk, never over the network"));
    }
    // A shallow clone, which is what `depth` asks for, has no meaning when nothing is cloned.
    let named = match options {
        Some(options) => options.one_of(&["branch", "tag", "commit", "ref"], "revision")?,
        None => None,
    };
    Ok(Source::Git {
        repository: PathBuf::from(repository),
        revision: Revision::from(named.unwrap_or("HEAD")),
        path: Some(options.map(Fragment::subdir).unwrap_or_default()),
    })
}

impl Revision {
    /// The commit, by its object id.
    pub(super) fn resolve(&self, repository: &Path) -> Result<String, Box<Diagnostic>> {
        git(repository, &["rev-parse", "--git-dir"])
            .map_err(|error| problem::not_a_repository(repository, &error))?;
        match self {
            Revision::Named(name) => Ok(commit(repository, name)?),
            Revision::MergeBase(other) => {
                let (head, other_commit) = (commit(repository, "HEAD")?, commit(repository, other)?);
                git(repository, &["merge-base", &head, &other_commit])
                    .map(|id| text(&id))
                    .map_err(|_| problem::no_merge_base(repository, other).into())
            }
            Revision::LatestTag(pattern) => {
                let pattern = pattern.as_deref();
                let listed = ["for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", "refs/tags"];
                commit(repository, "HEAD")?;
                let tags = git(repository, &listed).unwrap_or_default();
                let tag = latest(String::from_utf8_lossy(&tags).lines(), pattern)
                    .ok_or_else(|| problem::no_such_tag(repository, pattern))?
                    .to_owned();
                Ok(commit(repository, &format!("refs/tags/{tag}"))?)
            }
            Revision::Tags(_) => Err(problem::several_revisions(&self.to_string()).into()),
        }
    }
}

fn commit(repository: &Path, revision: &str) -> Result<String, Diagnostic> {
    let wanted = format!("{revision}^{{commit}}");
    git(repository, &["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])
        .map(|id| text(&id))
        .map_err(|_| problem::no_such_revision(repository, revision))
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

/// The tag with the highest version; a pre-release only where there is no release.
fn latest<'a>(tags: impl Iterator<Item = &'a str>, pattern: Option<&str>) -> Option<&'a str> {
    versions(tags, pattern).pop().map(|(_, tag)| tag)
}

/// The tags that are versions, from the lowest to the highest; pre-releases only where there is no release.
pub(super) fn versions<'a>(
    tags: impl Iterator<Item = &'a str>,
    pattern: Option<&str>,
) -> Vec<(Version, &'a str)> {
    let matcher = match pattern.map(|it| GlobBuilder::new(it).literal_separator(true).build()) {
        Some(Ok(glob)) => Some(glob.compile_matcher()),
        Some(Err(_)) => return Vec::new(),
        None => None,
    };
    let version = |tag: &str| match &matcher {
        Some(matcher) => matcher.is_match(tag).then(|| version_at_the_end(tag)).flatten(),
        None => Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok(),
    };
    let mut found: Vec<_> = tags.filter_map(|tag| Some((version(tag)?, tag))).collect();
    if found.iter().any(|(version, _)| version.pre.is_empty()) {
        found.retain(|(version, _)| version.pre.is_empty());
    }
    found.sort();
    found
}

/// The version that a tag such as `users/v1.2.3` or `release-1.2.3-rc.1` ends in: the longest there is.
fn version_at_the_end(tag: &str) -> Option<Version> {
    let starts_number = |at: usize, c: char| {
        c.is_ascii_digit() && !tag[..at].ends_with(|before: char| before.is_ascii_digit() || before == '.')
    };
    let mut starts = tag.char_indices().filter(|&(at, c)| starts_number(at, c));
    starts.find_map(|(at, _)| Version::parse(&tag[at..]).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_tag_is_the_highest_version() {
        for (tags, pattern, expected) in [
            ("v1.9.0 v1.10.0 v1.2.0", None, Some("v1.10.0")),
            ("1.0.0 v0.9.0 noise v2 latest", None, Some("1.0.0")),
            ("v1.0.0 v2.0.0-rc.1", None, Some("v1.0.0")),
            ("v2.0.0-rc.2 v2.0.0-rc.10", None, Some("v2.0.0-rc.10")),
            ("users/v2.0.0 v1.0.0", None, Some("v1.0.0")),
            ("users/v2.0.0 users/v10.0.0 v1.0.0", Some("users/v*"), Some("users/v10.0.0")),
            ("a/users/v2.0.0", Some("users/v*"), None),
            ("release-1.2.3 release-1.3.0 other-9.0.0", Some("release-*"), Some("release-1.3.0")),
            ("proto3-v1.2.3", Some("proto3-*"), Some("proto3-v1.2.3")),
            ("v1.0.0", Some("v2.*"), None),
            ("users/latest", Some("users/*"), None),
            ("", None, None),
        ] {
            assert_eq!(latest(tags.split(' '), pattern), expected, "{tags} {pattern:?}");
        }
    }

    #[test]
    fn what_is_parsed_is_shown_as_it_was_written() {
        for spec in [
            "git:main",
            "git:main~1:proto",
            "git:merge-base(origin/main)",
            "git:merge-base(origin/main):proto",
            "git:latest-tag",
            "git:latest-tag::proto",
            "git:latest-tag:users/v*",
            "git:latest-tag:users/v*:proto/users",
            "git:tags",
            "git:tags::proto",
            "git:tags:users/v*",
            "git:tags:users/v*:proto/users",
        ] {
            assert_eq!(Source::parse(spec).unwrap().to_string(), spec);
        }
        for spec in [
            "git:",
            "git::proto",
            "git:merge-base()",
            "git:merge-base(main",
            "git:latest-tag:[a",
            "git:tags:[a",
        ] {
            assert!(Source::parse(spec).is_err_and(|said| said.help.is_some()), "{spec}");
        }
    }
}
