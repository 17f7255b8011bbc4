//! What the rules of the category RUST say, held to the compiler: for each change, code that used the old schema is
//! checked against what is generated from the new one.

#![allow(clippy::panic, clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protogate::codegen::{Edits, Options, generate};
use protogate::rules::breaking::{Category, Selection, check};
use protogate::schema::{Schema, Source, load};

/// A change, code that uses the old schema, the rule that speaks and the error of the compiler; neither for a change
/// that Rust does not see.
struct Row {
    id: &'static str,
    old: &'static str,
    new: &'static str,
    code: &'static str,
    found: Option<(&'static str, &'static str)>,
}

const fn row(id: &'static str, old: &'static str, new: &'static str, code: &'static str) -> Row {
    Row { id, old, new, code, found: None }
}

impl Row {
    const fn is(self, rule: &'static str, error: &'static str) -> Row {
        Row { found: Some((rule, error)), ..self }
    }
}

const SERVER: &str = "pub struct Server;\n#[tonic::async_trait]\nimpl pb::p::s_server::S for Server {\n  \
    async fn get(&self, _: tonic::Request<pb::p::M>) -> Result<tonic::Response<pb::p::M>, tonic::Status> {\n    Err(tonic::Status::unimplemented(\"\"))\n  }\n}";

const ROWS: [Row; 15] = [
    row(
        "oneof_member_added",
        "message M { oneof o { int32 a = 1; } }",
        "message M { oneof o { int32 a = 1; string b = 2; } }",
        "pub fn f(it: pb::p::m::O) -> i32 { match it { pb::p::m::O::A(a) => a } }",
    )
    .is("RUST_ENUM_SAME_VARIANTS", "E0004"),
    row(
        "enum_value_added",
        "enum E { E_ZERO = 0; }",
        "enum E { E_ZERO = 0; E_ONE = 1; }",
        "pub fn f(it: pb::p::E) -> i32 { match it { pb::p::E::Zero => 0 } }",
    )
    .is("RUST_ENUM_SAME_VARIANTS", "E0004"),
    row(
        "enum_value_renamed",
        "enum E { E_ZERO = 0; }",
        "enum E { E_NONE = 0; }",
        "pub fn f() -> pb::p::E { pb::p::E::Zero }",
    )
    .is("RUST_ENUM_SAME_VARIANTS", "E0599"),
    row(
        "field_added",
        "message M { int32 a = 1; }",
        "message M { int32 a = 1; int32 b = 2; }",
        "pub fn f() -> pb::p::M { pb::p::M { a: 1 } }",
    )
    .is("RUST_STRUCT_SAME_FIELDS", "E0063"),
    row(
        "field_renamed",
        "message M { int32 a = 1; }",
        "message M { int32 b = 1; }",
        "pub fn f(it: &pb::p::M) -> i32 { it.a }",
    )
    .is("RUST_STRUCT_SAME_FIELDS", "E0609"),
    row(
        "implicit_to_optional",
        "message M { int32 a = 1; }",
        "message M { optional int32 a = 1; }",
        "pub fn f(it: &pb::p::M) -> i32 { it.a }",
    )
    .is("RUST_SAME_TYPE", "E0308"),
    row(
        "type_that_holds_it_now",
        "message M { N n = 1; } message N { repeated M m = 1; }",
        "message M { N n = 1; } message N { M m = 1; }",
        "pub fn f(it: pb::p::M) -> Option<pb::p::N> { it.n }",
    )
    .is("RUST_SAME_TYPE", "E0308"),
    row(
        "type_that_held_it",
        "message M { N n = 1; } message N { M m = 1; }",
        "message M { N n = 1; } message N { repeated M m = 1; }",
        "pub fn f(it: pb::p::M) -> Option<Box<pb::p::N>> { it.n }",
    )
    .is("RUST_SAME_TYPE", "E0308"),
    row(
        "oneof_of_a_type_that_holds_it_now",
        "message M { oneof o { N n = 1; } } message N { map<string, M> m = 1; }",
        "message M { oneof o { N n = 1; } } message N { M m = 1; }",
        "pub fn f(it: pb::p::m::O) -> pb::p::N { match it { pb::p::m::O::N(n) => n } }",
    )
    .is("RUST_SAME_TYPE", "E0308"),
    row(
        "rpc_added",
        "message M {} service S { rpc Get(M) returns (M); }",
        "message M {} service S { rpc Get(M) returns (M); rpc Set(M) returns (M); }",
        SERVER,
    )
    .is("RUST_TRAIT_SAME_METHODS", "E0046"),
    row(
        "rpc_renamed",
        "message M {} service S { rpc Get(M) returns (M); }",
        "message M {} service S { rpc Fetch(M) returns (M); }",
        SERVER,
    )
    .is("RUST_TRAIT_SAME_METHODS", "E0407"),
    row(
        "message_moved_into_another",
        "message M {} message N {}",
        "message N { message M {} }",
        "pub fn f() -> pb::p::M { pb::p::M {} }",
    )
    .is("RUST_ITEM_NO_DELETE", "E0425"),
    row(
        "other_case",
        "message HTTP { int32 fooBar = 1; }",
        "message Http { int32 foo_bar = 1; }",
        "pub fn f() -> pb::p::Http { pb::p::Http { foo_bar: 1 } }",
    ),
    row(
        "other_encoding",
        "import \"google/protobuf/wrappers.proto\"; message M { int32 a = 1; google.protobuf.StringValue b = 2; }",
        "message M { sint32 a = 1; optional string b = 2; }",
        "pub fn f() -> pb::p::M { pb::p::M { a: 1, b: Some(String::new()) } }",
    ),
    row(
        "other_number_and_alias",
        "enum E { option allow_alias = true; A = 0; B = 1; C = 1; }",
        "enum E { option allow_alias = true; A = 0; B = 2; C = 2; D = 2; }",
        "pub fn f(it: pb::p::E) -> i32 { match it { pb::p::E::A => 0, pb::p::E::B => 1 } }",
    ),
];

fn schema(text: &str) -> Schema {
    let text = format!("syntax = \"proto3\"; package p; {text}");
    let loaded = load(&Source::Text(vec![("a.proto".into(), text)]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn said(old: &str, new: &str) -> BTreeSet<&'static str> {
    let found = check(&schema(old), &schema(new), &Selection::category(Category::Rust));
    found.iter().map(|it| it.rule.id).collect()
}

#[test]
fn the_compiler_minds_what_the_rules_say_and_nothing_else() {
    let root = folder();
    // Rows that were there once would be checked, too.
    let _ = fs::remove_dir_all(&root);
    let old: String = ROWS.iter().map(|row| module(&root.join("old"), row, row.old)).collect();
    write_crate(&root, "old", &old);
    for row in &ROWS {
        assert_eq!(said(row.old, row.new), row.found.iter().map(|it| it.0).collect(), "{}", row.id);
        let name = format!("new_{}", row.id);
        let library = module(&root.join(&name), row, row.new);
        write_crate(&root, &name, &library);
    }
    let errors = errors(&root);
    assert_eq!(errors.get("old"), None, "the old code is not right: {errors:?}");
    for row in &ROWS {
        let codes = errors.get(&format!("new_{}", row.id));
        match row.found {
            None => assert_eq!(codes, None, "{}", row.id),
            Some((_, code)) => {
                assert!(codes.is_some_and(|codes| codes.contains(code)), "{}: {codes:?}", row.id);
            }
        }
    }
}

#[test]
fn names_that_become_one_are_refused_by_the_generator_as_well() {
    let (old, new) = ("message HTTP {}", "message HTTP {} message Http {}");
    assert_eq!(said(old, new), ["RUST_NAME_COLLISION"].into());
    let refused = generate(&schema(new), &Options::default()).unwrap_err();
    assert!(refused[0].message.contains("`Http`"), "{refused:?}");
}

/// The generated code of a schema and the code of a row, as modules of a crate.
fn module(root: &Path, row: &Row, text: &str) -> String {
    let files = generate(&schema(text), &Options::default()).unwrap_or_else(|said| panic!("{said:#?}"));
    files.write(&root.join(row.id), Edits::Refuse).unwrap_or_else(|said| panic!("{said:#?}"));
    let generated = root.join(row.id).join("rust/mod.rs");
    format!("pub mod {} {{\n#[path = {generated:?}]\npub mod pb;\n{}\n}}\n", row.id, row.code)
}

fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is inside the target folder");
    target.join("it").join("rust_rules")
}

fn write_crate(root: &Path, name: &str, library: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\nprost.workspace = true\n\
         prost-types.workspace = true\ntonic.workspace = true\ntonic-prost.workspace = true\n"
    );
    fs::create_dir_all(root.join(name).join("src")).unwrap();
    fs::write(root.join(name).join("Cargo.toml"), manifest).unwrap();
    fs::write(root.join(name).join("src/lib.rs"), library).unwrap();
}

/// Has cargo check every crate, each for itself: the codes of the compiler's errors by crate.
fn errors(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let workspace = r#"
        [workspace]
        resolver = "3"
        members = ["*"]
        [workspace.dependencies]
        prost = "0.14"
        prost-types = "0.14"
        tonic = { version = "0.14", default-features = false, features = ["codegen", "router", "transport"] }
        tonic-prost = "0.14"
    "#;
    fs::write(root.join("Cargo.toml"), workspace).unwrap();
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::copy(own.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let arguments =
        ["check", "--offline", "--workspace", "--keep-going", "--quiet", "--message-format", "json"];
    let cargo = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root)
        .env("CARGO_TARGET_DIR", root.parent().unwrap().parent().unwrap())
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let mut errors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut checked = 0;
    for line in String::from_utf8(cargo.stdout).unwrap().lines() {
        let line: serde_json::Value = line.parse().unwrap();
        checked += usize::from(line["reason"] == "compiler-artifact" || line["reason"] == "compiler-message");
        if line["message"]["level"] == "error" {
            let name = line["target"]["name"].as_str().unwrap().to_owned();
            let code = line["message"]["code"]["code"].as_str().unwrap_or("none").to_owned();
            errors.entry(name).or_default().insert(code);
        }
    }
    assert!(checked > ROWS.len(), "cargo did not check: {}", String::from_utf8_lossy(&cargo.stderr));
    errors
}
