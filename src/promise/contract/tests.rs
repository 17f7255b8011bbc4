//! Small services, what their promises say of single calls, and what the calls do to the model.

mod effects;
mod orders;
mod texts;
mod user;
mod values;

use prost_reflect::{DescriptorPool, DynamicMessage};

use super::{Call, Contract, Model, Service, Verdict};
use crate::schema::{Source, load};

const USERS: &str = r#"
message User { string id = 1; string name = 2; int64 created_at = 3; repeated string tags = 4; }
message Id { string id = 1; }
message New { string name = 1; repeated string tags = 2; }
message Page { int32 limit = 1; int32 offset = 2; }
message Nothing {}
service Users {
  option (protogate.contract.v1.service) = {
    state { name: "users" map { key: "string" value: "p.User" } }
    state { name: "order" list { value: "string" } }
    invariant { id: "order" expr: "new.order.all(k, k in new.users) && size(new.order) == size(new.users)" }
  };
  rpc Get(Id) returns (User) {
    option (protogate.contract.v1.method) = {
      requires { id: "short" expr: "size(req.id) < 5" otherwise: OUT_OF_RANGE }
      errors { id: "empty" when: "req.id == ''" code: INVALID_ARGUMENT }
      errors { id: "unknown" when: "req.id != '' && !(req.id in old.users)" code: NOT_FOUND }
      may_return: [OK, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE, UNAVAILABLE]
      ensures { id: "same" expr: "resp == old.users[req.id]" world: CLOSED }
      ensures { id: "tagged" expr: "size(resp.tags) == 0 ? true : resp.tags.all(t, t.startsWith('#'))" }
      draw { field: "id" from: "old.users" weight: 3 }
      volatile: "created_at"
    };
  }
  rpc Create(New) returns (User) {
    option (protogate.contract.v1.method) = {
      ensures { id: "fresh" expr: "!(resp.id in old.users)" }
      ensures { id: "echo" expr: "resp.id != '' && resp.name == req.name" }
      ensures { id: "clock" expr: "resp.created_at >= started_at - 300 && resp.created_at <= now + 300" }
      ensures { id: "frame" expr: "old.users.all(k, k in new.users && new.users[k] == old.users[k])" }
      effect { put { map: "users" key: "resp.id" value: "resp" } }
      effect { append { list: "order" value: "resp.id" } }
    };
  }
  rpc Delete(Id) returns (Nothing) {
    option (protogate.contract.v1.method) = {
      ensures { id: "gone" expr: "!(req.id in new.users)" }
      effect { when: "req.id in old.users" delete { map: "users" key: "req.id" } }
      effect { remove { list: "order" value: "req.id" } }
    };
  }
  rpc Import(Nothing) returns (Nothing) {
    option (protogate.contract.v1.method) = { effect { open: "users" } effect { open: "order" } };
  }
  rpc Reset(Nothing) returns (Nothing) {
    option (protogate.contract.v1.method) = { effect { clear: "users" } effect { clear: "order" } };
  }
  rpc List(Page) returns (stream User) {
    option (protogate.contract.v1.method) = {
      errors { id: "negative" when: "req.limit < 0 || req.offset < 0" code: INVALID_ARGUMENT }
      stream {
        each { id: "bound" expr: "req.limit == 0 || size(got) <= req.limit" }
        each { id: "unique" expr: "got.map(m, m.id).distinct().size() == got.size()" }
        final { id: "slice" world: CLOSED
          expr: "got == old.order.slice(math.least(req.offset, size(old.order)), size(old.order)).map(k, old.users[k])" }
        final { id: "ended" expr: "code != 'OK' || size(got) < 3" }
      }
    };
  }
  rpc Chat(stream Id) returns (stream Id) {
    option (protogate.contract.v1.method) = {
      stream {
        each { id: "echo" expr: "size(got) <= size(sent) && got == sent.slice(0, size(got))" }
        final { id: "all" expr: "code != 'OK' || size(got) == size(sent)" }
      }
    };
  }
  rpc Odd(Id) returns (Id) {
    option (protogate.contract.v1.method) = {
      errors { id: "odd" when: "req.nothing == 1" code: ABORTED }
      errors { id: "sure" when: "req.id == 'x'" code: NOT_FOUND }
      errors { id: "no code" when: "req.id == 'y'" }
      ensures { id: "not a bool" expr: "resp.id" }
      ensures { id: "no key" expr: "resp.other == ''" }
      ensures { id: "no element" expr: "old.order[7] == ''" }
      ensures { id: "no text" expr: "resp.id ==" }
    };
  }
  rpc Plain(Id) returns (Id);
}
service Silent { rpc Plain(Id) returns (Id); }
"#;

fn pool(text: &str) -> DescriptorPool {
    const HEAD: &str = "syntax = \"proto3\"; package p; import \"protogate/contract/v1/contract.proto\"; \
        import \"google/protobuf/duration.proto\"; import \"google/protobuf/timestamp.proto\"; \
        import \"google/protobuf/wrappers.proto\";";
    let loaded = load(&Source::Text(vec![("p.proto".into(), format!("{HEAD}{text}"))]));
    let errors: Vec<_> = loaded.diagnostics.iter().map(|it| format!("{it:?}")).collect();
    assert!(errors.iter().all(|it| it.contains("unused")), "{errors:#?}");
    loaded.schema.pool().clone()
}

fn users() -> (DescriptorPool, Service) {
    let pool = pool(USERS);
    let mut contract = Contract::of(pool.services());
    assert_eq!(contract.services.keys().collect::<Vec<_>>(), ["p.Users"]);
    let service = contract.services.remove("p.Users").unwrap();
    (pool, service)
}

/// A call as a line of a table: `Method request -> reply`, or `Method request -> STATUS`. Several messages of a stream
/// stand in brackets; after them there may be a status.
struct Made {
    method: String,
    sent: Vec<DynamicMessage>,
    got: Vec<DynamicMessage>,
    code: i32,
}

impl Made {
    fn of(service: &Service, line: &str) -> Made {
        let (asked, answered) = line.split_once(" -> ").unwrap();
        let (method, asked) = asked.split_once(' ').unwrap();
        let desc = &service.methods[method].desc;
        let read = |text: &str, desc: prost_reflect::MessageDescriptor| {
            let text = if text.starts_with('[') { text.to_owned() } else { format!("[{text}]") };
            let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
            all.into_iter().map(|it| DynamicMessage::deserialize(desc.clone(), it).unwrap()).collect()
        };
        let end = answered.rfind([']', '}']).map_or(0, |at| at + 1);
        let (replies, status) = (answered[..end].trim(), answered[end..].trim());
        let codes = service.methods[method].desc.parent_pool();
        let codes = codes.get_enum_by_name("protogate.contract.v1.Code").unwrap();
        let code = if status.is_empty() { 0 } else { codes.get_value_by_name(status).unwrap().number() };
        Made {
            method: method.into(),
            sent: read(asked, desc.input()),
            got: read(replies, desc.output()),
            code,
        }
    }

    fn call(&self) -> Call<'_> {
        Call { method: &self.method, sent: &self.sent, got: &self.got, code: self.code, clock: (1000, 1010) }
    }
}

/// The model after these calls.
fn after(service: &Service, closed: bool, calls: &[&str]) -> Model {
    calls.iter().fold(Model::new(service, closed), |model, line| {
        service.apply(&model, &Made::of(service, line).call()).unwrap()
    })
}

/// What is told of the last of these calls: `+` kept, `-` broken, `?` unclear; nothing of what did not apply.
fn told(service: &Service, closed: bool, calls: &[&str]) -> Vec<String> {
    let (last, before) = calls.split_last().unwrap();
    let old = after(service, closed, before);
    let made = Made::of(service, last);
    let new = service.apply(&old, &made.call()).unwrap();
    let line = |it: super::Told| match it.verdict {
        Verdict::Kept => Some(format!("+{}", it.rule)),
        Verdict::Vacuous => None,
        Verdict::Broken(lines) => Some(format!("-{}: {}", it.rule, lines.join("; "))),
        Verdict::Unclear(why) => Some(format!("?{}: {why}", it.rule)),
    };
    service.judge(&old, &new, &made.call()).into_iter().filter_map(line).collect()
}

fn check(closed: bool, table: &[(&[&str], &[&str])]) {
    let (_, service) = users();
    for (calls, expected) in table {
        let mut told = told(&service, closed, calls);
        told.retain(|it| it != "+invariant/order" && it != "+may_return");
        assert_eq!(told, *expected, "{calls:#?}");
    }
}

const ANN: &str = r#"Create {"name":"ann"} -> {"id":"1","name":"ann","createdAt":"1000"}"#;
const BOB: &str = r#"Create {"name":"bob"} -> {"id":"2","name":"bob","createdAt":"1005"}"#;

#[test]
fn a_status_must_be_that_of_a_rule_that_asks_for_one() {
    const NAMES: &str = "OK, INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE, UNAVAILABLE";
    check(
        true,
        &[
            (&[r#"Get {"id":"1"} -> NOT_FOUND"#], &["+errors/unknown"]),
            (&[r#"Get {"id":""} -> INVALID_ARGUMENT"#], &["+errors/empty"]),
            (&[r#"Get {"id":"12345"} -> OUT_OF_RANGE"#], &["+requires/short"]),
            (&[r#"Get {"id":"12345"} -> NOT_FOUND"#], &["+errors/unknown"]),
            (&[r#"Get {"id":"1"} -> UNAVAILABLE"#], &[]),
            (
                &[r#"Get {"id":"1"} -> INVALID_ARGUMENT"#],
                &[
                    r#"-errors/unknown: answered INVALID_ARGUMENT, not NOT_FOUND; req.id: "1"; old.users: {}"#,
                    r#"-errors/empty: answered INVALID_ARGUMENT though this is false; req.id: "1" ≠ """#,
                ],
            ),
            (
                &[r#"Get {"id":"12345"} -> {"id":"12345"}"#],
                &[
                    "-requires/short: answered OK, not OUT_OF_RANGE; size(req.id): 5, not < 5",
                    r#"-errors/unknown: answered OK, not NOT_FOUND; req.id: "12345"; old.users: {}"#,
                ],
            ),
            (
                &[ANN, r#"Get {"id":"1"} -> NOT_FOUND"#],
                &[
                    r#"-errors/unknown: answered NOT_FOUND though this is false; req.id: "1"; old.users: {1: {created_at: 1000, id: "1", name: "ann", tags: []}}"#,
                ],
            ),
            (
                &[ANN, r#"Get {"id":"1"} -> INTERNAL"#],
                &[&format!("-may_return: answered INTERNAL, which is none of {NAMES}")],
            ),
            (&[r#"Plain {"id":"1"} -> INTERNAL"#], &[]),
        ],
    );
}

#[test]
fn a_reply_is_held_against_the_model_where_it_knows_everything() {
    const EVE: &str = r#"Get {"id":"1"} -> {"id":"1","name":"eve"}"#;
    const GET: &str = r#"Get {"id":"1"} -> {"id":"1","name":"ann","createdAt":"1000"}"#;
    const TAGGED: &str =
        r##"Get {"id":"1"} -> {"id":"1","name":"ann","createdAt":"1000","tags":["#a","b"]}"##;
    check(
        true,
        &[
            (&[ANN, GET], &["+ensures/same"]),
            (&[ANN, EVE], &[r#"-ensures/same: resp.created_at: 0 ≠ 1000; resp.name: "eve" ≠ "ann""#]),
            (&[ANN, TAGGED], &["-ensures/same: size(resp.tags): 2 ≠ 0", r#"-ensures/tagged: t: "b""#]),
            (&[ANN, "Import {} -> {}", EVE], &[]),
            (&[ANN, r#"Delete {"id":"1"} -> {}"#], &["+ensures/gone"]),
            (&[r#"Delete {"id":"1"} -> INTERNAL"#], &[]),
        ],
    );
    check(false, &[(&[ANN, EVE], &[])]);
}

#[test]
fn the_values_that_differ_are_shown() {
    check(
        true,
        &[
            (&[ANN], &["+ensures/fresh", "+ensures/echo", "+ensures/clock", "+ensures/frame"]),
            (
                &[ANN, r#"Create {"name":"bob"} -> {"id":"1","name":"eve","createdAt":"5"}"#],
                &[
                    r#"-ensures/fresh: resp.id: "1"; old.users: {1: {created_at: 1000, id: "1", name: "ann", tags: []}}"#,
                    r#"-ensures/echo: resp.name: "eve" ≠ "bob""#,
                    "-ensures/clock: resp.created_at: 5, not >= 700",
                    r#"-ensures/frame: k: "1"; new.users[k].created_at: 5 ≠ 1000; new.users[k].name: "eve" ≠ "ann""#,
                    "-invariant/order: size(new.order): 2 ≠ 1",
                ],
            ),
        ],
    );
}

#[test]
fn replies_are_judged_as_they_come_and_at_the_end() {
    const ONE: &str = r#"{"id":"1","name":"ann","createdAt":"1000"}"#;
    const TWO: &str = r#"{"id":"2","name":"bob","createdAt":"1005"}"#;
    check(
        true,
        &[
            (
                &[ANN, BOB, &format!("List {{}} -> [{ONE},{TWO}]")],
                &["+each/bound", "+each/unique", "+final/slice", "+final/ended"],
            ),
            (
                &[ANN, BOB, &format!(r#"List {{"limit":1}} -> [{ONE},{TWO}]"#)],
                &[
                    "-each/bound: after 2 replies; req.limit: 1 ≠ 0; size(got): 2, not <= 1",
                    "+each/unique",
                    "+final/slice",
                    "+final/ended",
                ],
            ),
            (
                &[ANN, BOB, &format!("List {{}} -> [{ONE},{ONE}]")],
                &[
                    "+each/bound",
                    "-each/unique: after 2 replies; got.map(m, m.id).distinct().size(): 1 ≠ 2",
                    r#"-final/slice: got[1].created_at: 1000 ≠ 1005; got[1].id: "1" ≠ "2"; got[1].name: "ann" ≠ "bob""#,
                    "+final/ended",
                ],
            ),
            (&[ANN, r#"List {"limit":-1} -> [] INVALID_ARGUMENT"#], &["+errors/negative"]),
            (&[r#"List {} -> []"#], &["+final/slice", "+final/ended"]),
            (&[ANN, &format!("List {{}} -> [{ONE}] UNAVAILABLE")], &["+each/bound", "+each/unique"]),
            (
                &[r#"Chat [{"id":"a"},{"id":"b"}] -> [{"id":"a"},{"id":"c"}]"#],
                &[r#"-each/echo: after 2 replies; got[1].id: "c" ≠ "b""#, "+final/all"],
            ),
            (
                &[r#"Chat [{"id":"a"},{"id":"b"}] -> [{"id":"a"}]"#],
                &["+each/echo", "-final/all: size(got): 1 ≠ 2"],
            ),
            (&[r#"Chat [{"id":"a"}] -> [] CANCELLED"#], &[]),
            (&[r#"Chat [{"id":"a"}] -> [] INTERNAL"#], &[]),
        ],
    );
}

#[test]
fn a_long_stream_is_judged_at_its_end_too() {
    let (_, service) = users();
    let replies = |count: usize| vec![r#"{"id":"a"}"#; count].join(",");
    for (sent, got, expected) in [(300, 300, "+each/echo"), (299, 300, "-each/echo: after 300 replies")] {
        let line = format!("Chat [{}] -> [{}]", replies(sent), replies(got));
        let told = told(&service, true, &[&line]);
        assert!(told[0].starts_with(expected), "{told:?}");
    }
}

#[test]
fn what_cannot_be_evaluated_is_never_kept() {
    check(
        true,
        &[
            (
                &[r#"Odd {"id":"z"} -> {"id":"q"}"#],
                &[
                    "?errors/odd: nothing is called `nothing` there, or it is not set",
                    "?ensures/not a bool: it is neither true nor false but a string",
                    "?ensures/no key: nothing is called `other` there, or it is not set",
                    "?ensures/no element: there is no element at that place of the list",
                ],
            ),
            (
                &[r#"Odd {"id":"x"} -> {"id":"q"}"#],
                &[
                    r#"-errors/sure: answered OK, not NOT_FOUND; req.id: "x""#,
                    "?errors/odd: nothing is called `nothing` there, or it is not set",
                ],
            ),
            (
                &[r#"Odd {"id":"x"} -> ABORTED"#],
                &["?errors/odd: nothing is called `nothing` there, or it is not set"],
            ),
        ],
    );
}
