//! The laws: whatever is drawn is valid, survives the wire, and shrinks to the least that still fails.

use std::time::Instant;

use proptest::{
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, MessageDescriptor, ReflectMessage as _, Value};

use super::*;
use crate::schema::{self, Source};

const TORTURE: &str = r#"
syntax = "proto2";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/descriptor.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Torture {
  required string name = 1;
  required Leaf leaf = 2;
  optional Torture again = 3;
  repeated Torture many = 4;
  optional group Box = 5 { optional int32 n = 1; repeated Torture inside = 2; }
  oneof pick { string s = 6; Leaf l = 7; bytes b = 8; Closed c = 9; double d = 10; }
  repeated int32 packed = 11 [packed = true];
  repeated sint64 loose = 12;
  map<bool, string> by_bool = 20;
  map<int32, Leaf> by_int32 = 21;
  map<sint64, Closed> by_sint64 = 22;
  map<fixed32, double> by_fixed32 = 23;
  map<uint64, bytes> by_uint64 = 24;
  map<string, Torture> by_string = 25;
  optional google.protobuf.Any any = 30;
  optional google.protobuf.Duration duration = 31;
  optional google.protobuf.Timestamp timestamp = 32;
  optional google.protobuf.FieldMask mask = 33;
  optional google.protobuf.Struct struct = 34;
  optional google.protobuf.Value value = 35;
  optional google.protobuf.ListValue list = 36;
  optional google.protobuf.StringValue text = 37;
  optional google.protobuf.Empty empty = 38;
  optional google.protobuf.FileDescriptorProto file = 39;
  optional float f = 40;
  extensions 100 to 200;
}
message Leaf { required Closed c = 1; optional bool on = 2; }
enum Closed { ONE = 1; TWO = 2; }
"#;

fn torture() -> MessageDescriptor {
    let source = Source::Text(vec![("t.proto".into(), TORTURE.into())]);
    let loaded = schema::load(&source);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    message_of(loaded.schema.pool(), "t.Torture")
}

fn message_of(pool: &DescriptorPool, name: &str) -> MessageDescriptor {
    pool.get_message_by_name(name).unwrap()
}

fn users() -> DescriptorPool {
    let loaded = schema::load(&Source::Directory("proto".into()));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema.pool().clone()
}

/// Equality that takes NaN for NaN: by the bytes of the one canonical encoding.
fn survives_the_wire(drawn: &DynamicMessage) {
    let bytes = encode(drawn);
    let back = DynamicMessage::decode(drawn.descriptor(), bytes.as_slice()).unwrap();
    assert_eq!(encode(&back), bytes);
    assert_eq!(drawn.fields().count(), back.fields().count());
}

#[test]
fn what_is_drawn_survives_the_wire() {
    let users = users();
    let types = ["user.CreateUserRequest", "user.UpdateUserRequest", "google.protobuf.FileDescriptorProto"];
    for desc in types.map(|name| message_of(&users, name)).into_iter().chain([torture()]) {
        let config = Config { failure_persistence: None, ..Config::with_cases(300) };
        let law = TestRunner::new(config).run(&message(&desc, &Limits::default()), |drawn| {
            survives_the_wire(&drawn);
            for less in simpler(&drawn).take(50) {
                survives_the_wire(&less);
            }
            Ok(())
        });
        law.unwrap_or_else(|failed| panic!("{}: {failed}", desc.full_name()));
    }
}

#[test]
fn every_boundary_is_valid_for_its_field() {
    let desc = torture();
    for field in desc.fields() {
        let values = boundaries(&field);
        assert!(!values.is_empty(), "{} has none", field.name());
        for value in values {
            assert!(value.is_valid_for_field(&field), "{}: {value:?}", field.name());
            let mut drawn = minimal(&desc);
            drawn.set_field(&field, value);
            survives_the_wire(&drawn);
        }
    }
}

#[test]
fn deep_schemas_cost_what_is_drawn() {
    let strategy = message(&torture(), &Limits { depth: 100, ..Limits::default() });
    let mut runner = TestRunner::deterministic();
    let started = Instant::now();
    for _ in 0..100 {
        strategy.new_tree(&mut runner).unwrap();
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

/// The least message of `name` that `fails` still holds for, from many starts.
fn shrunk(desc: &MessageDescriptor, fails: impl Fn(&DynamicMessage) -> bool) -> Vec<String> {
    let strategy = message(desc, &Limits::default());
    let mut least = Vec::new();
    for seed in 0..=255u8 {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        let mut tree = strategy.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap();
        if !fails(&tree.current()) {
            continue;
        }
        let mut failing = true;
        while if failing { tree.simplify() } else { tree.complicate() } {
            failing = fails(&tree.current());
        }
        assert!(fails(&tree.current()), "ends on a value that fails");
        least.push(serde_json::to_string(&tree.current()).unwrap());
    }
    least.sort();
    least.dedup();
    least
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn shrinks_to_the_least_that_fails() {
    let create = message_of(&users(), "user.CreateUserRequest");
    let page = message_of(&users(), "user.ListUsersRequest");
    let int = |message: &DynamicMessage, field: &str| {
        message.get_field_by_name(field).and_then(|value| value.as_i32()).unwrap_or(0)
    };
    assert_eq!(shrunk(&create, |_| true), ["{}"]);
    assert_eq!(shrunk(&create, |m| text(m, "name").contains('🦀')), [r#"{"name":"🦀"}"#]);
    assert_eq!(
        shrunk(&create, |m| text(m, "name").len() > 64),
        [format!(r#"{{"name":"{}"}}"#, "a".repeat(65)), format!(r#"{{"name":"a{}"}}"#, "🦀".repeat(16)),]
    );
    assert_eq!(shrunk(&create, |m| !text(m, "email").is_empty()), [r#"{"email":"a"}"#]);
    assert_eq!(shrunk(&page, |m| int(m, "limit") < 0), [r#"{"limit":-1}"#]);
    assert_eq!(
        shrunk(&page, |m| int(m, "limit") > 99 && int(m, "offset") > 7),
        [r#"{"limit":100,"offset":8}"#]
    );
}

#[test]
fn equal_messages_have_equal_bytes() {
    let desc = torture();
    let field = desc.get_field_by_name("by_string").unwrap();
    let bytes = |names: &[&str]| {
        let mut drawn = minimal(&desc);
        let entries =
            names.iter().map(|name| (MapKey::String(name.to_string()), Value::Message(minimal(&desc))));
        drawn.set_field(&field, Value::Map(entries.collect()));
        encode(&drawn)
    };
    assert_eq!(bytes(&["a", "b", "c", "d", "e"]), bytes(&["e", "d", "c", "b", "a"]));
}
