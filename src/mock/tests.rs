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
import "google/api/field_behavior.proto";
import "protogate/contract/v1/contract.proto";
message User { string id = 1; string name = 2; int64 created_at = 3; }
message Id { string id = 1; }
message New { string name = 1 [(buf.validate.field).string.min_len = 1]; }
message Page { int32 limit = 1; int32 offset = 2; }
message Count { int32 count = 1; }
message Line { string text = 1; }
message Part { int32 page_size = 1; string page_token = 2; }
message Parts { repeated User users = 1; string next_page_token = 2; }
message Need { string name = 1 [(google.api.field_behavior) = REQUIRED]; }
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
  rpc Browse(Part) returns (Parts) {
    option (protogate.contract.v1.method) = {
      ensures { id: "bound" expr: "req.page_size == 0 || size(resp.users) <= req.page_size" }
      ensures {
        id: "whole"
        expr: "req.page_token == '' && resp.next_page_token == '' ? resp.users.map(m, m.id) == old.order : true"
      }
    };
  }
  rpc Strict(Need) returns (Id);
  rpc Guess(stream Id) returns (stream Line);
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

    fn message(&self, name: &str, text: &str) -> DynamicMessage {
        let desc = self.methods.iter().find(|it| it.name() == name).unwrap();
        DynamicMessage::deserialize(desc.input(), &mut serde_json::Deserializer::from_str(text)).unwrap()
    }

    /// The method is called with messages written as JSON.
    fn call(&self, name: &str, sent: &[&str]) -> Result<Vec<DynamicMessage>, Refusal> {
        let sent: Vec<_> = sent.iter().map(|text| self.message(name, text)).collect();
        self.mock.answer(&format!("/p.Users/{name}"), &sent)
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

#[test]
fn what_is_kept_is_read_page_by_page() {
    let room = Room::new();
    let all: Vec<_> =
        ["a", "b", "c"].map(|it| room.call("Create", &[&format!(r#"{{"name":"{it}"}}"#)])).into();
    let all: Vec<Value> = all.into_iter().map(|it| Value::Message(it.unwrap().remove(0))).collect();
    for (sent, range, next) in [
        (r#"{"page_size":2}"#, 0..2, "2"),
        (r#"{"page_size":2,"page_token":"2"}"#, 2..3, ""),
        ("{}", 0..3, ""),
    ] {
        let page = room.call("Browse", &[sent]).unwrap().remove(0);
        assert_eq!(page.get_field_by_name("users").unwrap().as_list(), Some(&all[range]), "{sent}");
        assert_eq!(text(&page, "next_page_token"), next, "{sent}");
    }
    room.mock.forget();
    assert_eq!(room.call("List", &["{}"]), Ok(Vec::new()));
}

#[test]
fn a_request_without_what_is_required_is_refused() {
    let room = Room::new();
    let refused = room.call("Strict", &["{}"]).unwrap_err();
    assert!(refused.code == 3 && refused.message.contains("`name` is REQUIRED"), "{refused:?}");
    assert!(room.call("Strict", &[r#"{"name":"a"}"#]).is_ok());
}

/// What was said in a conversation is not taken back when more is asked.
#[test]
fn what_was_answered_stays_answered() {
    let room = Room::new();
    let sent = [room.message("Guess", r#"{"id":"a"}"#), room.message("Guess", r#"{"id":"b"}"#)];
    let method = room.mock.method("/p.Users/Guess").unwrap();
    let first = room.mock.reply(method, &sent[..1], &[], false).unwrap();
    let both = room.mock.reply(method, &sent, &first, true).unwrap();
    assert!(first.len() == 1 && both.len() == 2 && both.starts_with(&first), "{both:?}");
}
