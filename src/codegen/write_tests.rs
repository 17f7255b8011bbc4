//! Generations written over what people did to the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::manifest::{MANIFEST, Manifest, same};
use super::{Edits, File, FileSet, Kind, Output, Seeds};
use crate::diag::{Severity, Verdict};

/// A generation of these files.
fn set(files: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new("make it");
    set.extend(files.iter().map(|(path, text)| ((*path).to_owned(), File::new(*text, &["a.proto"], None))));
    set
}

fn first() -> FileSet {
    set(&[
        ("rust/mod.rs", "mod a;\n"),
        ("rust/a.rs", "one\ntwo\n"),
        ("docs/a.md", "# A\n"),
        ("d.binpb", "\n\r\n"),
    ])
}

fn second() -> FileSet {
    set(&[
        ("rust/mod.rs", "mod a;\nmod b;\n"),
        ("rust/a.rs", "one\ntwo\n"),
        ("rust/b.rs", "b\n"),
        ("d.binpb", "\n"),
    ])
}

fn kinds(set: &FileSet, root: &Path) -> Vec<(String, Kind)> {
    set.drift(root).unwrap().files.into_iter().map(|file| (file.path, file.kind)).collect()
}

#[test]
fn writing_touches_what_differs_and_drift_says_what_would_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert_eq!(kinds(&first(), root).len(), 5, "the manifest is missing as well");
    assert_eq!(first().write(root, Edits::Refuse).unwrap().written.len(), 4);
    assert_eq!(kinds(&first(), root), []);
    assert_eq!(first().drift(root).unwrap().report("make it").verdict(), Verdict::Clean);

    let modified = |path: &str| fs::metadata(root.join(path)).unwrap().modified().unwrap();
    let before = [modified("rust/a.rs"), modified(MANIFEST)];
    let done = first().write(root, Edits::Refuse).unwrap();
    assert_eq!((done.written.len(), done.unchanged.len()), (0, 4));
    let change = |path: &str, kind| (path.to_owned(), kind);
    assert_eq!(
        kinds(&second(), root),
        [
            change("d.binpb", Kind::Changed),
            change("docs/a.md", Kind::Extra),
            change(MANIFEST, Kind::Changed),
            change("rust/b.rs", Kind::Missing),
            change("rust/mod.rs", Kind::Changed),
        ]
    );
    assert_eq!([modified("rust/a.rs"), modified(MANIFEST)], before);
    let done = second().write(root, Edits::Refuse).unwrap();
    assert_eq!(done.written, ["d.binpb", "rust/b.rs", "rust/mod.rs"]);
    assert_eq!(done.removed, ["docs/a.md"]);
    assert_eq!(modified("rust/a.rs"), before[0]);
    assert!(!root.join("docs").exists());
    assert_eq!(kinds(&second(), root), []);
    let left: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn an_edit_is_refused_with_what_was_edited_and_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    first().write(root, Edits::Refuse).unwrap();
    fs::write(root.join("rust/a.rs"), "one\nmine\n").unwrap();
    fs::write(root.join("rust/b.rs"), "all mine\n").unwrap();

    let said = second().write(root, Edits::Refuse).unwrap_err();
    let ids: Vec<_> = said.iter().map(|it| (it.rule.id, it.severity)).collect();
    assert_eq!(ids, [("GENERATED_EDITED", Severity::Failure), ("GENERATED_NOT_OURS", Severity::Failure)]);
    assert!(said[0].message.contains("\n-two\n+mine"), "{}", said[0].message);
    assert!(said[0].help.as_ref().unwrap().starts_with("make the change in a.proto"));
    assert_eq!(fs::read_to_string(root.join("rust/mod.rs")).unwrap(), "mod a;\n");
    let drift = first().drift(root).unwrap();
    assert_eq!(kinds(&first(), root), [("rust/a.rs".to_owned(), Kind::Edited)]);
    assert_eq!(drift.report("make it").diagnostics()[0].severity, Severity::Error);

    fs::write(root.join("rust/a.rs.bak"), "an older copy\n").unwrap();
    let done = second().write(root, Edits::KeepACopy).unwrap();
    let copy = |path: &str, copy: &str| (path.to_owned(), copy.to_owned());
    assert_eq!(done.kept, [copy("rust/a.rs", "rust/a.rs.bak2"), copy("rust/b.rs", "rust/b.rs.bak")]);
    for (path, text) in [
        ("rust/a.rs", "one\ntwo\n"),
        ("rust/a.rs.bak", "an older copy\n"),
        ("rust/a.rs.bak2", "one\nmine\n"),
        ("rust/b.rs.bak", "all mine\n"),
    ] {
        assert_eq!(fs::read_to_string(root.join(path)).unwrap(), text, "{path}");
    }
}

#[test]
fn an_edited_file_that_is_no_longer_made_is_the_users() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    first().write(root, Edits::Refuse).unwrap();
    fs::write(root.join("docs/a.md"), "# Mine\n").unwrap();
    let done = second().write(root, Edits::Refuse).unwrap();
    assert_eq!((done.removed.len(), done.released), (0, vec!["docs/a.md".to_owned()]));
    assert_eq!(fs::read_to_string(root.join("docs/a.md")).unwrap(), "# Mine\n");
    assert_eq!(kinds(&second(), root), []);
}

#[test]
#[cfg(unix)]
fn nothing_is_written_through_a_link_or_over_a_folder() {
    for path in ["rust", "rust/a.rs", "d.binpb", MANIFEST] {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("out"), folder.path().join("outside"));
        fs::create_dir_all(root.join("rust")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        let at = root.join(path);
        if path == "rust" {
            fs::remove_dir(&at).unwrap();
        }
        std::os::unix::fs::symlink(&outside, &at).unwrap();
        for edits in [Edits::Refuse, Edits::KeepACopy] {
            let said = first().write(&root, edits).unwrap_err();
            assert!(said.iter().all(|it| it.rule.id == "GENERATED_NOT_OURS"), "{said:?}");
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
            assert!(!root.join("docs").exists());
        }
    }
}

#[test]
fn a_run_that_was_killed_is_finished_by_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let whole = second();
    // As it stands after the manifest of both and any number of renames.
    for renamed in 0..=3 {
        let root = folder.path().join(renamed.to_string());
        first().write(&root, Edits::Refuse).unwrap();
        let of = |set: &FileSet| set.manifest(&Manifest::default());
        let both = of(&first()).and(&of(&whole)).text("make it");
        fs::write(root.join(MANIFEST), both).unwrap();
        fs::create_dir(root.join(".protogate-stage-dead")).unwrap();
        fs::write(root.join(".protogate-stage-dead/0"), "half of").unwrap();
        for path in ["d.binpb", "rust/b.rs", "rust/mod.rs"].iter().take(renamed) {
            fs::write(root.join(path), whole.get(path).unwrap()).unwrap();
        }
        whole.write(&root, Edits::Refuse).unwrap();
        assert_eq!(kinds(&whole, &root), []);
        assert!(!root.join("docs").exists() && !root.join(".protogate-stage-dead").exists());
    }
}

/// The folder is another one afterwards, what stays in it the same files, and nobody but us can tell.
#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn a_folder_is_put_in_place_as_a_whole() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("out");
    first().write(&root, Edits::Refuse).unwrap();
    fs::create_dir_all(root.join("mine/empty")).unwrap();
    fs::write(root.join("mine/file"), "mine\n").unwrap();
    fs::write(root.join("rust/a.rs.bak"), "mine, too\n").unwrap();
    for (path, mode) in
        [("", 0o2750), ("rust", 0o711), ("mine", 0o500), ("mine/file", 0o640), ("d.binpb", 0o755)]
    {
        fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let at = |path: &str| fs::metadata(root.join(path)).unwrap();
    let modes = || ["", "rust", "mine", "mine/file", "d.binpb"].map(|path| at(path).mode());
    let files = || {
        ["mine/file", "rust/a.rs", "rust/a.rs.bak"]
            .map(|path| (at(path).ino(), at(path).mtime_nsec(), at(path).nlink()))
    };
    let before = (at("").ino(), modes(), files());
    let done = second().write(&root, Edits::Refuse).unwrap();
    assert_eq!((done.written.len(), done.removed.len()), (3, 1));
    assert_ne!(at("").ino(), before.0, "it was changed file by file");
    assert_eq!((modes(), files()), (before.1, before.2));
    assert!(at("mine/empty").is_dir() && !root.join("docs").exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::set_permissions(root.join("mine"), fs::Permissions::from_mode(0o700)).unwrap();
}

/// What a killed run left beside the folder goes, but for what somebody saved in it while it was the folder.
#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn what_was_saved_in_a_folder_that_gave_way_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (root, old) = (folder.path().join("out"), folder.path().join(".protogate-old-out-a1B2c3"));
    second().write(&root, Edits::Refuse).unwrap();
    first().write(&old, Edits::Refuse).unwrap();
    fs::create_dir(folder.path().join(".protogate-stage-out-d4E5f6")).unwrap();
    fs::create_dir(folder.path().join(".protogate-old-out-2-a1B2c3")).unwrap();
    fs::write(root.join("stays"), "the same file\n").unwrap();
    fs::hard_link(root.join("stays"), old.join("stays")).unwrap();
    fs::write(old.join("rust/a.rs"), "edited\n").unwrap();
    fs::write(old.join("rust/new.rs"), "new\n").unwrap();
    std::os::unix::fs::symlink("/nowhere", old.join("docs/link")).unwrap();

    let done = second().write(&root, Edits::Refuse).unwrap();
    let mut kept = done.kept;
    kept.sort();
    let copy = |path: &str, copy: &str| (path.to_owned(), copy.to_owned());
    assert_eq!(
        kept,
        [
            copy("docs/link", "docs/link"),
            copy("rust/a.rs", "rust/a.rs.bak"),
            copy("rust/new.rs", "rust/new.rs")
        ]
    );
    assert_eq!(fs::read_to_string(root.join("rust/a.rs.bak")).unwrap(), "edited\n");
    assert_eq!(fs::read_link(root.join("docs/link")).unwrap(), Path::new("/nowhere"));
    assert_eq!(kinds(&second(), &root), []);
    let left: BTreeSet<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "that of another folder stays: {left:?}");
}

/// Somebody saves while one folder after the other is put in place: every file is there in the end.
#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn what_is_saved_meanwhile_is_not_lost() {
    use rustix::fs::{Mode, OFlags, openat};
    use std::sync::atomic::{AtomicU32, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().join("out");
    first().write(root, Edits::Refuse).unwrap();
    let (rounds, begun) = (100, AtomicU32::new(0));
    let saved = std::thread::scope(|scope| {
        let saver = scope.spawn(|| {
            // As from a shell in the folder, which stays in it when the folder gives way, until it is gone.
            let (mut number, mut open) = (0, fs::File::open(root).unwrap());
            while begun.load(Ordering::Relaxed) < rounds {
                // Spread over the rounds.
                if number >= 8 * begun.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                    continue;
                }
                let flags = OFlags::CREATE | OFlags::WRONLY;
                match openat(&open, format!("mine-{number}"), flags, Mode::from(0o600)) {
                    Ok(_) => number += 1,
                    Err(_) => open = fs::File::open(root).unwrap(),
                }
            }
            number
        });
        for round in 1..=rounds {
            begun.store(round, Ordering::Relaxed);
            let set = if round % 2 == 0 { second() } else { first() };
            // That something was saved at the moment of the change is told as an error.
            let _ = set.write(root, Edits::Refuse);
        }
        saver.join().unwrap()
    });
    first().write(root, Edits::Refuse).unwrap();
    let lost: Vec<_> = (0..saved).filter(|number| !root.join(format!("mine-{number}")).exists()).collect();
    assert!(saved > 0 && lost.is_empty(), "{lost:?} of {saved}");
}

#[test]
fn two_runs_at_once_leave_one_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().join("out");
    std::thread::scope(|scope| {
        for run in 0..8 {
            let set = if run % 2 == 0 { first() } else { second() };
            scope.spawn(move || set.write(root, Edits::Refuse).unwrap());
        }
    });
    assert!(kinds(&first(), root).is_empty() || kinds(&second(), root).is_empty());
}

#[test]
fn a_part_leaves_the_other_kinds_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    first().write(root, Edits::Refuse).unwrap();
    let docs = || set(&[("docs/b.md", "# B\n")]).as_part(&[Output::Docs]);
    let done = docs().write(root, Edits::Refuse).unwrap();
    assert_eq!((done.written, done.removed), (vec!["docs/b.md".to_owned()], vec!["docs/a.md".to_owned()]));
    assert_eq!(kinds(&docs(), root), []);
    assert!(root.join("rust/a.rs").exists());
    fs::write(root.join("rust/a.rs"), "mine\n").unwrap();
    assert_eq!(docs().write(root, Edits::Refuse).unwrap().unchanged.len(), 1);
    assert_eq!(
        first().write(root, Edits::Refuse).unwrap_err()[0].rule.id,
        "GENERATED_EDITED",
        "it is still known"
    );
}

#[test]
fn a_file_in_two_cases_is_refused() {
    let said = set(&[("rust/A.rs", ""), ("rust/a.rs", "")]).check_cases().unwrap_err();
    assert_eq!(said[0].message, "`rust/A.rs` and `rust/a.rs` are one file where case does not count");
}

/// What somebody does to the folder between two generations.
#[derive(Debug, Clone)]
enum Act {
    Edit(usize),
    Delete(usize),
    Rename(usize),
    ChangeMode(usize),
    LineEnds(usize),
    Link(usize),
    Folder(usize),
    Create(usize),
    MergeManifest,
    DeleteManifest,
    Generate { second: bool, force: bool },
}

const PATHS: [&str; 7] =
    ["rust/mod.rs", "rust/a.rs", "rust/b.rs", "docs/a.md", "d.binpb", "rust/mine.rs", "src/service.rs"];

/// What a generation seeds in the same folder, each time with a text of its own.
fn seeds(is_second: bool) -> Seeds {
    let mut seeds = Seeds::default();
    seeds.insert("src/service.rs", format!("// to fill in, {is_second}\n"));
    seeds
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let path = 0..PATHS.len();
    let act = prop_oneof![
        path.clone().prop_map(Act::Edit),
        path.clone().prop_map(Act::Delete),
        path.clone().prop_map(Act::Rename),
        path.clone().prop_map(Act::ChangeMode),
        path.clone().prop_map(Act::LineEnds),
        path.clone().prop_map(Act::Link),
        path.clone().prop_map(Act::Folder),
        path.prop_map(Act::Create),
        Just(Act::MergeManifest),
        Just(Act::DeleteManifest),
        (any::<bool>(), any::<bool>()).prop_map(|(second, force)| Act::Generate { second, force }),
        (any::<bool>(), any::<bool>()).prop_map(|(second, force)| Act::Generate { second, force }),
    ];
    prop::collection::vec(act, 1..12)
}

/// Every file below a folder and its bytes; links by where they lead.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root).into_iter().flatten() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_symlink() {
            let to = fs::read_link(&path).unwrap().to_string_lossy().into_owned();
            found.insert(path, to.into_bytes());
        } else if kind.is_dir() {
            found.extend(tree(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Whether a generation made these bytes at this path; then they are no work of the user's.
fn is_made(root: &Path, path: &Path, bytes: &[u8]) -> bool {
    let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
    let made = [first(), second()].iter().any(|set| set.get(&name).is_some_and(|it| same(&name, it, bytes)));
    made || name == MANIFEST
}

#[cfg(unix)]
fn act(root: &Path, act: &Act, edits: &mut u32) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let at = |index: &usize| root.join(PATHS[*index]);
    let _ = match act {
        Act::Edit(path) | Act::Create(path) => {
            *edits += 1;
            let mut bytes =
                if matches!(act, Act::Edit(_)) { fs::read(at(path)).unwrap_or_default() } else { vec![] };
            bytes.extend(format!("by hand {edits}\n").into_bytes());
            let _ = fs::create_dir_all(at(path).parent().unwrap());
            // Editors replace a file; none writes through a link that we are to find untouched.
            let is_link = fs::symlink_metadata(at(path)).is_ok_and(|it| it.file_type().is_symlink());
            if is_link { Ok(()) } else { fs::write(at(path), bytes) }
        }
        Act::Delete(path) => fs::remove_file(at(path)),
        Act::Rename(path) => fs::rename(at(path), at(path).with_extension("moved")),
        Act::ChangeMode(path) => fs::set_permissions(at(path), fs::Permissions::from_mode(0o600)),
        Act::LineEnds(path) => fs::read_to_string(at(path))
            .and_then(|text| fs::write(at(path), text.replace("\r\n", "\n").replace('\n', "\r\n"))),
        Act::Link(path) => fs::remove_file(at(path)).and_then(|()| symlink("/nowhere", at(path))),
        Act::Folder(path) => fs::remove_file(at(path)).and_then(|()| fs::create_dir(at(path))),
        Act::MergeManifest => fs::read_to_string(root.join(MANIFEST)).and_then(|text| {
            let merged = format!(
                "<<<<<<< ours\n{text}=======\n{}>>>>>>> theirs\n",
                second().manifest(&Manifest::default()).text("make it")
            );
            fs::write(root.join(MANIFEST), merged)
        }),
        Act::DeleteManifest => fs::remove_file(root.join(MANIFEST)),
        Act::Generate { .. } => Ok(()),
    };
}

proptest! {
    /// Whatever people do, what they wrote is still somewhere after each generation: at its place, or beside it where
    /// they insisted. A file that was seeded is theirs from its first moment, whether they have touched it or not. And a
    /// generation that says it is done has made the folder what it should be.
    #[test]
    #[cfg(unix)]
    fn no_byte_of_a_user_ever_changes(acts in acts(), is_whole: bool) {
        let folder = tempfile::tempdir().unwrap();
        let root = &folder.path().join("out");
        fs::create_dir(root).unwrap();
        if !is_whole {
            // A folder with a link in it is changed file by file.
            std::os::unix::fs::symlink("/nowhere", root.join("link")).unwrap();
        }
        let mut edits = 0;
        first().write(root, Edits::Refuse).unwrap();
        for it in &acts {
            act(root, it, &mut edits);
            let Act::Generate { second: is_second, force } = it else { continue };
            let set = if *is_second { second() } else { first() };
            let before = tree(root);
            let done = set.write(root, if *force { Edits::KeepACopy } else { Edits::Refuse });
            let planted = seeds(*is_second).plant(root);
            let after = tree(root);
            let held: BTreeSet<&Vec<u8>> = after.values().collect();
            for (path, bytes) in before.iter().filter(|(path, bytes)| !is_made(root, path, bytes)) {
                if *force {
                    prop_assert!(held.contains(bytes), "{} is lost after {it:?}", path.display());
                } else {
                    prop_assert_eq!(after.get(path), Some(bytes), "{} after {:?}", path.display(), it);
                }
            }
            match done {
                Ok(_) => {
                    prop_assert_eq!(kinds(&set, root), []);
                    prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is left beside it");
                }
                Err(_) => {
                    let planted = planted.map(|it| it.written).unwrap_or_default();
                    let is_new = |path: &Path| planted.iter().any(|it| root.join(it) == *path);
                    prop_assert_eq!(before, after.into_iter().filter(|(path, _)| !is_new(path)).collect());
                }
            }
            let manifest = fs::read_to_string(root.join(MANIFEST)).unwrap_or_default();
            prop_assert!(!manifest.contains("src/service.rs"), "a seed is in the manifest");
        }
    }
}

/// A power cut may leave what was written last without its bytes: that is nobody's edit.
#[test]
fn a_file_without_its_bytes_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let set = first();
    set.write(root, Edits::Refuse).unwrap();
    let path = set.iter().next().unwrap().0.to_owned();
    for lost in [&b""[..], &[0; 4096]] {
        fs::write(root.join(&path), lost).unwrap();
        assert_eq!(set.write(root, Edits::Refuse).unwrap().written, [path.as_str()]);
        assert_eq!(fs::read(root.join(&path)).unwrap(), set.get(&path).unwrap());
    }
    // Where no generation made it, it is somebody's, even so.
    fs::remove_file(root.join("manifest.txt")).unwrap();
    fs::write(root.join(&path), b"").unwrap();
    assert!(set.write(root, Edits::Refuse).is_err());
}
