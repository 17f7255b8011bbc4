//! Generated Rust at work: random schemas and one of hard names in one crate, which turns bytes into JSON and JSON into
//! bytes. What it says is held against prost-reflect and, where it is installed, Python's `json_format`.
//!
//! `PROTOGATE_RUST_SCHEMAS` and `PROTOGATE_SEED` say how many schemas and which; `cargo xtask campaign rust` sets them.

mod program;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::strategy::{Strategy as _, ValueTree as _};
use prost_reflect::{Cardinality, DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};
use protogate::codegen::{FileSet, Options, Output, generate};
use protogate::schema::{Schema, Source, load};
use protogate::values::{Limits, encode, message};

use crate::{pairs, peers};
use program::Program;

/// Schemas in the ordinary suite, and values of each message.
const SCHEMAS: u64 = 12;
const VALUES: usize = 3;
/// Values of the messages written by hand, which have more to be wrong.
const HARD_VALUES: usize = 40;

/// What JSON has rules for.
const HARD: [(&str, &str); 3] = [
    (
        "hard.proto",
        r#"syntax = "proto3";
        package hard.self.v1;
        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/empty.proto";
        import "google/protobuf/field_mask.proto";
        import "google/protobuf/struct.proto";
        import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto";
        import "google/api/annotations.proto";
        import "old.proto";
        message Self {
          int64 a_b = 1; uint64 match = 2; double type = 3; float fn = 4; bytes self = 5; Enum enum = 6;
          optional sint64 crate = 7; optional bytes super = 8; fixed64 _under = 9; sfixed32 camelCase = 10;
          string other = 11 [json_name = "@odd"]; repeated double many = 12; repeated Enum enums = 13;
          enum Enum { option allow_alias = true; ZERO = 0; SELF = 1; ALSO_SELF = 1; MINUS = -3; }
        }
        message Struct {
          oneof impl {
            google.protobuf.NullValue null = 1; google.protobuf.Value value = 2; Struct struct = 3;
            google.protobuf.BoolValue yes = 4; Self.Enum enum = 5; bytes raw = 6;
          }
          google.protobuf.Timestamp at = 10; google.protobuf.Duration span = 11;
          google.protobuf.Struct object = 13; google.protobuf.ListValue list = 14;
          google.protobuf.Empty empty = 15; google.protobuf.Any any = 16; google.protobuf.Int64Value wide = 17;
          google.protobuf.BytesValue wrapped = 18; google.protobuf.DoubleValue real = 19;
          repeated google.protobuf.Timestamp times = 20; repeated google.protobuf.Value values = 21;
          old.Old old = 22;
        }
        message Mask { google.protobuf.FieldMask mask = 1; }
        message Maps {
          map<int32, string> a = 1; map<int64, bytes> b = 2; map<uint32, Self> c = 3; map<uint64, Self.Enum> d = 4;
          map<sint32, double> e = 5; map<bool, Maps> f = 6; map<string, google.protobuf.Duration> g = 7;
          map<string, google.protobuf.Value> h = 8; map<fixed64, google.protobuf.UInt64Value> i = 9;
        }
        message Ping { Pong pong = 1; message Type { Ping type = 1; } Type type = 2; }
        message Pong { oneof back { Ping ping = 1; } map<string, Pong> pongs = 2; }
        message _9Nine { int32 _9 = 1; }
        service Match {
          rpc Type(Self) returns (Struct) {
            option idempotency_level = NO_SIDE_EFFECTS;
            option (google.api.http) = {get: "/v1/{other}" additional_bindings {post: "/v1" body: "*"}};
          }
          rpc Async(stream Ping) returns (stream Pong) { option deprecated = true; }
        }"#,
    ),
    (
        "old.proto",
        r#"syntax = "proto2";
        package old;
        message Old {
          required string name = 1;
          optional group Part = 2 { optional Old whole = 1; optional double d = 2 [default = inf]; }
          repeated group Many = 4 { required int32 x = 1; }
          optional bytes b = 3 [default = "\001\377"];
          optional Closed closed = 5 [default = ZWEI];
          repeated Closed all = 6 [packed = true];
          enum Closed { option allow_alias = true; ONE = 1; TWO = 2; ZWEI = 2; }
          extensions 100 to max;
        }
        extend Old { optional int32 more = 100; }"#,
    ),
    (
        "root.proto",
        r#"syntax = "proto3";
        import "old.proto";
        message Rootless {
          int32 implicit = 1; optional string explicit = 2; Rootless inner = 3;
          repeated int32 unpacked = 4 [packed = false]; old.Old.Part part = 5;
        }"#,
    ),
];

/// The largest `float` as prost-reflect writes it.
const LARGEST: &str = "3.4028235e+38";

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |it| it.parse().expect("a number"))
}

fn made(sources: Vec<(String, String)>) -> Result<(Schema, FileSet), String> {
    let loaded = load(&Source::Text(sources));
    if let Some(said) = loaded.diagnostics.first() {
        return Err(format!("schema: {}", said.message));
    }
    let outputs = vec![Output::Rust, Output::ProtoJson, Output::Methods];
    let options = Options { outputs, ..Options::default() };
    let files = generate(&loaded.schema, &options).map_err(|said| said[0].message.clone())?;
    Ok((loaded.schema, files))
}

/// The hand-written files, and the random ones that have a form in Rust.
fn sources(count: u64, seed: u64) -> Vec<(String, String)> {
    let hard = HARD.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let mut all = hard.to_vec();
    let mut taken = 0;
    for texts in pairs::schemas(count as usize, seed) {
        match made(texts.clone()) {
            // A message that requires itself has no finite value, and prost's `Default` of it never ends.
            Ok((schema, _))
                if schema.own_files().any(|file| file.descriptor().messages().any(requires_itself)) => {}
            Ok(_) => {
                all.extend(texts);
                taken += 1;
            }
            // Both are said to whoever has such a schema, and tested elsewhere.
            Err(said) => {
                assert!(
                    said.starts_with("schema: ") || said.contains("become") || said.contains("no form"),
                    "{said}"
                )
            }
        }
    }
    assert!(taken * 2 > count, "of {count} schemas only {taken} have a form in Rust");
    all
}

fn requires_itself(message: MessageDescriptor) -> bool {
    fn ends(message: &MessageDescriptor, around: &mut Vec<String>) -> bool {
        if around.iter().any(|it| it == message.full_name()) {
            return false;
        }
        around.push(message.full_name().to_owned());
        let required = message.fields().filter(|it| it.cardinality() == Cardinality::Required);
        let all_end = required.filter_map(|it| it.kind().as_message().cloned()).all(|it| ends(&it, around));
        around.pop();
        all_end
    }
    !ends(&message, &mut Vec::new()) || message.child_messages().any(requires_itself)
}

/// A value, and what became of it.
struct Case {
    message: DynamicMessage,
    hex: String,
    /// As prost-reflect writes it, unless it has no form in JSON.
    json: Option<String>,
}

fn cases(schema: &Schema, seed: u64) -> Vec<Case> {
    let mut runner = pairs::runner(seed);
    let mut waiting: Vec<MessageDescriptor> =
        schema.own_files().flat_map(|file| file.descriptor().messages()).collect();
    let mut cases = Vec::new();
    while let Some(it) = waiting.pop() {
        waiting.extend(it.child_messages().filter(|it| !it.is_map_entry()));
        let hard = HARD.iter().any(|(name, _)| *name == it.parent_file().name());
        for _ in 0..if hard { HARD_VALUES } else { VALUES } {
            let mut message = message(&it, &Limits::default()).new_tree(&mut runner).unwrap().current();
            without_negative_zeros(&mut message);
            // What the bytes say.
            let message = DynamicMessage::decode(it.clone(), &*encode(&message)).unwrap();
            let json = serde_json::to_string(&message).ok();
            cases.push(Case { hex: hex(&encode(&message)), json, message });
        }
    }
    cases
}

/// What others are known to do wrong, and `docs/generate.md` names. prost 0.14 leaves the value of a map's entry out when it
/// equals the default, and a message that is required does not count. prost-reflect 0.16 writes `null` for a wrapper of a
/// number that is not finite.
fn is_known(message: &DynamicMessage) -> bool {
    let is_wrapper = |it: &DynamicMessage| {
        ["google.protobuf.DoubleValue", "google.protobuf.FloatValue"].contains(&it.descriptor().full_name())
    };
    let requires_a_message = |it: &MessageDescriptor| {
        let required = it.fields().filter(|it| it.cardinality() == Cardinality::Required);
        required.into_iter().any(|it| it.kind().as_message().is_some())
    };
    let of_value = |value: &Value| match value {
        Value::Message(inner) => is_known(inner),
        Value::List(list) => list.iter().filter_map(Value::as_message).any(is_known),
        Value::Map(entries) => entries
            .values()
            .filter_map(Value::as_message)
            .any(|it| requires_a_message(&it.descriptor()) || is_known(it)),
        Value::F64(number) => is_wrapper(message) && !number.is_finite(),
        Value::F32(number) => is_wrapper(message) && !number.is_finite(),
        _ => false,
    };
    message.fields().any(|(_, value)| of_value(value))
}

/// Makes every -0.0 of a map 0.0. Known to be wrong in prost 0.14: it leaves the value of an entry out when it equals the
/// default, and the two are equal.
fn without_negative_zeros(message: &mut DynamicMessage) {
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(inner) => without_negative_zeros(inner),
            Value::List(list) => {
                list.iter_mut().filter_map(Value::as_message_mut).for_each(without_negative_zeros);
            }
            Value::Map(entries) => {
                for value in entries.values_mut() {
                    match value {
                        Value::F32(number) => *number += 0.0,
                        Value::F64(number) => *number += 0.0,
                        Value::Message(inner) => without_negative_zeros(inner),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// The same message, whatever the order of its fields and the bits of a NaN.
fn same(case: &Case, hex: &str) -> bool {
    let Ok(back) = DynamicMessage::decode(case.message.descriptor(), &*bytes(hex)) else { return false };
    encode(&back) == encode(&case.message) || serde_json::to_string(&back).ok() == case.json
}

#[test]
fn every_value_is_the_json_of_prost_reflect_and_comes_back() {
    let (count, seed) = (number("PROTOGATE_RUST_SCHEMAS", SCHEMAS), number("PROTOGATE_SEED", 0));
    let (schema, files) = made(sources(count, seed)).expect("each alone was made");
    let program = Program::build(&files);
    let cases = cases(&schema, seed);
    let asked: Vec<String> =
        cases.iter().map(|it| format!("{}\tB\t{}", it.message.descriptor().full_name(), it.hex)).collect();
    let mut wrong = Vec::new();
    for ((case, asked), answer) in cases.iter().zip(&asked).zip(program.ask(&asked)) {
        let right = match (&case.json, answer.split_once('\t')) {
            (Some(json), Some((back, said))) => {
                let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                value(json) == value(said) && same(case, back)
            }
            (None, None) => true,
            // Known to be wrong in prost-reflect 0.16: the largest `float`, rounded as it is written, is too large.
            (Some(json), None) => {
                json.contains(LARGEST) && answer.starts_with("error: float value out of range")
            }
            _ => false,
        };
        if !right && !is_known(&case.message) {
            wrong.push(format!("{asked}\n  answered {answer}\n  expected {:?}", case.json));
        }
    }
    eprintln!("{} values, {} without JSON", cases.len(), cases.iter().filter(|it| it.json.is_none()).count());
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    enums_have_their_names(&schema, &program);
    texts_are_read_as_the_specification_says(&program);
    methods_are_found(&program);
    python_agrees(&program, &files, &cases);
}

/// An alias is read, and the first name of its number written.
fn enums_have_their_names(schema: &Schema, program: &Program) {
    let kinds = schema.own_files().flat_map(|file| file.descriptor().enums().collect::<Vec<_>>());
    let inner = schema.own_files().flat_map(|file| file.descriptor().messages().collect::<Vec<_>>());
    let kinds = kinds.chain(inner.flat_map(|it| it.child_enums().collect::<Vec<_>>()));
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    for kind in kinds {
        let mut first = BTreeMap::new();
        // In the order of the file; `values` is in another.
        for value in &kind.enum_descriptor_proto().value {
            let first = first.entry(value.number()).or_insert(value.name());
            for text in [format!("{:?}", value.name()), value.number().to_string()] {
                asked.push(format!("{}\tE\t{text}", kind.full_name()));
                expected.push(format!("{first:?}"));
            }
        }
    }
    assert_eq!(program.ask(&asked), expected);
}

fn texts_are_read_as_the_specification_says(program: &Program) {
    let cases = [
        ("hard.self.v1.Self", r#"{"a_b": 5}"#, r#"{"aB":"5"}"#),
        ("hard.self.v1.Self", r#"{"aB": "5", "match": 1e2}"#, r#"{"aB":"5","match":"100"}"#),
        ("hard.self.v1.Self", r#"{"self": "-_8="}"#, r#"{"self":"+/8="}"#),
        ("hard.self.v1.Self", r#"{"self": "-_8"}"#, r#"{"self":"+/8="}"#),
        (
            "hard.self.v1.Self",
            r#"{"enum": "ALSO_SELF", "enums": [7, "MINUS"]}"#,
            r#"{"enum":"SELF","enums":[7,"MINUS"]}"#,
        ),
        ("hard.self.v1.Self", r#"{"type": "-Infinity", "fn": "NaN"}"#, r#"{"type":"-Infinity","fn":"NaN"}"#),
        ("hard.self.v1.Self", r#"{"crate": null, "other": null, "many": null}"#, "{}"),
        ("hard.self.v1.Self", r#"{"crate": 0, "super": ""}"#, r#"{"crate":"0","super":""}"#),
        ("hard.self.v1.Self", r#"{"other": "x"}"#, r#"{"@odd":"x"}"#),
        ("hard.self.v1.Struct", r#"{"null": null}"#, r#"{"null":null}"#),
        ("hard.self.v1.Struct", r#"{"value": null}"#, r#"{"value":null}"#),
        ("hard.self.v1.Struct", r#"{"struct": null, "yes": false}"#, r#"{"yes":false}"#),
        (
            "hard.self.v1.Struct",
            r#"{"at": "1970-01-01T01:00:00.5+01:00"}"#,
            r#"{"at":"1970-01-01T00:00:00.500Z"}"#,
        ),
        ("hard.self.v1.Struct", r#"{"span": "-0.000001s"}"#, r#"{"span":"-0.000001s"}"#),
        (
            "hard.self.v1.Struct",
            r#"{"any": {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}}"#,
            r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}"#,
        ),
        ("hard.self.v1.Mask", r#"{"mask": "aB,c.dE"}"#, r#"{"mask":"aB,c.dE"}"#),
        ("hard.self.v1.Maps", r#"{"f": {"true": {"a": {"-1": "x"}}}}"#, r#"{"f":{"true":{"a":{"-1":"x"}}}}"#),
        ("hard.self.v1.Self", r#"{"unknown": 1}"#, "error"),
        ("hard.self.v1.Self", r#"{"enum": "NO_SUCH"}"#, "error"),
        ("hard.self.v1.Self", r#"{"camelCase": 2147483648}"#, "error"),
        ("hard.self.v1.Self", r#"{"match": -1}"#, "error"),
        ("hard.self.v1.Struct", r#"{"struct": {}, "yes": true}"#, "error"),
        ("hard.self.v1.Struct", r#"{"at": "10000-01-01T00:00:00Z"}"#, "error"),
    ];
    let asked: Vec<String> = cases.iter().map(|(name, text, _)| format!("{name}\tJ\t{text}")).collect();
    for ((_, text, expected), answer) in cases.iter().zip(program.ask(&asked)) {
        let said = answer.split_once('\t').map_or("error", |(_, json)| json);
        assert_eq!(said, *expected, "{text}: {answer}");
    }
}

fn methods_are_found(program: &Program) {
    let asked = ["/hard.self.v1.Match/Type", "/hard.self.v1.Match/Async", "/hard.self.v1.Match/None", "x"];
    let said = program.ask(&asked.map(|path| format!("{path}\tM\t")));
    let http = r#"http: [Http { verb: "GET", path: "/v1/{other}", body: "", response_body: "" }, Http { verb: "POST", path: "/v1", body: "*", response_body: "" }]"#;
    for part in ["Unary", "NoSideEffects", "deprecated: false", http, "request: \"hard.self.v1.Self\""] {
        assert!(said[0].contains(part), "{part} in {}", said[0]);
    }
    for part in ["BidiStreaming", "Unknown", "deprecated: true", "http: []"] {
        assert!(said[1].contains(part), "{part} in {}", said[1]);
    }
    assert_eq!(said[2..], ["None", "None"]);
}

/// What we write Python reads as the same message, and the other way round.
fn python_agrees(program: &Program, files: &FileSet, cases: &[Case]) {
    let Some(python) = peers::or_skip("python") else { return };
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set.binpb");
    std::fs::write(&set, files.get("descriptor.binpb").unwrap()).unwrap();
    let cases: Vec<&Case> = cases
        .iter()
        .filter(|it| it.json.as_ref().is_some_and(|it| !it.contains(LARGEST)) && !is_known(&it.message))
        .collect();
    let lines = cases.iter().map(|it| {
        format!("{}\t{}\t{}\n", it.message.descriptor().full_name(), it.hex, it.json.as_deref().unwrap())
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/protojson.py");
    let mut python = Command::new(python)
        .args([script, set])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let lines: String = lines.collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), cases.len());

    let mut wrong = Vec::new();
    let (mut back, mut asked) = (Vec::new(), Vec::new());
    for (case, said) in cases.iter().zip(said) {
        match said.split_once('\t') {
            Some(("same", json)) => {
                back.push(*case);
                asked.push(format!("{}\tJ\t{json}", case.message.descriptor().full_name()));
            }
            _ => {
                wrong.push(format!("Python says {said}\n  of {} {}", case.hex, case.json.as_deref().unwrap()))
            }
        }
    }
    for ((case, asked), answer) in back.iter().zip(&asked).zip(program.ask(&asked)) {
        if !answer.split_once('\t').is_some_and(|(hex, _)| same(case, hex)) {
            wrong.push(format!("we say {answer}\n  to Python's {asked}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}
