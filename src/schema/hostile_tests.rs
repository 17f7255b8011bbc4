//! Input that means harm, or was cut in half: it is refused in words, and quickly.

use proptest::prelude::*;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MessageOptions,
};

use super::{Loaded, Source, load, load_pair};
use crate::diag::{Report, Verdict};

fn text(files: &[(&str, &str)]) -> Loaded {
    load(&Source::Text(files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect()))
}

fn set(bytes: &[u8]) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.binpb");
    std::fs::write(&path, bytes).unwrap();
    load(&Source::DescriptorSet(path))
}

fn encode(file: Vec<FileDescriptorProto>) -> Vec<u8> {
    FileDescriptorSet { file }.encode_to_vec()
}

/// Refused, with words that are expected and a way out of each.
#[track_caller]
fn refused(loaded: Loaded, words: &str) {
    let report = Report::new(loaded.diagnostics);
    assert_eq!(report.verdict(), Verdict::Failed, "{words}");
    assert!(report.diagnostics().iter().all(|it| it.help.is_some()), "{:?}", report.diagnostics());
    let said = report.diagnostics().iter().any(|it| it.message.contains(words));
    assert!(
        said,
        "no {words:?} in {:?}",
        report.diagnostics().iter().map(|it| &it.message).collect::<Vec<_>>()
    );
}

fn file(name: &str, fields: Vec<FieldDescriptorProto>) -> FileDescriptorProto {
    let message = DescriptorProto { name: Some("M".into()), field: fields, ..Default::default() };
    FileDescriptorProto { name: Some(name.into()), message_type: vec![message], ..Default::default() }
}

fn field(number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(format!("f{}", number.unsigned_abs())),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

#[test]
fn nesting_of_any_kind_ends_with_words() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let options = "import \"google/protobuf/descriptor.proto\";
        message O { optional O a = 1; } extend google.protobuf.MessageOptions { optional O o = 50001; }";
    for (body, words) in [
        (deep("message M {", "}"), "nest"),
        (deep("message M { optional group G = 1 {", "}}"), ""),
        (deep("message M { oneof o {", "}}"), ""),
        (format!("{options} message N {{ option (o) = {{ {} }}; }}", deep("a {", "}")), "nests deeper"),
        (format!("{options} message N {{ option (o) = {{ {} }}; }}", deep("a <", ">")), "nests deeper"),
        (format!("{options} message N {{ option (o) = {}; }}", deep("{ a: [", "]}")), "nests deeper"),
        (deep("/*", "*/"), ""),
        (deep("{", "}"), ""),
        (deep("(", ")"), ""),
        (format!("message N {{ option (o){} = 1; }}", ".a".repeat(100_000)), ""),
        (format!("message N {{ optional int32 n = {}1; }}", "-".repeat(100_000)), ""),
    ] {
        refused(text(&[("deep.proto", &body)]), words);
    }
    let just =
        format!("{options} message N {{ option (o) = {{ {} {} }}; }}", "a {".repeat(98), "}".repeat(98));
    assert_eq!(text(&[("deep.proto", &just)]).diagnostics.len(), 0);
}

#[test]
fn nesting_in_a_descriptor_set_ends_with_words() {
    // From the inside out, because prost's own encoder recurses: tag of `nested_type`, length, content.
    let mut inner: Vec<u8> = Vec::new();
    for _ in 0..10_000 {
        let mut outer = vec![0x1a];
        prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
        outer.append(&mut inner);
        inner = outer;
    }
    let mut message = vec![0x22];
    prost::encode_length_delimiter(inner.len(), &mut message).unwrap();
    let file = [b"\x0a\x01a".as_slice(), &message, &inner].concat();
    let mut whole = vec![0x0a];
    prost::encode_length_delimiter(file.len(), &mut whole).unwrap();
    refused(set(&[whole, file].concat()), "recursion limit");
    refused(set(&[0x0b].repeat(1_000_000)), "not a descriptor set");
    refused(set("{\"file\":".repeat(100_000).as_bytes()), "not a descriptor set");
}

#[test]
fn descriptors_that_no_compiler_writes_are_refused() {
    let bytes =
        |default: &str| FieldDescriptorProto { default_value: Some(default.into()), ..field(1, Type::Bytes) };
    let one = |field: FieldDescriptorProto| vec![file("a", vec![field])];
    let imports = |at: i32| FileDescriptorProto {
        dependency: vec!["b".into()],
        public_dependency: vec![at],
        message_type: vec![],
        ..file("a", vec![])
    };
    let mut entry = file("a", vec![]);
    entry.message_type[0].options = Some(MessageOptions { map_entry: Some(true), ..Default::default() });
    let unnamed = FileDescriptorProto { name: None, ..file("", vec![]) };
    for (files, words) in [
        (one(bytes(r"\777")), "not escaped"),
        (one(bytes("\\xa\u{e9}")), "not escaped"),
        (one(FieldDescriptorProto { oneof_index: Some(7), ..field(1, Type::Bool) }), "oneof"),
        (one(FieldDescriptorProto { oneof_index: Some(-1), ..field(1, Type::Bool) }), "oneof"),
        (
            one(FieldDescriptorProto { type_name: Some(".nowhere".into()), ..field(1, Type::Message) }),
            "nowhere",
        ),
        (one(FieldDescriptorProto { number: None, ..field(1, Type::Bool) }), "number"),
        (
            one(FieldDescriptorProto { name: Some("a.b".into()), ..field(1, Type::Bool) }),
            "`a.b` is not a name",
        ),
        (one(field(i32::MAX, Type::Bool)), "number"),
        (one(field(i32::MIN, Type::Bool)), "number"),
        (one(FieldDescriptorProto { name: None, ..field(1, Type::Bool) }), "`` is not a name"),
        (vec![file("b", vec![]), imports(9)], "index"),
        (vec![file("b", vec![]), imports(-9)], "index"),
        (vec![imports(0)], "not found"),
        (vec![entry], "map entry"),
        (vec![file("a", vec![]), file("a", vec![field(1, Type::Bool)])], "twice"),
        (vec![unnamed], "without a name"),
    ] {
        refused(set(&encode(files)), words);
    }
}

#[test]
fn public_imports_that_branch_without_end_are_refused() {
    let public = |level: usize| {
        let imports = (level < 40).then(|| {
            let next = level + 1;
            format!("import public \"l{next}.proto\"; import public \"r{next}.proto\";")
        });
        imports.unwrap_or_default()
    };
    let all: String =
        (0..=40).rev().map(|n| format!("import \"l{n}.proto\"; import \"r{n}.proto\";")).collect();
    let pairs =
        (0..=40).flat_map(|n| [(format!("l{n}.proto"), public(n)), (format!("r{n}.proto"), public(n))]);
    let files = pairs.chain([("all.proto".to_owned(), all)]).collect();
    refused(load(&Source::Text(files)), "more than 10000 ways");
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let loaded = text(&[("a.proto", "\u{feff}message A { optional B b = 1; }")]);
    let place = loaded.diagnostics[0].place.as_ref().unwrap();
    assert_eq!(
        (loaded.diagnostics[0].message.as_str(), place.span_or_start().start_column),
        ("name 'B' is not defined", 22)
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.proto"), b"\xef\xbb\xbfmessage A {}").unwrap();
    let loaded = load(&Source::Directory(folder.path().into()));
    assert_eq!(loaded.diagnostics.len(), 0);
    let file = loaded.schema.file("a.proto").unwrap();
    assert_eq!((file.place(&[4, 0]).span_or_start().start_column, file.text()), (1, Some("message A {}")));
}

#[test]
fn a_file_full_of_mistakes_is_not_repeated_in_full() {
    for body in
        ["@".repeat(1 << 20), "message {} ".repeat(50_000), "message M { optional N n = 1; }".repeat(5_000)]
    {
        let loaded = text(&[("a.proto", &body)]);
        assert!((1..=100).contains(&loaded.diagnostics.len()), "{}", loaded.diagnostics.len());
    }
}

/// Something of everything a schema can hold.
const RICH: &str = r#"
    syntax = "proto2"; package p.q; import public "base.proto"; import "google/protobuf/descriptor.proto";
    option java_package = "x"; option (note) = { s: "a\n" n: -1 m { key: "k" value: 2 } sub { s: "b" } };
    message Note { optional string s = 1; optional sint64 n = 2; map<string, int32> m = 3; repeated Note sub = 4; }
    extend google.protobuf.FileOptions { optional Note note = 50001; }
    message M { option deprecated = true; reserved 5, 7 to 9, 100 to max; reserved "old"; extensions 20 to 30;
      optional int32 i = 1 [default = -3, deprecated = true]; optional bytes b = 2 [default = "\001\\"];
      optional E e = 3 [default = B]; oneof o { string s = 10; Base t = 11; } repeated int64 r = 12 [packed = true];
      map<int32, Note> notes = 13; optional group G = 14 { required float f = 1 [default = inf]; }
      message In { message Deep { optional In up = 1; } } enum E { option allow_alias = true; A = 0; B = 1; C = 1; reserved 3 to 5; } }
    extend M { optional string more = 20 [json_name = "andMore"]; }
    service S { rpc Do (M) returns (stream Base) { option idempotency_level = IDEMPOTENT; } }
"#;

fn rich() -> [(String, String); 2] {
    [
        ("base.proto".into(), "message Base { optional string s = 1; }".into()),
        ("rich.proto".into(), RICH.into()),
    ]
}

/// A change to bytes: flip, cut or insert at a place between 0 and 1 of their length.
fn change() -> impl Strategy<Value = (f64, u8, Vec<u8>)> {
    (0.0..1.0, 0..3_u8, prop::collection::vec(any::<u8>(), 1..6))
}

fn changed(mut bytes: Vec<u8>, changes: &[(f64, u8, Vec<u8>)]) -> Vec<u8> {
    for (place, kind, noise) in changes {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = (place * bytes.len() as f64) as usize;
        let end = (at + noise.len()).min(bytes.len());
        match kind {
            0 => bytes[at..end].copy_from_slice(&noise[..end - at]),
            1 => drop(bytes.drain(at..end)),
            _ => drop(bytes.splice(at..at, noise.iter().copied())),
        }
    }
    bytes
}

/// Loading came to an end; now every comment and place is asked for as well, and every problem has a help.
fn explored(loaded: &Loaded) -> Result<(), TestCaseError> {
    for said in &loaded.diagnostics {
        prop_assert!(said.help.is_some(), "{}", said.message);
    }
    for file in loaded.schema.files() {
        let _ = file.place(&[4, 0, 2, 0]);
    }
    let _ = loaded.schema.descriptor_set();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_ends(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        explored(&load(&Source::Text(vec![("a.proto".into(), text)])))?;
        explored(&set(&bytes))?;
    }

    #[test]
    fn changed_text_ends(changes in prop::collection::vec(change(), 1..4)) {
        let [base, (name, text)] = rich();
        let text = String::from_utf8_lossy(&changed(text.into_bytes(), &changes)).into_owned();
        let (old, new) = (Source::Text(rich().into()), Source::Text(vec![base, (name, text)]));
        let (old, new) = load_pair(&old, &new);
        explored(&old)?;
        explored(&new)?;
    }

    #[test]
    fn changed_descriptors_end(changes in prop::collection::vec(change(), 1..4)) {
        let whole = load(&Source::Text(rich().into()));
        prop_assert!(whole.diagnostics.is_empty());
        // Not descriptor.proto, which is most of it.
        let mut whole = FileDescriptorSet::decode(whole.schema.descriptor_set().as_slice()).unwrap();
        whole.file.retain(|file| !file.name().starts_with("google/"));
        explored(&set(&changed(whole.encode_to_vec(), &changes)))?;
    }
}
