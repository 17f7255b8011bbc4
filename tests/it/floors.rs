//! The floors of the house: an arrow may only point to a lower one, and rooms on one floor do not know
//! each other. The map is the doc comment of `src/lib.rs`.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may know.
const ROOMS: [(&str, &[&str]); 10] = [
    ("diag", &[]),
    ("schema", &["diag"]),
    ("promise", &["diag", "schema"]),
    ("values", &["diag", "schema"]),
    ("rules", &["diag", "schema", "promise", "values"]),
    ("codegen", &["diag", "schema", "promise", "values"]),
    ("client", &["diag", "schema", "values"]),
    ("mock", &["diag", "schema", "promise", "values"]),
    ("contract", &["diag", "schema", "promise", "values", "client"]),
    ("cli", &["diag", "schema", "promise", "values", "rules", "codegen", "client", "mock", "contract"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The rooms that a text names by `crate::room`.
fn named(text: &str) -> Vec<&str> {
    let room = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    text.match_indices("crate::")
        .map(|(at, mark)| &text[at + mark.len()..])
        .map(|rest| &rest[..room(rest)])
        .collect()
}

#[test]
fn arrows_point_down() {
    for (room, allowed) in ROOMS {
        let files = rust_files(&root().join("src").join(room));
        assert!(!files.is_empty(), "src/{room} is empty: mend the table");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for other in named(&text).into_iter().filter(|other| ROOMS.iter().any(|(name, _)| name == other))
            {
                let fine = other == room || allowed.contains(&other);
                assert!(fine, "{} knows `{other}`, which is not below `{room}`", file.display());
            }
        }
    }
}

#[test]
fn every_room_is_in_the_table() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut known = ROOMS.map(|(room, _)| room);
    known.sort_unstable();
    assert_eq!(declared, known);
}

#[test]
fn the_neighbours_know_nothing_of_the_house() {
    for (package, expected) in
        [("src/reference", false), ("src/runtime", false), ("src/validate", false), ("xtask", true)]
    {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        // The house itself, not `protogate-runtime`.
        let house = |line: &str| line.split(['.', '=', ' ']).next() == Some("protogate");
        assert_eq!(dependencies.lines().any(house), expected, "{package}");
        // What is anybody's may name itself, to be tested with features that nobody turns on; and the runtime asks the rules.
        let allowed: &[&str] = match package {
            "src/runtime" => &[".", "../validate"],
            "src/validate" => &["."],
            _ => continue,
        };
        let paths = dependencies.lines().filter_map(|line| line.split_once("path = \"")?.1.split('"').next());
        let elsewhere: Vec<&str> = paths.filter(|path| !allowed.contains(path)).collect();
        assert!(elsewhere.is_empty(), "{package} is anybody's: {elsewhere:?}");
    }
    let xtask = fs::read_to_string(root().join("xtask/Cargo.toml")).unwrap();
    let after = xtask.split("[dependencies]").nth(1).unwrap();
    assert_eq!(
        after.lines().filter(|line| line.contains('=')).count(),
        1,
        "xtask depends on the library only"
    );
}
