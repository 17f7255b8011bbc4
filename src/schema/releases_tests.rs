//! Releases of a small repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Revision, Root, Source, load_roots, releases};

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "tag.gpgSign=false"];
    let ran = Command::new("git").current_dir(folder).args(identity).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {ran:?}");
}

fn root(folder: &Path, pattern: Option<&str>, path: &str) -> Root {
    let source = Source::Git {
        repository: folder.to_path_buf(),
        revision: Revision::Tags(pattern.map(str::to_owned)),
        path: Some(path.to_owned()),
    };
    Root { source, includes: Vec::new(), excludes: Vec::new() }
}

#[test]
fn releases_are_version_tags_in_their_order_with_their_trees() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    git(here, &["init", "--quiet", "--initial-branch=main"]);
    let commit = |text: &str, tags: &[&str]| {
        fs::create_dir_all(here.join("proto")).unwrap();
        fs::write(here.join("proto/a.proto"), text).unwrap();
        git(here, &["add", "."]);
        git(here, &["commit", "--quiet", "--allow-empty", "-m", "one"]);
        tags.iter().for_each(|tag| git(here, &["tag", "-a", tag, "-m", tag]));
    };
    git(here, &["commit", "--quiet", "--allow-empty", "-m", "nothing yet"]);
    git(here, &["tag", "v0.0.1"]);
    commit("syntax = \"proto3\";", &["v1.9.0", "noise"]);
    commit("syntax = \"proto3\"; package p;", &["v1.10.0", "v2.0.0-rc.1", "users/v3.0.0"]);
    commit("syntax = \"proto3\";", &["v1.10.1"]);

    let found = releases(&[root(here, None, "proto")]).unwrap().unwrap();
    let tags: Vec<&str> = found.iter().map(|it| it.tag.as_str()).collect();
    // No folder in the first, and a candidate is no release.
    assert_eq!(tags, ["v1.9.0", "v1.10.0", "v1.10.1"]);
    assert!(found[0].tree == found[2].tree && found[0].tree != found[1].tree);
    let packages = found.iter().map(|it| {
        load_roots(&it.roots).schema.file("a.proto").unwrap().descriptor().package_name().to_owned()
    });
    assert_eq!(packages.collect::<Vec<_>>(), ["", "p", ""]);

    let users = releases(&[root(here, Some("users/v*"), "proto")]).unwrap().unwrap();
    assert_eq!(users.len(), 1);
    let none = releases(&[root(here, Some("other-*"), "proto")]).unwrap_err();
    assert!(none.message.contains("`other-*`") && none.help.is_some(), "{}", none.message);
    let nowhere = tempfile::tempdir().unwrap();
    assert!(releases(&[root(nowhere.path(), None, "")]).is_err());
    let one = Root { source: Source::Directory(here.into()), ..root(here, None, "") };
    assert!(releases(&[one]).unwrap().is_none());
}
