//! The mock of a small service: what it answers, and what it remembers.

use prost_reflect::{DynamicMessage, MethodDescriptor, Value};

use super::{Mock, Refusal};
use crate::{
    promise::contract::Contract,
    schema::{Source, load},
};

const USERS: &str = r#"
syntax = "proto3";
package p;
import "buf/validate/validate.proto";
import "protogate/contract/v1/contract.proto";
message User { string id = 1; string name = 2; int64 created_at = 3; }
message Id { string id = 1; }
message New { string name = 1 [(buf.validate.field).string.min_len = 1]; }
message Page { int32 limit = 1; int32 offset = 2; }
message Count { int32 count = 1; }
message Line { string text = 1; }
service Users {
  option (protogate.contract.v1.service) = {
    state { name: "users" map { key: "string" value: "p.User" } }
    state { name: "order" list { value: "string" } }
  };
  rpc Get(Id) returns (User) {
    option (protogate.contract.v1.method) = {
      errors { id: "unknown" when: "!(req.id in old.users)" code: NOT_FOUND }
      ensures { id: "same" expr: "resp == old.users[req.id]" }
    };
  }
  rpc Create(New) returns (User) {
    option (protogate.contract.v1.method) = {
      ensures { id: "fresh" expr: "resp.id != '' && !(resp.id in old.users)" }
      ensures { id: "echo" expr: "resp.name == req.name" }
      ensures { id: "clock" expr: "resp.created_at >= started_at - 300 && resp.created_at <= now + 300" }
      effect { put { map: "users" key: "resp.id" value: "resp" } }
      effect { append { list: "order" value: "resp.id" } }
    };
  }
  rpc List(Page) returns (stream User) {
    option (protogate.contract.v1.method) = {
      stream { final { id: "all" expr: "got == old.order.map(k, old.users[k])" world: CLOSED } }
    };
  }
  rpc Add(stream New) returns (Count) {
    option (protogate.contract.v1.method) = { ensures { id: "count" expr: "resp.count == size(sent)" } };
  }
  rpc Chat(stream Line) returns (stream Line) {
    option (protogate.contract.v1.method) = { stream { final { id: "echo" expr: "got == sent" } } };
  }
  rpc Never(Id) returns (Count) {
    option (protogate.contract.v1.method) = { ensures { id: "never" expr: "resp.count != resp.count" } };
  }
  rpc Free(Id) returns (User);
}
"#;

struct Room {
    mock: Mock,
    methods: Vec<MethodDescriptor>,
}

impl Room {
    fn new() -> Room {
        let loaded = load(&Source::Text(vec![("p.proto".into(), USERS.into())]));
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let services: Vec<_> = loaded.schema.own_files().flat_map(|it| it.descriptor().services()).collect();
        let methods = services.iter().flat_map(|it| it.methods().collect::<Vec<_>>()).collect();
        Room { mock: Mock::new(services.clone(), Contract::of(services)), methods }
    }

    /// The method is called with messages written as JSON.
    fn call(&self, name: &str, sent: &[&str]) -> Result<Vec<DynamicMessage>, Refusal> {
        let desc = self.methods.iter().find(|it| it.name() == name).unwrap();
        let message = |text: &&str| {
            DynamicMessage::deserialize(desc.input(), &mut serde_json::Deserializer::from_str(text)).unwrap()
        };
        self.mock.answer(&format!("/p.Users/{name}"), &sent.iter().map(message).collect::<Vec<_>>())
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    match message.get_field_by_name(field).unwrap().into_owned() {
        Value::String(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_created_can_be_read() {
    let room = Room::new();
    let created = room.call("Create", &[r#"{"name":"a"}"#]).unwrap().remove(0);
    let other = room.call("Create", &[r#"{"name":"b"}"#]).unwrap().remove(0);
    assert_eq!((text(&created, "name"), text(&other, "name")), ("a".into(), "b".into()));
    assert_ne!(text(&created, "id"), text(&other, "id"));
    let id = format!(r#"{{"id":"{}"}}"#, text(&created, "id"));
    assert_eq!(room.call("Get", &[&id]), Ok(vec![created.clone()]));
    assert_eq!(room.call("List", &["{}"]), Ok(vec![created, other]));
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let room = Room::new();
    for (method, sent, code, said) in [
        ("Get", r#"{"id":"nobody"}"#, 5, "errors/unknown"),
        ("Create", r#"{"name":""}"#, 3, "string.min_len"),
        ("Never", "{}", 12, "ensures/never"),
        ("Nothing", "", 12, "no method"),
    ] {
        let refused = match method {
            "Nothing" => room.mock.answer("/p.Users/Nothing", &[]),
            _ => room.call(method, &[sent]),
        };
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, code, "{method}: {refused:?}");
        assert!(refused.message.contains(said), "{method}: {refused:?}");
    }
}

#[test]
fn streams_are_answered_as_their_promises_say() {
    let room = Room::new();
    let lines = [r#"{"text":"a"}"#, r#"{"text":"b"}"#];
    let said: Vec<_> = room.call("Chat", &lines).unwrap().iter().map(|it| text(it, "text")).collect();
    assert_eq!(said, ["a", "b"]);
    let count = room.call("Add", &[r#"{"name":"a"}"#, r#"{"name":"b"}"#]).unwrap();
    assert_eq!(count[0].get_field_by_name("count").unwrap().as_i32(), Some(2));
    assert_eq!(room.call("List", &["{}"]), Ok(Vec::new()));
}

#[test]
fn a_read_without_promises_reads_the_same() {
    let room = Room::new();
    let one = room.call("Free", &[r#"{"id":"x"}"#]).unwrap();
    assert_eq!(room.call("Free", &[r#"{"id":"x"}"#]).unwrap(), one);
    assert_ne!(text(&one[0], "id"), "");
}
