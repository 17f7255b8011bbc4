//! Every kind of change as one line, and silence where nothing changed.

use super::*;
use crate::diag::{Advice, ChangeRow, Heading};
use crate::rules::breaking::{Selection, check};
use crate::schema::{Schema, Source, load};

fn schema(files: &[(&str, &str)]) -> Schema {
    let files = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let loaded = load(&Source::Text(files));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn file(text: &str) -> String {
    if text.starts_with("syntax") { text.to_owned() } else { format!("syntax = \"proto3\";\n{text}") }
}

/// What is said of a change of one file, as sentences.
#[track_caller]
fn says(old: &str, new: &str, expected: &[&str]) {
    let (old, new) = (schema(&[("a.proto", &file(old))]), schema(&[("a.proto", &file(new))]));
    let said: Vec<String> = diff(&old, &new).iter().map(Change::sentence).collect();
    assert_eq!(said, expected);
    for same in [&old, &new] {
        assert_eq!(diff(same, same), []);
    }
}

#[test]
fn fields() {
    says(
        "message M { int32 a = 1; }",
        "message M { int32 a = 1; string b = 2; }",
        &["field `M.b` was added"],
    );
    says(
        "message M { int32 a = 1; string b = 2; }",
        "message M { int32 a = 1; }",
        &["field `M.b` was removed"],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { int32 b = 1; }",
        &["field `M.a` is called `M.b` now", "field `M.b`: JSON name changed from `a` to `b`"],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { int32 a = 2; }",
        &["field `M.a`: number changed from `1` to `2`"],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { map<string, M> a = 1; }",
        &[
            "field `M.a`: label changed from `singular` to ``",
            "field `M.a`: type changed from `int32` to `map<string, M>`",
        ],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { optional int32 a = 1; }",
        &["field `M.a`: label changed from `singular` to `optional`"],
    );
    says(
        "message M { int32 a = 1; oneof o { int32 b = 2; } }",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
        &["field `M.a` moved into oneof `o`"],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { int32 a = 1 [deprecated = true]; }",
        &["field `M.a` is deprecated"],
    );
    says(
        "message M { int32 a = 1 [deprecated = true]; }",
        "message M { int32 a = 1; }",
        &["field `M.a`: deprecated is not set any more, and was `true`"],
    );
    says(
        "message M { repeated int32 a = 1; }",
        "message M { repeated int32 a = 1 [packed = false, json_name = \"x\"]; }",
        &[
            "field `M.a`: JSON name changed from `a` to `x`",
            "field `M.a`: option packed is `false` now, and was not set",
        ],
    );
    let two = "syntax = \"proto2\"; message M { optional int32 a = 1; extensions 10 to 20; }";
    says(
        two,
        "syntax = \"proto2\"; message M { optional int32 a = 1 [default = 7]; extensions 10 to 30; } extend M { optional int32 x = 10; }",
        &[
            "`extensions 10 to 30` of `M` was added",
            "`extensions 10 to 20` of `M` was removed",
            "field `M.a`: default is `7` now, and was not set",
            "extension `x` was added",
        ],
    );
}

#[test]
fn messages_and_oneofs() {
    says(
        "message M {}",
        "message M {} message N { int32 a = 1; enum E { Z = 0; } reserved 7; }",
        &["message `N` was added"],
    );
    says(
        "message M { message N { int32 a = 1; } N n = 1; }",
        "message M {}",
        &["message `M.N` was removed", "field `M.n` was removed"],
    );
    says(
        "message M { int32 a = 1; M m = 2; }",
        "message N { int32 a = 1; N m = 2; }",
        &["message `M` is called `N` now"],
    );
    says(
        "message M { oneof o { int32 a = 1; } }",
        "message M { oneof p { int32 a = 1; } }",
        &["oneof `M.o` is called `M.p` now"],
    );
    says(
        "message M { int32 a = 1; }",
        "message M { oneof p { int32 a = 1; } }",
        &["field `M.a` moved into oneof `p`", "oneof `M.p` was added"],
    );
    says(
        "message M { reserved 1, 5 to 7; reserved \"a\"; }",
        "message M { reserved 5 to 7; reserved \"b\"; }",
        &[
            "`reserved \"b\"` of `M` was added",
            "`reserved \"a\"` of `M` was removed",
            "`reserved 1` of `M` was removed",
        ],
    );
}

#[test]
fn enums() {
    let alias = |values: &str| format!("enum E {{ option allow_alias = true; {values} }}");
    says("enum E { Z = 0; }", "enum E { Z = 0; A = 1; }", &["value `E.A` was added"]);
    says("enum E { Z = 0; A = 1; }", "enum E { Z = 0; B = 1; }", &["value `E.A` is called `E.B` now"]);
    says(
        "enum E { Z = 0; A = 1; }",
        "enum E { Z = 0; A = 2; }",
        &["value `E.A`: number changed from `1` to `2`"],
    );
    says(
        &alias("Z = 0; A = 1; B = 1;"),
        &alias("Z = 0; B = 1; A = 1;"),
        &["enum `E`: order of the names of 1 changed from `A, B` to `B, A`"],
    );
    says(
        "syntax = \"proto2\"; enum E { X = 0; Y = 1; }",
        "syntax = \"proto2\"; enum E { Y = 1; X = 0; }",
        &["enum `E`: first value changed from `X` to `Y`"],
    );
    // What has no order has none.
    says("enum E { Z = 0; A = 1; B = 2; }", "enum E { Z = 0; B = 2; A = 1; }", &[]);
}

#[test]
fn services() {
    let service = |rpcs: &str| format!("message M {{}} message N {{}} service S {{ {rpcs} }}");
    let get = "rpc Get(M) returns (M);";
    says(&service(get), &service(&format!("{get} rpc Put(N) returns (M);")), &["rpc `S/Put` was added"]);
    says(&service(get), &service("rpc Fetch(M) returns (M);"), &["rpc `S/Get` is called `S/Fetch` now"]);
    says(
        &service(get),
        &service("rpc Get(stream N) returns (M) { option idempotency_level = IDEMPOTENT; }"),
        &[
            "rpc `S/Get`: client streaming changed from `false` to `true`",
            "rpc `S/Get`: option idempotency_level is `IDEMPOTENT` now, and was not set",
            "rpc `S/Get`: request changed from `M` to `N`",
        ],
    );
    says(&service(get), &service(get).replace("service S", "service T"), &["service `S` is called `T` now"]);
}

#[test]
fn files_packages_imports_and_comments() {
    says(
        "package p;",
        "package q;",
        &[
            "file `a.proto`: package changed from `p` to `q`",
            "package `p` was removed",
            "package `q` was added",
        ],
    );
    says(
        "option go_package = \"x\";",
        "option go_package = \"y\";",
        &["file `a.proto`: option go_package changed from `x` to `y`"],
    );
    says(
        "import \"google/protobuf/empty.proto\";",
        "import public \"google/protobuf/empty.proto\";",
        &["import `a.proto`: public of google/protobuf/empty.proto changed from `false` to `true`"],
    );
    says("message M {}", "// It is new.\nmessage M {}", &["the comment of message `M` changed"]);

    let one = "syntax = \"proto3\"; package p; message M {}";
    let of = |old: &[(&str, &str)], new: &[(&str, &str)]| {
        diff(&schema(old), &schema(new)).iter().map(Change::sentence).collect::<Vec<_>>()
    };
    assert_eq!(of(&[("a.proto", one)], &[("b.proto", one)]), ["file `a.proto` is called `b.proto` now"]);
    let (empty, other) = ("syntax = \"proto3\"; package p;", "syntax = \"proto3\"; package p; message N {}");
    assert_eq!(
        of(
            &[("a.proto", one), ("b.proto", other)],
            &[("a.proto", empty), ("b.proto", &format!("{other} message M {{}}"))]
        ),
        ["message `p.M` moved from `a.proto` to `b.proto`"]
    );
}

#[test]
fn custom_options_are_changes_of_their_parts() {
    let options = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; message Rule { int32 min = 1; string unit = 2; } extend google.protobuf.FieldOptions { Rule rule = 50001; }";
    let of = |rule: &str| {
        let user = format!(
            "syntax = \"proto3\"; import \"o.proto\"; message M {{ int32 a = 1 [(rule) = {{ {rule} }}]; }}"
        );
        schema(&[("o.proto", options), ("a.proto", &user)])
    };
    let said: Vec<String> =
        diff(&of("min: 1 unit: \"m\""), &of("min: 2 unit: \"m\"")).iter().map(Change::sentence).collect();
    assert_eq!(said, ["field `M.a`: option (rule).min changed from `1` to `2`"]);
}

#[test]
fn a_changelog_says_what_breaks_and_which_version_it_takes() {
    let of = |old: &str, new: &str| {
        let (old, new) = (schema(&[("a.proto", &file(old))]), schema(&[("a.proto", &file(new))]));
        changelog(&diff(&old, &new), &check(&old, &new, &Selection::default()), "before")
    };
    let major = of(
        "message M { int32 a = 1; int32 b = 2; int32 c = 3; } message Gone { message In {} }",
        "message M { int64 a = 1; int32 c = 3 [deprecated = true]; int32 d = 4; }",
    );
    let rows: Vec<String> =
        major.changes.iter().map(|it| format!("{}: {}", it.group.word(), it.sentence())).collect();
    assert_eq!(
        rows,
        [
            "breaking: message `Gone` was removed (MESSAGE_NO_DELETE)",
            "breaking: field `M.a`: type changed from `int32` to `int64` (FIELD_SAME_TYPE)",
            "breaking: field `M.b` was removed (FIELD_NO_DELETE)",
            "deprecated: field `M.c` is deprecated",
            "added: field `M.d` was added",
        ]
    );
    assert_eq!(
        (major.advice, major.summary().as_str()),
        (Advice::Major, "major: 3 breaking, 1 deprecated, 1 added since before")
    );
    // Of several changes of one field, each has the rules that mind it.
    let both = of("message M { int32 a = 1; }", "message M { repeated string b = 1; }");
    let rows: Vec<String> = both.changes.iter().map(ChangeRow::sentence).collect();
    assert_eq!(
        rows,
        [
            "field `M.a` is called `M.b` now (FIELD_SAME_NAME)",
            "field `M.b`: JSON name changed from `a` to `b` (FIELD_SAME_JSON_NAME)",
            "field `M.b`: label changed from `singular` to `repeated` (FIELD_SAME_CARDINALITY)",
            "field `M.b`: type changed from `int32` to `string` (FIELD_SAME_TYPE)",
        ]
    );
    let minor = of("message M {}", "message M { int32 a = 1; }");
    assert_eq!((minor.advice, minor.of(Heading::Added).count()), (Advice::Minor, 1));
    assert_eq!(of("message M {}", "// Words.\nmessage M {}").advice, Advice::Patch);
    let none = of("message M {}", "message M {  }");
    assert_eq!((none.advice, none.summary().as_str()), (Advice::None, "no changes since before"));
    // A finding about what is no change of its own is not lost.
    let file = of(
        "syntax = \"proto2\"; message M { optional int32 a = 1; }",
        "syntax = \"proto2\"; message M { optional int32 a = 1; required int32 b = 2; }",
    );
    assert_eq!(file.advice, Advice::Major);
}
