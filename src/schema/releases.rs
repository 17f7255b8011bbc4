//! The releases of a repository: its version tags, and which tree of files the schema is in each.
//!
//! Nothing is compiled here. Two releases with the same tree have the same schema, so that whoever asks may
//! compile it once, or not at all when the tree is one it has seen before.

use std::path::{Path, PathBuf};

use semver::Version;

use super::git::{self, git};
use super::revision::{Revision, versions};
use super::{Root, Source, problem};
use crate::diag::Diagnostic;

/// A release, and the schema as it was in it.
#[derive(Debug, Clone)]
pub struct Release {
    /// The tag's name.
    pub tag: String,
    /// The version it is, or ends in.
    pub version: Version,
    /// The object ids of the folders that hold the schema: the same for two releases with the same files.
    pub tree: String,
    /// The folders.
    pub roots: Vec<Root>,
}

/// What a `git:tags` stands for, from the lowest version to the highest; `None` where the roots name no such
/// revision. A release without any of the folders is left out: the schema was not there, or elsewhere.
///
/// # Errors
///
/// A diagnostic when there is no repository, or no release in it.
pub fn releases(roots: &[Root]) -> Result<Option<Vec<Release>>, Box<Diagnostic>> {
    let Some(Root { source: Source::Git { repository, revision: Revision::Tags(pattern), .. }, .. }) =
        roots.first()
    else {
        return Ok(None);
    };
    let repository = git::work_tree_or_git_dir(repository);
    let listed = ["for-each-ref", "--format=%(refname:strip=2)", "refs/tags"];
    let tags = git(&repository, &listed).map_err(|error| problem::not_a_repository(&repository, &error))?;
    let tags = String::from_utf8_lossy(&tags);
    let found = versions(tags.lines(), pattern.as_deref());
    if found.is_empty() {
        return Err(problem::no_releases(&repository, pattern.as_deref()).into());
    }
    let names: Vec<String> =
        found.iter().flat_map(|(_, tag)| roots.iter().map(move |root| folder_in(root, tag))).collect();
    let ids = git::object_ids(&repository, &names).map_err(|error| problem::git_failed("tags", &error))?;
    let release = |((version, tag), ids): ((Version, &str), &[Option<String>])| {
        if ids.iter().all(Option::is_none) {
            return None;
        }
        let there = roots.iter().zip(ids).filter(|(_, id)| id.is_some());
        Some(Release {
            tag: tag.to_owned(),
            version,
            tree: ids.iter().map(|id| id.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" "),
            roots: there.map(|(root, _)| at_tag(root, tag)).collect(),
        })
    };
    let all = found.into_iter().zip(ids.chunks(roots.len())).filter_map(release).collect();
    Ok(Some(all))
}

/// The folder that all worktrees of a repository share, where something about its commits may be kept.
pub fn shared_git_dir(root: &Root) -> Option<PathBuf> {
    let Source::Git { repository, .. } = &root.source else { return None };
    let repository = git::work_tree_or_git_dir(repository);
    let said = git(&repository, &["rev-parse", "--git-common-dir"]).ok()?;
    let folder = String::from_utf8(said).ok()?;
    // Relative to the folder that git was asked in.
    Some(repository.join(Path::new(folder.trim_end_matches('\n'))))
}

/// The folder of a root in a release, as git names it; of a single file its folder, because it may import others.
fn folder_in(root: &Root, tag: &str) -> String {
    let path = match &root.source {
        Source::Git { path: Some(path), .. } if path.ends_with(".proto") => {
            path.rsplit_once('/').map_or("", |(folder, _)| folder)
        }
        Source::Git { path: Some(path), .. } => path,
        _ => "",
    };
    format!("refs/tags/{tag}^{{commit}}:{path}")
}

fn at_tag(root: &Root, tag: &str) -> Root {
    let source = match &root.source {
        Source::Git { repository, path, .. } => Source::Git {
            repository: repository.clone(),
            revision: Revision::Named(format!("refs/tags/{tag}")),
            path: path.clone(),
        },
        other => other.clone(),
    };
    Root { source, ..root.clone() }
}
