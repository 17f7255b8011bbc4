//! Where we differ from buf on purpose, what is ignored, and what cannot be known.

use super::tests::schema;
use super::*;
use crate::diag::Report;
use crate::schema::{Source, load};

type Pair<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)]);

/// `RULE file` of every finding.
fn said(old: &Schema, new: &Schema, selection: &Selection) -> Vec<String> {
    let one =
        |it: &Diagnostic| format!("{} {}", it.rule.id, it.place.as_ref().map_or("-", |place| &place.file));
    Report::new(check(old, new, selection)).diagnostics().iter().map(one).collect()
}

/// What is said of a change by default, and what as buf.
#[track_caller]
fn differs(category: Category, (old, new): Pair, ours: &[&str], bufs: &[&str]) {
    let (old, new) = (schema(old), schema(new));
    let selection = Selection::category(category);
    assert_eq!(said(&old, &new, &selection), ours, "ours");
    assert_eq!(said(&old, &new, &selection.exactly_as_buf()), bufs, "as buf");
}

const EMPTY: &str = "syntax = \"proto3\"; package p;";

#[test]
fn the_last_type_of_a_package_counts() {
    let text = "syntax = \"proto2\"; package p; enum E { Z = 0; } message M { extensions 1; } service S {} \
                extend M { optional int32 x = 1; }";
    differs(
        Category::Package,
        (&[("a.proto", text), ("b.proto", EMPTY)], &[("b.proto", EMPTY)]),
        &[
            "PACKAGE_ENUM_NO_DELETE a.proto",
            "PACKAGE_EXTENSION_NO_DELETE a.proto",
            "PACKAGE_MESSAGE_NO_DELETE a.proto",
            "PACKAGE_SERVICE_NO_DELETE a.proto",
        ],
        &["PACKAGE_SERVICE_NO_DELETE -"],
    );
}

#[test]
fn a_well_known_file_that_is_no_longer_imported_is_not_gone() {
    let old = "syntax = \"proto3\"; package p; import \"google/protobuf/wrappers.proto\";";
    let change: Pair = (&[("a.proto", old)], &[("a.proto", EMPTY)]);
    differs(Category::File, change, &[], &["FILE_NO_DELETE -"]);
    differs(Category::Package, change, &[], &["PACKAGE_NO_DELETE -"]);
    let with_empty = "syntax = \"proto3\"; package p; import \"google/protobuf/empty.proto\";";
    let deleted = "PACKAGE_MESSAGE_NO_DELETE -";
    let change: Pair = (&[("a.proto", old)], &[("a.proto", with_empty)]);
    differs(Category::Package, change, &[], &[deleted; 9]);
}

#[test]
fn the_message_of_a_map_field_is_nobodys() {
    let old = "syntax = \"proto3\"; package p; message M { map<int32, int32> a = 1; } message N {}";
    let new = "syntax = \"proto3\"; package p; message M { reserved 1; reserved \"a\"; } message N {}";
    let change: Pair = (&[("a.proto", old)], &[("a.proto", new)]);
    let deleted = "FIELD_NO_DELETE a.proto";
    differs(Category::File, change, &[deleted], &[deleted, "MESSAGE_NO_DELETE a.proto"]);
    differs(Category::Package, change, &[deleted], &[deleted, "PACKAGE_MESSAGE_NO_DELETE a.proto"]);
}

#[test]
fn a_deleted_file_has_a_place() {
    let change: Pair = (&[("a.proto", EMPTY), ("b/c.proto", EMPTY)], &[("a.proto", EMPTY)]);
    differs(Category::File, change, &["FILE_NO_DELETE b/c.proto"], &["FILE_NO_DELETE -"]);
}

#[test]
fn a_message_set_stops_nothing() {
    let old = "syntax = \"proto2\"; package p; message M { option message_set_wire_format = true; \
               extensions 4 to max; } message N { optional int32 a = 1; }";
    let new = old.replace("int32 a", "string a");
    let change: Pair = (&[("a.proto", old)], &[("a.proto", &new)]);
    differs(Category::File, change, &["FIELD_SAME_TYPE a.proto"], &["FIELD_SAME_TYPE a.proto"]);
}

/// A schema of which some files do not compile.
fn broken(files: &[(&str, &str)]) -> Schema {
    let files = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let loaded = load(&Source::Text(files));
    assert!(!loaded.diagnostics.is_empty());
    loaded.schema
}

#[test]
fn a_file_that_does_not_compile_is_not_deleted() {
    let leans = "syntax = \"proto3\"; package p; import \"bad.proto\"; message Leans { int32 a = 1; }";
    let bad = "syntax = \"proto3\"; package p; message Bad {} enum E { Z = 0; }";
    let fine = "syntax = \"proto3\"; package p; message Fine { int32 a = 1; }";
    let gone = "syntax = \"proto3\"; package gone;";
    let whole =
        schema(&[("bad.proto", bad), ("leans.proto", leans), ("fine.proto", fine), ("gone.proto", gone)]);
    let new = broken(&[
        ("bad.proto", "message {"),
        ("leans.proto", leans),
        ("fine.proto", "syntax = \"proto3\"; package p; message Fine { string a = 1; }"),
    ]);
    assert_eq!(new.left_out(), ["bad.proto", "leans.proto"]);
    let found = ["FIELD_SAME_TYPE fine.proto", "FILE_NO_DELETE gone.proto"];
    assert_eq!(said(&whole, &new, &Selection::default()), found);
    let found = ["FIELD_SAME_TYPE fine.proto", "PACKAGE_NO_DELETE gone.proto"];
    assert_eq!(said(&whole, &new, &Selection::category(Category::Package)), found);
    // What the old schema leaves out was never promised: all of it is an addition.
    let old = broken(&[("bad.proto", "message {"), ("leans.proto", leans), ("fine.proto", fine)]);
    let new = schema(&[("bad.proto", bad), ("leans.proto", leans), ("fine.proto", fine)]);
    assert!(said(&old, &new, &Selection::all()).is_empty());
}

#[test]
fn a_finding_is_dropped_when_either_of_its_files_is_ignored() {
    let text = |package: &str, rest: &str| format!("syntax = \"proto3\"; package {package}; {rest}");
    let old = schema(&[
        ("a/b.proto", &text("p.v1alpha1", "message M { int32 a = 1; }")),
        ("c.proto", &text("q", "message N { int32 a = 1; } message O {}")),
        ("d.proto", &text("q", "")),
    ]);
    let new = schema(&[
        ("a/e.proto", &text("p.v1alpha1", "message M { string a = 1; }")),
        ("d.proto", &text("q", "message N { string a = 1; }")),
    ]);
    let all = [
        "FIELD_SAME_TYPE a/e.proto",
        "FILE_NO_DELETE a/b.proto",
        "FILE_NO_DELETE c.proto",
        "FIELD_SAME_TYPE d.proto",
    ];
    let dropped = |ignores: Ignores| {
        let said = said(&old, &new, &Selection::default().ignoring(ignores));
        assert!(said.iter().all(|it| all.contains(&it.as_str())), "{said:?}");
        all.into_iter().filter(|it| !said.iter().any(|said| said == it)).collect::<Vec<_>>()
    };
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let ignore = |list: &[&str]| dropped(Ignores { paths: paths(list), ..Ignores::default() });
    assert_eq!(dropped(Ignores::default()), [""; 0]);
    assert_eq!(ignore(&[""]), all);
    assert_eq!(ignore(&["a"]), all[..2]);
    assert_eq!(ignore(&["a/e.proto"]), all[..1]);
    assert_eq!(ignore(&["a/"]), [""; 0]);
    // By the old place alone.
    assert_eq!(ignore(&["c.proto"]), all[2..]);
    let only = [("FILE_NO_DELETE", paths(&["c.proto", "a"]))].into();
    assert_eq!(dropped(Ignores { only, ..Ignores::default() }), all[1..3]);
    assert_eq!(dropped(Ignores { unstable_packages: true, ..Ignores::default() }), all[..2]);
    let within = Some(["d.proto".to_owned()].into());
    assert_eq!(dropped(Ignores { within, ..Ignores::default() }), all[..3]);
}
