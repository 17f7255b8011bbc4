//! What two sources that are loaded together leave out, and that nothing is lost by it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use prost_reflect::DescriptorPool;
use prost_types::FileDescriptorProto;

use super::{File, Loaded, Schema, Source, load, load_pair};

type Files = [(&'static str, &'static str)];

fn text(files: &Files) -> Source {
    Source::Text(files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect())
}

fn names(schema: &Schema) -> Vec<&str> {
    schema.own_files().map(File::name).collect()
}

const SHARED: [(&str, &str); 5] = [
    ("base.proto", "package base; message Base {}"),
    ("user.proto", "package user; import \"base.proto\"; message User { optional base.Base b = 1; }"),
    ("user_more.proto", "package user; message More {}"),
    ("far.proto", "package far; import \"google/protobuf/any.proto\"; message Far {}"),
    ("farther.proto", "package farther; import \"far.proto\"; message Farther {}"),
];

#[track_caller]
fn check(old: &Files, new: &Files, old_names: &[&str], new_names: &[&str]) {
    let (old, new) = load_pair(&text(&[&SHARED, old].concat()), &text(&[&SHARED, new].concat()));
    assert_eq!((names(&old.schema), names(&new.schema)), (old_names.to_vec(), new_names.to_vec()));
}

#[test]
fn what_is_the_same_is_left_out() {
    check(&[], &[], &[], &[]);
}

#[test]
fn what_is_different_brings_its_imports_and_its_package_on_both_sides() {
    let user = ["base.proto", "one.proto", "user.proto", "user_more.proto"];
    check(&[], &[("one.proto", "package user;")], &["base.proto", "user.proto", "user_more.proto"], &user);
    check(&[("one.proto", "package user;")], &[("one.proto", "package user; // x")], &user, &user);
    let far = ["far.proto", "one.proto"];
    check(&[("one.proto", "import \"far.proto\";")], &[("one.proto", "")], &far, &far);
}

#[test]
fn what_imports_something_different_is_different() {
    let importer = ("two.proto", "import \"one.proto\"; import \"base.proto\";");
    let all = ["base.proto", "one.proto", "two.proto"];
    check(&[("one.proto", ""), importer], &[("one.proto", "//"), importer], &all, &all);
}

#[test]
fn what_is_broken_is_said_although_it_is_the_same() {
    let broken = text(&[
        ("parse.proto", "message {}"),
        ("import.proto", "import \"nowhere.proto\";"),
        ("cycle.proto", "import \"cycle.proto\";"),
        ("leans.proto", "import \"parse.proto\";"),
        ("google/protobuf/any.proto", "edition = \"2024\";"),
        ("fine.proto", "import \"google/protobuf/any.proto\";"),
    ]);
    let (old, new) = load_pair(&broken, &broken);
    // A report sorts; the order in which files are parsed is nobody's business.
    let said = |loaded: &Loaded| {
        let mut said: Vec<String> = loaded.diagnostics.iter().map(|said| said.message.clone()).collect();
        said.sort();
        said
    };
    assert_eq!(said(&new), said(&load(&broken)));
    assert_eq!(said(&old), said(&new));
    assert_eq!(names(&new.schema), [""; 0]);
}

#[test]
fn a_side_that_cannot_be_read_does_not_take_the_other_along() {
    let nowhere = Source::DescriptorSet("does/not/exist".into());
    for (old, new) in [(&nowhere, &text(&SHARED)), (&text(&[]), &text(&SHARED))] {
        let (old, new) = load_pair(old, new);
        assert_eq!((old.diagnostics.len(), new.diagnostics.len()), (1, 0));
        assert_eq!(names(&new.schema).len(), SHARED.len());
    }
}

#[test]
fn places_are_those_of_a_schema_loaded_alone() {
    let old = [("a.proto", "")];
    let new = [
        (
            "a.proto",
            "import \"google/protobuf/descriptor.proto\"; package a;
             // Said of M.
             message M { option deprecated = true; optional string s = 1 [(o).n = 2, deprecated = true]; }
             message O { optional int32 n = 1; }
             extend google.protobuf.FieldOptions { optional O o = 50001; }",
        ),
        ("wrong.proto", "package a;\n message W { optional Nothing n = 1; }"),
    ];
    let alone = load(&text(&new));
    let (_, pair) = load_pair(&text(&old), &text(&new));
    // What the linker makes of the same text with the positions inside.
    let mut pool = DescriptorPool::global();
    pool.add_file_descriptor_proto(protox_parse::parse("a.proto", new[0].1).unwrap()).unwrap();
    let whole = pool.get_file_by_name("a.proto").unwrap().file_descriptor_proto().clone();
    let sorted = |proto: FileDescriptorProto| {
        let mut locations = proto.source_code_info.unwrap().location;
        locations.sort_by(|a, b| a.path.cmp(&b.path));
        locations
    };
    for loaded in [&alone, &pair] {
        let file = loaded.schema.file("a.proto").unwrap();
        assert!(sorted(file.descriptor().file_descriptor_proto().clone()).len() < sorted(file.proto()).len());
        assert_eq!(sorted(file.proto()), sorted(whole.clone()));
        for location in sorted(whole.clone()) {
            assert_eq!(file.location(&location.path), Some(&location));
        }
    }
    let said = |loaded: &Loaded| format!("{:?}", loaded.diagnostics);
    assert_eq!(said(&pair), said(&alone));
    assert_eq!(pair.diagnostics.len(), 1);
}

/// Up to six files in three packages; each imports some of those after it, and has one message or none.
fn files() -> impl Strategy<Value = BTreeMap<String, String>> {
    let file = (0..3_usize, prop::collection::vec(any::<bool>(), 6), any::<bool>(), any::<bool>());
    prop::collection::vec(file, 6).prop_map(|files| {
        let exists = |at: usize, files: &[(usize, Vec<bool>, bool, bool)]| files[at].3;
        let text = |at: usize| {
            let (package, imports, message, _) = &files[at];
            let imports = (at + 1..6).filter(|&it| imports[it] && exists(it, &files));
            let imports: String = imports.map(|it| format!("import \"{it}.proto\";")).collect();
            let message = if *message { format!("message M{at} {{}}") } else { String::new() };
            format!("package p{package}; {imports} {message}")
        };
        (0..6).filter(|&at| exists(at, &files)).map(|at| (format!("{at}.proto"), text(at))).collect()
    })
}

proptest! {
    /// Names that are gone, packages that are gone and files that are gone are the same by either way.
    #[test]
    fn what_is_gone_is_gone_either_way(old in files(), new in files()) {
        let source = |files: &BTreeMap<String, String>| Source::Text(files.clone().into_iter().collect());
        let (old, new) = (source(&old), source(&new));
        let gone = |old: &Schema, new: &Schema| {
            let all = |schema: &Schema| {
                let mut all: Vec<String> = Vec::new();
                for file in schema.files() {
                    let package = file.descriptor().package_name();
                    all.push(format!("file {}", file.name()));
                    all.push(format!("package {package}"));
                    all.extend(file.descriptor().messages().map(|it| format!("{} {}", file.name(), it.full_name())));
                }
                all.sort();
                all.dedup();
                all
            };
            let new = all(new);
            all(old).into_iter().filter(|name| !new.contains(name)).collect::<Vec<_>>()
        };
        let (pair_old, pair_new) = load_pair(&old, &new);
        prop_assert_eq!(gone(&pair_old.schema, &pair_new.schema), gone(&load(&old).schema, &load(&new).schema));
    }
}
