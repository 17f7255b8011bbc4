//! Tests as data: files in, diagnostics out.

use std::path::Path;
use std::process::Command;

use prost_reflect::DynamicMessage;

use super::{Loaded, Root, Source, load, load_roots};
use crate::diag::Verdict;

fn text(files: &[(&str, &str)]) -> Loaded {
    load(&Source::Text(files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()))
}

/// Each diagnostic as `file:line:column: message`.
fn said(loaded: &Loaded) -> Vec<String> {
    let one = |d: &crate::diag::Diagnostic| match &d.place {
        Some(place) => {
            let span = place.span_or_start();
            format!("{}:{}:{}: {}", place.file, span.start_line, span.start_column, d.message)
        }
        None => d.message.clone(),
    };
    loaded.diagnostics.iter().map(one).collect()
}

#[track_caller]
fn check(files: &[(&str, &str)], linked: &[&str], expected: &[&str]) {
    let loaded = text(files);
    assert_eq!(said(&loaded), expected);
    let own: Vec<_> = loaded.schema.own_files().map(super::File::name).collect();
    assert_eq!(own, linked);
}

#[test]
fn imports_resolve_among_the_files_and_among_the_well_known() {
    check(
        &[
            ("a.proto", r#"syntax = "proto3"; import "sub/b.proto"; message A { sub.B b = 1; }"#),
            (
                "sub/b.proto",
                r#"syntax = "proto3"; package sub; import "google/protobuf/timestamp.proto";
                   message B { google.protobuf.Timestamp at = 1; }"#,
            ),
        ],
        &["a.proto", "sub/b.proto"],
        &[],
    );
}

#[test]
fn one_broken_file_does_not_hide_the_others() {
    check(
        &[
            ("bad.proto", "syntax = \"proto3\";\nmessage {}"),
            ("good.proto", "syntax = \"proto3\"; message Good {}"),
            ("leans.proto", "syntax = \"proto3\"; import \"bad.proto\";"),
            ("typo.proto", "syntax = \"proto3\";\nmessage T { Goood g = 1; }"),
        ],
        &["good.proto"],
        &[
            "bad.proto:2:9: expected an identifier, but found '{'",
            "typo.proto:2:13: name 'Goood' is not defined",
        ],
    );
}

/// prost-reflect 0.16 keeps half of the extensions of a file that it took back, and loses those of others.
#[test]
fn a_broken_file_leaves_no_extensions_and_takes_none_away() {
    let good = "syntax = \"proto2\"; message M { extensions 100 to 200; } \
                extend M { optional int32 x = 100; optional int32 y = 101; optional int32 z = 102; }";
    let bad = "syntax = \"proto2\"; import \"a.proto\"; extend M { optional int32 old = 103; } \
               message N { optional Missing gone = 1; }";
    let loaded = text(&[("a.proto", good), ("b.proto", bad)]);
    assert_eq!(loaded.diagnostics.len(), 1, "{:?}", said(&loaded));
    let message = loaded.schema.pool().get_message_by_name("M").unwrap();
    let names: Vec<String> = message.extensions().map(|it| it.full_name().to_owned()).collect();
    assert_eq!(names, ["x", "y", "z"]);
    let read = DynamicMessage::decode(message.clone(), &[0xa0, 0x06, 1, 0xb8, 0x06, 1][..]).unwrap();
    assert_eq!((read.extensions().count(), read.unknown_fields().count()), (1, 1));
    assert_eq!(message.get_extension_by_json_name("[old]"), None);
}

#[test]
fn editions_are_refused_by_name_and_the_rest_is_read() {
    let loaded = text(&[
        ("new.proto", "// next\nedition = \"2023\";\nmessage M {}"),
        ("old.proto", "syntax = \"proto2\"; message M {}"),
    ]);
    assert_eq!(said(&loaded), ["new.proto:2:1: edition 2023 is not supported yet"]);
    assert!(loaded.diagnostics[0].help.as_deref().is_some_and(|help| help.contains("syntax")));
    assert_eq!(loaded.schema.own_files().count(), 1);
}

#[test]
fn a_missing_import_is_shown_where_it_stands_with_the_name_that_was_meant() {
    let loaded = text(&[
        ("a.proto", "syntax = \"proto3\";\nimport \"common/typs.proto\";"),
        ("common/types.proto", "syntax = \"proto3\";"),
    ]);
    assert_eq!(said(&loaded), ["a.proto:2:1: import `common/typs.proto` not found"]);
    assert_eq!(loaded.diagnostics[0].help.as_deref(), Some("did you mean `common/types.proto`?"));
}

#[test]
fn a_vendored_copy_that_cannot_be_read_is_stood_in_for() {
    let loaded = text(&[
        (
            "a.proto",
            "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; message A { google.protobuf.Any a = 1; }",
        ),
        ("google/protobuf/any.proto", "edition = \"2024\"; package google.protobuf; message Any {}"),
    ]);
    assert_eq!(said(&loaded), ["google/protobuf/any.proto:1:1: edition 2024 is not supported yet"]);
    assert_eq!(loaded.diagnostics[0].severity, crate::diag::Severity::Warning);
    assert_eq!(loaded.schema.own_files().map(super::File::name).collect::<Vec<_>>(), ["a.proto"]);
}

#[test]
fn import_cycles_end() {
    check(
        &[
            ("a.proto", "import \"b.proto\";"),
            ("b.proto", "import \"c.proto\";"),
            ("c.proto", "import \"b.proto\";"),
            ("self.proto", "import \"self.proto\";"),
        ],
        &[],
        &[
            "c.proto:1:1: files import each other: b.proto -> c.proto -> b.proto",
            "self.proto:1:1: files import each other: self.proto -> self.proto",
        ],
    );
}

#[test]
fn a_chain_of_ten_thousand_imports_needs_no_stack() {
    let files: Vec<(String, String)> = (0..10_000)
        .map(|n| (format!("f{n:05}.proto"), format!("import \"f{:05}.proto\";", n + 1)))
        .chain([("f10000.proto".to_owned(), String::new())])
        .collect();
    let loaded = load(&Source::Text(files));
    assert_eq!(said(&loaded), [""; 0]);
    assert_eq!(loaded.schema.own_files().count(), 10_001);
}

#[test]
fn custom_options_survive_the_descriptor_set() {
    let source = r#"
        syntax = "proto3";
        import "google/protobuf/descriptor.proto";
        extend google.protobuf.MessageOptions { string note = 50001; }
        message M { option (note) = "kept"; }
    "#;
    let loaded = text(&[("m.proto", source)]);
    assert_eq!(said(&loaded), [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.binpb");
    std::fs::write(&path, loaded.schema.descriptor_set()).unwrap();

    let again = load(&Source::parse(path.to_str().unwrap()).unwrap());
    assert_eq!(said(&again), [""; 0]);
    for schema in [&loaded.schema, &again.schema] {
        let message = schema.pool().get_message_by_name("M").unwrap();
        let note = schema.pool().get_extension_by_name("note").unwrap();
        assert_eq!(message.options().get_extension(&note).as_str(), Some("kept"));
    }
    assert_eq!(loaded.schema.descriptor_set(), again.schema.descriptor_set());
}

#[test]
fn what_cannot_be_read_is_a_failure_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("noise.binpb"), b"\xff\xff\xff").unwrap();
    std::fs::write(at("latin1.proto"), b"// caf\xe9").unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    for name in ["noise.binpb", "latin1.proto", "empty"] {
        let loaded = load(&Source::parse(at(name).to_str().unwrap()).unwrap());
        assert_eq!(loaded.schema.own_files().count(), 0, "{name}");
        let report = crate::diag::Report::new(loaded.diagnostics);
        assert_eq!(report.verdict(), Verdict::Failed, "{name}");
        assert!(report.diagnostics().iter().all(|d| d.help.is_some()), "{name}");
    }
    for spec in
        ["does/not/exist", "git:", "x.git#branch=a,tag=b", "https://host/x.git#branch=a", ".git#size=3"]
    {
        assert!(Source::parse(spec).is_err_and(|d| d.help.is_some()), "{spec}");
    }
}

#[test]
fn a_git_revision_is_read_in_place_from_any_spelling() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    write("proto/a.proto", "message Old {}");
    write("proto/readme.md", "not a schema");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "-m", "one"]);
    write("proto/a.proto", "message New {}");

    let repository = folder.path().to_path_buf();
    let here = Source::Git { repository: repository.clone(), revision: "main".into(), path: None };
    let buf = format!("{}/.git#branch=main,subdir=proto", repository.display());
    for source in [
        here.clone().in_the_folder_of(&Source::Directory(folder.path().join("proto"))),
        Source::parse(&buf).unwrap(),
        Source::Git {
            repository: repository.join("proto"),
            revision: "HEAD".into(),
            path: Some("proto".into()),
        },
    ] {
        let loaded = load(&source);
        assert_eq!(said(&loaded), [""; 0], "{source}");
        assert!(loaded.schema.pool().get_message_by_name("Old").is_some(), "{source}");
        assert_eq!(
            loaded.schema.own_files().map(super::File::name).collect::<Vec<_>>(),
            ["a.proto"],
            "{source}"
        );
    }
    let unknown = Source::Git { repository, revision: "nowhere".into(), path: None };
    assert_eq!(load(&unknown).diagnostics.len(), 1);
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let status = Command::new("git").arg("-C").arg(folder).args(identity).args(arguments).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

#[test]
fn several_folders_are_one_schema() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("one/a.proto", "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; }"),
        ("two/b.proto", "syntax = \"proto3\"; message B {}"),
        ("two/old/c.proto", "message {"),
        ("two/a.proto", "syntax = \"proto3\";"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let root = |name: &str, excludes: &[&str]| Root {
        source: Source::Directory(folder.path().join(name)),
        includes: Vec::new(),
        excludes: excludes.iter().map(|path| (*path).to_owned()).collect(),
    };
    let whole = load_roots(&[root("one", &[]), root("two", &["old", "a.proto"])]);
    assert!(whole.diagnostics.is_empty(), "{:?}", whole.diagnostics);
    assert_eq!(whole.schema.own_files().map(super::File::name).collect::<Vec<_>>(), ["a.proto", "b.proto"]);

    let twice = load_roots(&[root("one", &[]), root("two", &["old"])]);
    assert!(said(&twice)[0].contains("`a.proto` is in two modules"), "{:?}", said(&twice));
    let mut only = root("two", &[]);
    only.includes = vec!["b.proto".to_owned()];
    assert!(load_roots(&[only]).diagnostics.is_empty());
}
