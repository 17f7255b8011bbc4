//! Generated Rust is compiled, skeletons included, with the versions of this workspace and no network.

#![allow(clippy::panic, clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protogate::codegen::{Edits, FileSet, Options, Output, generate};
use protogate::schema::{Schema, Source, load};

use crate::peers;

/// Everything that has broken a Rust generator before, in as few lines as it takes.
const TORTURE: [(&str, &str); 5] = [
    (
        "torture.proto",
        r#"syntax = "proto3";
        package torture.v1;
        import "common.proto";
        import "root.proto";
        import "legacy.proto";
        import "google/api/annotations.proto";
        import "google/api/httpbody.proto";
        import "google/protobuf/empty.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        import "google/rpc/status.proto";
        // Runs nothing:
        //
        //     let broken = this is not Rust;
        //
        // ```
        // nor is this
        // ```
        service Match {
          rpc Type(Self) returns (google.protobuf.Empty) {
            option (google.api.http) = {get: "/v1/{type}"};
          }
          rpc Async(Self) returns (stream common.Outer.Inner) { option deprecated = true; }
          rpc Self(stream Root) returns (google.rpc.Status);
          rpc list_all(stream google.protobuf.Timestamp) returns (stream google.api.HttpBody);
        }
        // Same names as keywords.
        message Self {
          string type = 1;
          bool match = 2;
          int32 self = 3 [deprecated = true];
          repeated Struct struct = 4;
          enum Enum { NONE = 0; SELF = 1; }
          Enum enum = 5;
          optional google.protobuf.Timestamp async = 6;
          google.protobuf.StringValue crate = 7;
        }
        message Struct {
          Struct fn = 1;
          oneof impl { Struct move = 2; Inner inner = 3; bytes raw = 4; google.protobuf.Value any = 5; }
          message Inner { Inner again = 1; map<string, Struct> children = 2; map<int32, common.Color> colors = 3; }
          message Outer { message Inner { double x = 1; } Inner inner = 1; }
          optional common.Outer.Inner elsewhere = 6;
          legacy.Old old = 7;
        }
        message Ping { Pong pong = 1; }
        message Pong { oneof back { Ping ping = 1; } }
        message Empty {}
        "#,
    ),
    (
        "common.proto",
        r#"syntax = "proto3";
        package common;
        enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
        message Outer { message Inner { float x = 1; } Inner inner = 1; }
        "#,
    ),
    (
        "root.proto",
        r#"syntax = "proto3";
        import "common.proto";
        message Root { common.Outer outer = 1; message Inner { Root root = 1; } Inner inner = 2; }
        service RootService { rpc Get(Root) returns (Root.Inner); }
        "#,
    ),
    (
        "legacy.proto",
        r#"syntax = "proto2";
        package legacy;
        message Old {
          required string name = 1 [default = "a\"b"];
          optional group Part = 2 { optional Old whole = 1; optional double d = 2 [default = inf]; }
          optional bytes b = 3 [default = "\001\377"];
          extensions 100 to max;
        }
        extend Old { optional int32 more = 100; }
        "#,
    ),
    ("empty.proto", ""),
];

#[test]
fn a_crate_of_everything_difficult_compiles_with_its_skeletons() {
    let sources = TORTURE.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let (_, files) = generated(sources);
    assert_eq!(skeletons(&files), ["match.rs", "mod.rs", "root_service.rs"]);
    compile("codegen_compiles", &files);
}

#[test]
fn googles_pubsub_of_the_corpus_has_docs_and_rust_that_compiles() {
    let Some(root) = peers::or_skip("google-proto-files-6") else { return };
    let (schema, files) = generated(with_imports(&root, "google/pubsub/v1"));
    assert_eq!(skeletons(&files), ["mod.rs", "publisher.rs", "schema_service.rs", "subscriber.rs"]);

    let services: Vec<_> = schema.own_files().flat_map(|file| file.descriptor().services()).collect();
    let methods: Vec<_> = services.iter().flat_map(|service| service.methods()).collect();
    assert!(services.len() == 3 && methods.len() > 30, "{} methods", methods.len());
    let names = services.iter().map(|it| it.full_name()).chain(methods.iter().map(|it| it.full_name()));
    let page = |path: &str| String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
    let (html, markdown) = (page("docs/index.html"), page("docs/index.md"));
    for name in names {
        assert!(html.contains(&format!("id=\"{name}\"")), "{name}");
        assert!(markdown.contains(&format!("<a id=\"{name}\"></a>")), "{name}");
    }
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(target == "content" || html.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
    assert!(!html.contains("][google."), "a link to an element is left as it was written");

    compile("corpus_compiles", &files);
}

/// Minutes, so only when asked: `cargo xtask campaign rust`.
#[test]
fn googles_largest_compile() {
    if std::env::var_os("PROTOGATE_GOOGLE_RUST").is_none() {
        return;
    }
    let Some(root) = peers::or_skip("google-proto-files-6") else { return };
    for folder in ["google/spanner/v1", "google/firestore/v1", "google/cloud/compute/v1"] {
        let name = format!("google_{}", folder.replace('/', "_"));
        compile(&name, &generated(with_imports(&root, folder)).1);
    }
}

/// The `.proto` files of one folder, and everything of the same tree that they import.
pub fn with_imports(root: &Path, folder: &str) -> Vec<(String, String)> {
    let names = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".proto"));
    let mut waiting: Vec<String> = names.map(|name| format!("{folder}/{name}")).collect();
    let mut found = BTreeMap::new();
    while let Some(name) = waiting.pop() {
        // protogate brings `google/protobuf` itself; the copies here ask for a newer compiler.
        if name.starts_with("google/protobuf/") || found.contains_key(&name) {
            continue;
        }
        let text = fs::read_to_string(root.join(&name)).unwrap();
        let imports = text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
        waiting.extend(imports.map(str::to_owned));
        found.insert(name, text);
    }
    found.into_iter().collect()
}

fn generated(sources: Vec<(String, String)>) -> (Schema, FileSet) {
    let loaded = load(&Source::Text(sources));
    let said: Vec<_> = loaded.diagnostics.iter().map(|d| &d.message).collect();
    assert!(said.is_empty(), "{said:?}");
    let outputs = [Output::DEFAULT.as_slice(), &[Output::Rest]].concat();
    let options = Options { outputs, ..Options::default() };
    let files = generate(&loaded.schema, &options).unwrap_or_else(|said| panic!("{said:#?}"));
    (loaded.schema, files)
}

fn skeletons(files: &FileSet) -> Vec<&str> {
    files.iter().filter_map(|(path, _)| path.strip_prefix("skeleton/")).collect()
}

/// Writes a crate around the files and has cargo check it.
fn compile(name: &str, files: &FileSet) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is inside the target folder");
    let root = target.join("it").join(name);
    write_crate(&root, name);
    files.write(&root.join("generated"), Edits::Refuse).unwrap_or_else(|said| panic!("{said:#?}"));
    let cargo = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--message-format", "short"])
        .current_dir(&root)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
}

fn write_crate(root: &Path, name: &str) {
    fs::create_dir_all(root.join("src")).expect("the target folder can be written");
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"))
        .expect("the target folder can be written");
    let package = format!(
        "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n"
    );
    let dependencies = r#"
        prost = "0.14"
        prost-types = "0.14"
        tokio = { version = "1", features = ["rt-multi-thread", "macros"] }
        tonic = { version = "0.14", default-features = false, features = ["codegen", "router", "transport"] }
        tonic-prost = "0.14"
    "#;
    let runtime = workspace.join("src/runtime");
    let runtime =
        format!("protogate-runtime = {{ path = {runtime:?}, features = [\"rest\", \"service\"] }}\n");
    fs::write(root.join("Cargo.toml"), package + dependencies + &runtime)
        .expect("the target folder can be written");
    let library = "//! All of it.\n#[path = \"../generated/rust/mod.rs\"]\npub mod pb;\n\
                   #[path = \"../generated/skeleton/mod.rs\"]\npub mod skeleton;\n\
                   #[deny(warnings, missing_docs)]\n#[path = \"../generated/rest/mod.rs\"]\npub mod rest;\n";
    fs::write(root.join("src/lib.rs"), library).expect("the target folder can be written");
}
