//! What `generate` makes depends on the schema only: not on where it runs, in which language, or on how many threads.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every kind of output.
const CONFIG: &str = "input = \"proto\"\n[generate]\nout = \"out\"\n\
    outputs = [\"rust\", \"skeleton\", \"descriptor\", \"docs\", \"python\", \"rest\", \"openapi\", \"protojson\", \"methods\"]\n";

/// Names that a locale sorts or folds otherwise than bytes do: Turkish has another small I.
fn project(at: &Path) {
    fs::create_dir_all(at.join("proto/i")).unwrap();
    fs::write(at.join("protogate.toml"), CONFIG).unwrap();
    for (file, text) in [
        (
            "i/I.proto",
            "syntax = \"proto3\";\npackage i;\nmessage INDIGO { INDIGO I = 1; map<string, INDIGO> ids = 2; }\n",
        ),
        (
            "b.proto",
            "syntax = \"proto3\";\npackage b.a;\nimport \"i/I.proto\";\nservice Ids { rpc Get(i.INDIGO) returns (Z); }\nmessage Z { enum E { e_zero = 0; E_One = 1; } E e = 1; }\n",
        ),
        (
            "a.proto",
            "syntax = \"proto3\";\npackage b;\n// Ünïcode.\nmessage Card { oneof o { int32 x = 1; string y = 2; } }\n",
        ),
    ] {
        fs::write(at.join("proto").join(file), text).unwrap();
    }
}

fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(at) = waiting.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn any_folder_locale_zone_and_number_of_threads_make_the_same_files() {
    // Below the project, beside it with its path given, and from another place in the tree.
    let ways = [
        ("a", ".", "C", "UTC", "1"),
        ("b c/ü", "proto/i", "tr_TR.UTF-8", "Asia/Kathmandu", "8"),
        ("z/y/x/w", ".", "de_DE.UTF-8", "America/St_Johns", "3"),
        ("d", "proto", "ja_JP.eucJP", "Pacific/Apia", "2"),
    ];
    let mut first: Option<BTreeMap<PathBuf, Vec<u8>>> = None;
    for (place, from, locale, zone, threads) in ways {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(place);
        project(&root);
        let ran = Command::new(env!("CARGO_BIN_EXE_protogate"))
            .arg("generate")
            .current_dir(root.join(from))
            .env("LC_ALL", locale)
            .env("LANG", locale)
            .env("TZ", zone)
            .env("RAYON_NUM_THREADS", threads)
            .env("HOME", &root)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{place}: {ran:?}");
        let made = tree(&root.join("out"));
        assert!(made.len() > 15, "{:?}", made.keys());
        let first = first.get_or_insert_with(|| made.clone());
        assert_eq!(first.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "{place}");
        for (path, bytes) in &made {
            assert!(first[path] == *bytes, "{} is another one in {place}, {locale}", path.display());
        }
    }
}
