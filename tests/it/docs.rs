//! The pages of the docs at the command line and in a browser; what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _};
use serde_json::Value;

use protogate::codegen::{Options, Output, generate};
use protogate::promise::{Rules, Verdict};
use protogate::schema::{Schema, Source, load};

use super::peers;
use super::run::protogate;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub fn schema(source: &Source) -> Schema {
    let loaded = load(source);
    let said: Vec<_> = loaded.diagnostics.iter().map(|it| &it.message).collect();
    assert!(said.is_empty(), "{said:?}");
    loaded.schema
}

/// `docs/index.json` of a schema.
pub fn view(schema: &Schema, options: &Options) -> Value {
    let options = Options { outputs: vec![Output::Docs], ..options.clone() };
    let files = generate(schema, &options).unwrap_or_else(|said| panic!("{said:#?}"));
    serde_json::from_slice(files.get("docs/index.json").unwrap()).unwrap()
}

pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Every message has a sample that a parser of ProtoJSON reads, that is written again as it was read, and that keeps
/// the rules. How many there are.
fn samples_return(schema: &Schema) -> usize {
    let view = view(schema, &Options::default());
    let mut count = 0;
    for message in list(&view, "packages").iter().flat_map(|it| list(it, "messages")) {
        let name = message["full_name"].as_str().unwrap();
        let desc: MessageDescriptor = schema.pool().get_message_by_name(name).unwrap();
        let text = message["sample"].as_str().unwrap_or_else(|| panic!("{name} has no sample"));
        let mut from = serde_json::Deserializer::from_str(text);
        let read =
            DynamicMessage::deserialize(desc.clone(), &mut from).unwrap_or_else(|e| panic!("{name}: {e}"));
        let json: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json, "{name}");
        let bytes = prost::Message::encode_to_vec(&read);
        assert_eq!(DynamicMessage::decode(desc.clone(), &bytes[..]).unwrap(), read, "{name}");
        let rules = Rules::of(&desc);
        if !rules.ask_the_clock() {
            let verdict = rules.judge(&read);
            assert!(!matches!(verdict, Verdict::Broken(_)), "{name}: {verdict:?}");
        }
        assert_eq!(read.descriptor(), desc);
        count += 1;
    }
    count
}

const DIFFICULT: &str = r#"
syntax = "proto2";
package difficult;
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/wrappers.proto";
message Known {
  optional google.protobuf.Any any = 1; optional google.protobuf.Struct struct = 2;
  optional google.protobuf.Value value = 3; optional google.protobuf.ListValue list = 4;
  optional google.protobuf.Timestamp at = 5; optional google.protobuf.Duration span = 6;
  optional google.protobuf.FieldMask mask = 7; optional google.protobuf.Int64Value number = 8;
}
message Tree { required Leaf leaf = 1; repeated Tree trees = 2; map<string, Tree> named = 3; optional group Part = 4 { optional Tree tree = 1; } }
message Leaf { required bytes data = 1; optional double d = 2 [default = -inf]; optional Color color = 3; repeated sint32 deltas = 4 [packed = true]; }
enum Color { option allow_alias = true; RED = 3; CRIMSON = 3; }
message Open { extensions 100 to max; }
message Nothing {}
extend Open { optional string more = 100; }
"#;

#[test]
fn samples_of_every_message_return_and_keep_the_rules() {
    assert!(samples_return(&schema(&Source::parse(&format!("{ROOT}/proto")).unwrap())) > 20);
    let difficult = Source::Text(vec![("d.proto".to_owned(), DIFFICULT.to_owned())]);
    assert_eq!(samples_return(&schema(&difficult)), 6);
    if let Some(root) = peers::or_skip("google-proto-files-6") {
        for package in ["pubsub/v1", "firestore/v1", "spanner/v1"] {
            let sources = super::codegen_compiles::with_imports(&root, &format!("google/{package}"));
            assert!(samples_return(&schema(&Source::Text(sources))) > 50, "{package}");
        }
    }
}

const BEFORE: &str = "syntax = \"proto3\";\npackage a;\n// Kept.\nmessage A { string kept = 1; string gone = 2; int32 other = 3; }\nmessage Old {}\nservice S { rpc Kept(A) returns (A); }\n";
const AFTER: &str = "syntax = \"proto3\";\npackage a;\n// Kept.\nmessage A { string kept = 1; int64 other = 3; }\n// Is new.\nmessage New { string x = 1; }\nservice S { rpc Kept(A) returns (A); rpc Added(A) returns (A); }\n";

#[test]
fn what_changed_since_a_baseline_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, text) in [("before", BEFORE), ("after", AFTER)] {
        fs::create_dir(at.join(name)).unwrap();
        fs::write(at.join(name).join("a.proto"), text).unwrap();
    }
    let read = |out: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(at.join(out).join("docs/index.json")).unwrap()).unwrap()
    };
    let arguments = ["generate", "after", "--output", "docs", "--out"];
    assert_eq!(protogate(at, &[&arguments[..], &["plain"]].concat()).code, 0);
    assert_eq!(read("plain")["since"], Value::Null);
    let ran = protogate(at, &[&arguments[..], &["marked", "--docs-since", "before"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let view = read("marked");
    assert_eq!(view["since"]["baseline"], "before");
    let gone: BTreeSet<_> =
        list(&view["since"], "removed").iter().filter_map(|it| it["full_name"].as_str()).collect();
    assert_eq!(gone, BTreeSet::from(["a.A.gone", "a.Old"]));
    let messages = list(&view["packages"][0], "messages");
    let kind = |name: &str| {
        let methods = list(&list(&view["packages"][0], "services")[0], "methods");
        let fields = messages.iter().flat_map(|it| list(it, "fields")).chain(messages).chain(methods);
        let it = fields.into_iter().find(|it| it["full_name"] == name).unwrap();
        it["change"]["kind"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(
        ["a.A", "a.A.kept", "a.A.other", "a.New", "a.S.Kept", "a.S.Added"].map(kind),
        ["breaking", "none", "breaking", "new", "none", "new"].map(str::to_owned)
    );
    let html = fs::read_to_string(at.join("marked/docs/index.html")).unwrap();
    for badge in ["tag breaking\">breaking", "tag new\">new", "Changes since <code>before"] {
        assert!(html.contains(badge), "{badge}");
    }
    let wrong = protogate(at, &[&arguments[..], &["x", "--docs-since", "nowhere"]].concat());
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

#[test]
fn too_few_comments_are_findings_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("p")).unwrap();
    fs::write(at.join("p/a.proto"), AFTER).unwrap();
    let config = |least: &str| {
        let text = format!(
            "input = \"p\"\n[generate]\nout = \"out\"\noutputs = [\"docs\"]\n[generate.docs]\nmin-coverage = {least}\n"
        );
        fs::write(at.join("protogate.toml"), text).unwrap();
    };
    config("25");
    let ran = protogate(at, &["generate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("docs: 2 of 8 elements have a comment (25 %)"), "{ran:?}");
    assert_eq!(protogate(at, &["generate", "--check"]).code, 0);
    config("26");
    let ran = protogate(at, &["generate", "--check"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for said in ["DOCS_COVERAGE", "field `a.A.kept` has no comment", "p/a.proto:4:13", "26 %"] {
        assert!(ran.stdout.contains(said), "{said}: {ran:?}");
    }
    config("101");
    let ran = protogate(at, &["generate", "--check"]);
    assert!(
        ran.code == 2 && ran.stderr.clone().contains("0 to 100") || ran.stdout.contains("0 to 100"),
        "{ran:?}"
    );
}

/// Opens pages in a Chromium of the system, in both colour schemes, wide and narrow, and asks axe-core.
#[test]
fn pages_are_usable_by_keyboard_at_any_width_and_axe_finds_nothing() {
    let Some(axe) = peers::or_skip("axe") else { return };
    let Some(chromium) = peers::chromium_or_skip() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut pages = Vec::new();
    let mut add = |name: &str, input: &str, more: &[&str]| {
        let arguments = ["generate", input, "--output", "docs", "--out", name];
        let ran = protogate(at, &[&arguments[..], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        pages.push(at.join(name).join("docs/index.html"));
    };
    fs::create_dir(at.join("difficult")).unwrap();
    fs::write(at.join("difficult/d.proto"), DIFFICULT).unwrap();
    add("user", &format!("{ROOT}/proto"), &["--docs-since", &format!("{ROOT}/baseline")]);
    add("difficult-out", "difficult", &["--docs-since", &format!("{ROOT}/baseline")]);
    let ran = Command::new("node")
        .arg(Path::new(ROOT).join("tests/docs/pages.mjs"))
        .arg(&axe)
        .arg(&chromium)
        .args(&pages)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("pages are fine"), "{said}");
}
