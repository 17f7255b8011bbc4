//! Public imports: what a file sees through them, however many stand between.

use std::fs;

use prost::Message as _;

use super::{Source, load};

/// The folder holds a chain in which each file imports the next publicly, a file that imports the first and uses
/// what the last declares, and a diamond of the same.
fn files() -> Vec<(String, String)> {
    let file = |name: &str, rest: &str| (format!("{name}.proto"), format!("syntax = \"proto3\"; {rest}"));
    vec![
        file("a", r#"import public "b.proto";"#),
        file("b", r#"import public "c.proto";"#),
        file("c", r#"import public "d.proto";"#),
        file("d", "message D {}"),
        file("left", r#"import public "c.proto";"#),
        file("two", r#"import public "left.proto"; import public "b.proto";"#),
        file("uses", r#"import "a.proto"; message Uses { D d = 1; }"#),
        file("uses_two", r#"import "two.proto"; message UsesTwo { D d = 1; }"#),
    ]
}

/// prost-reflect 0.16 follows the first of them only.
#[test]
fn a_chain_of_public_imports_is_followed_to_its_end() {
    let loaded = load(&Source::Text(files()));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    assert_eq!(loaded.schema.own_files().count(), 8);
}

#[test]
fn no_file_is_given_imports_that_it_does_not_have() {
    let schema = load(&Source::Text(files())).schema;
    let file = schema.file("uses.proto").unwrap();
    assert_eq!(file.imports().collect::<Vec<_>>(), ["a.proto"]);
    assert_eq!(file.proto().dependency, ["a.proto"]);
    let set = prost_types::FileDescriptorSet::decode(&*schema.descriptor_set()).unwrap();
    let uses = set.file.iter().find(|file| file.name() == "uses.proto").unwrap();
    assert_eq!(uses.dependency, ["a.proto"]);

    // The set is a source again.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.binpb");
    fs::write(&path, schema.descriptor_set()).unwrap();
    let again = load(&Source::DescriptorSet(path));
    assert!(again.diagnostics.is_empty(), "{:?}", again.diagnostics);
    assert_eq!(again.schema.descriptor_set(), schema.descriptor_set());
}

#[test]
fn what_is_not_imported_publicly_is_not_seen() {
    let mut files = files();
    files[1].1 = r#"syntax = "proto3"; import "c.proto";"#.into();
    let loaded = load(&Source::Text(files));
    let said: Vec<_> = loaded.diagnostics.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(said, ["name 'D' is not defined"]);
}
