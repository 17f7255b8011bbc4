//! Contracts with one thing wrong, and what is said of them.

mod beside;
mod offers;

use super::lint;
use crate::diag::{Diagnostic, Severity};
use crate::schema::{Schema, Source, load};

const HEAD: &str = r#"syntax = "proto3"; package u.v1;
import "protogate/contract/v1/contract.proto"; import "google/protobuf/timestamp.proto";
message Id { string id = 1; }
message User {
  string id = 1; string name = 2; int64 created_at = 3; repeated string tags = 4; Address address = 5;
  map<string, Address> homes = 6; google.protobuf.Timestamp seen = 7; uint32 age = 8; Kind kind = 9; int32 rank = 10;
}
message Address { string zip = 1; }
message Page { int32 limit = 1; int32 offset = 2; }
message Message { string id = 1; string text = 2; }
enum Kind { NONE = 0; ADMIN = 1; }
"#;

/// A schema with this service in it.
fn schema(service: &str) -> Schema {
    let loaded = load(&Source::Text(vec![("u.proto".into(), format!("{HEAD}{service}"))]));
    assert!(loaded.diagnostics.is_empty(), "{service} {:?}", loaded.diagnostics);
    loaded.schema
}

/// One method of a service with a model: a map `users` and a list `order`.
fn users(signature: &str, contract: &str) -> String {
    let state = r#"state { name: "users" map { key: "string" value: "u.v1.User" } } state { name: "order" list { value: "string" } }"#;
    let effects = r#"effect { clear: "users" } effect { clear: "order" }"#;
    format!(
        "service S {{ option (protogate.contract.v1.service) = {{ {state} }};\n rpc {signature} {{ option \
         (protogate.contract.v1.method) = {{\n{contract}\n}}; }}\n rpc Reset(Id) returns (Id) {{ option \
         (protogate.contract.v1.method) = {{ {effects} }}; }} }}"
    )
}

const GET: &str = "Get(Id) returns (User)";
const ADD: &str = "Add(User) returns (User)";
const LIST: &str = "List(Page) returns (stream User)";
const CHAT: &str = "Chat(stream Message) returns (stream Message)";
const SEND: &str = "Send(stream Message) returns (User)";

/// The text that a diagnostic points at, its rule, message and help.
fn shown(it: &Diagnostic) -> String {
    let place = it.place.as_ref().unwrap();
    let (text, span) = (place.text.as_deref().unwrap_or(""), place.span_or_start());
    let line = text.lines().nth(span.start_line as usize - 1).unwrap_or("");
    let end = if span.end_line > span.start_line { usize::MAX } else { span.end_column as usize - 1 };
    let start = span.start_column as usize - 1;
    let at: String = line.chars().skip(start).take(end.saturating_sub(start)).collect();
    format!("{} {} | {} | {at}", it.rule.id, it.message, it.help.as_deref().unwrap_or(""))
}

fn said(service: &str) -> Vec<String> {
    let mut said = lint(&schema(service), &[]);
    said.sort_by(|a, b| a.place.cmp(&b.place));
    said.iter().map(shown).collect()
}

fn check(signature: &str, table: &[(&str, &[&str])]) {
    for (contract, expected) in table {
        assert_eq!(said(&users(signature, contract)), *expected, "{contract}");
    }
}

#[test]
fn what_can_be_asked_is_left_alone() {
    for (signature, contract) in [
        (
            GET,
            r#"draw { field: "id" from: "users" weight: 3 } draw { field: "id" from: "old.users" }
            errors { id: "empty_id" when: "req.id == ''" code: INVALID_ARGUMENT field: "id" }
            errors { id: "unknown_id" when: "!(req.id in old.users)" code: NOT_FOUND }
            may_return: [OK, INVALID_ARGUMENT, NOT_FOUND]
            ensures { id: "exact_user" expr: "resp == old.users[req.id]" } volatile: "address.zip""#,
        ),
        (
            ADD,
            r#"requires { id: "named" expr: "size(req.name) > 0 && req.name.matches('^[a-z]+$')" otherwise: INVALID_ARGUMENT }
            ensures { id: "fresh_id" expr: "resp.id != '' && !(resp.id in old.users)" }
            ensures { id: "echo" expr: "resp.name == req.name && resp.tags == req.tags" }
            ensures { id: "clock" expr: "resp.created_at >= started_at - 300 && resp.created_at <= now + 300" }
            ensures { id: "frame" expr: "old.users.all(k, k in new.users && new.users[k] == old.users[k]) && size(new.users) == size(old.users) + 1" }
            ensures { id: "kinds" expr: "resp.kind == 1 && resp.age == 0u && int(resp.age) + 1 > 0 && resp.age >= 0" }
            ensures { id: "many" expr: "resp.homes.all(k, resp.homes[k].zip != '') && has(resp.address) && resp.address.zip.size() == 5" }
            ensures { id: "times" expr: "resp.seen < timestamp('2030-01-01T00:00:00Z') && int(resp.seen) > now" }
            ensures { id: "words" expr: "resp.name.lowerAscii().split(' ').exists_one(w, w.startsWith('a')) && code == 'OK'" }
            ensures { id: "sorted" expr: "resp.tags.sort() == resp.tags.sortBy(t, t) && [] == resp.tags.filter(t, t == '') && size(sent) == 1" }
            effect { put { map: "users" key: "resp.id" value: "resp" } }
            effect { when: "resp.id != ''" append { list: "order" value: "resp.id" } }
            effect { remove { list: "order" value: "req.id" } } effect { delete { map: "users" key: "req.id" } }
            effect { open: "users" }"#,
        ),
        (
            LIST,
            r#"errors { id: "neg" when: "req.limit < 0 || req.offset < 0" code: INVALID_ARGUMENT }
            stream {
              each { id: "bound" expr: "req.limit == 0 || size(got) <= req.limit" }
              each { id: "known" expr: "got.all(m, m.id in old.users && old.users[m.id] == m)" world: CLOSED }
              each { id: "unique" expr: "got.map(m, m.id).distinct().size() == got.size()" }
              final { id: "slice" expr: "req.limit == 0 || got == old.order.slice(math.least(req.offset, size(old.order)), "
                "math.least(req.offset + req.limit, size(old.order))).map(k, old.users[k])" }
              end: SERVER_ENDS
            }"#,
        ),
        (
            CHAT,
            r#"stream {
              each { id: "prefix" expr: "size(got) <= size(sent) && got.map(m, m.id) == sent.slice(0, size(got)).map(m, m.id)" }
              final { id: "all" expr: "code != 'OK' || size(got) == size(sent)" }
              end: HALF_CLOSE_ENDS
            }"#,
        ),
        (SEND, r#"ensures { id: "last" expr: "sent.size() == 0 || resp.id == sent[sent.size() - 1].id" }"#),
    ] {
        assert_eq!(said(&users(signature, contract)), [""; 0], "{contract}");
    }
    let plain = "service S { rpc Get(Id) returns (User); }";
    assert_eq!(said(plain), [""; 0]);
}

#[test]
fn names_are_looked_up() {
    check(
        ADD,
        &[
            (
                r#"ensures { id: "a" expr: "resp.nmae == req.name" }"#,
                &["PG302 Add: ensures/a: u.v1.User has no field `nmae` | did you mean `name`? | nmae"],
            ),
            (
                r#"ensures { id: "a" expr: "resp.createdAt > 0 && old.user == new.users" }"#,
                &[
                    "PG302 Add: ensures/a: u.v1.User has no field `createdAt` | did you mean `created_at`? | createdAt",
                    "PG302 Add: ensures/a: the model has no variable `user` | did you mean `users`? | user",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "'é💥' == resp.nmae" }"#,
                &["PG302 Add: ensures/a: u.v1.User has no field `nmae` | did you mean `name`? | nmae"],
            ),
            (
                "ensures { id: \"a\" expr: \"resp.id == '' ||\"\n' resp.nmae == \\'\\'' }",
                &["PG302 Add: ensures/a: u.v1.User has no field `nmae` | did you mean `name`? | nmae"],
            ),
            (
                r#"ensures { id: "a" expr: "respo == req" }"#,
                &["PG302 Add: ensures/a: there is no variable `respo` | did you mean `resp`? | respo"],
            ),
            (
                r#"requires { id: "a" expr: "resp.id == ''" otherwise: ABORTED }"#,
                &[
                    "PG302 Add: requires/a: `resp` is not known here: it is not known yet when the call is made |  | resp",
                ],
            ),
            (
                r#"effect { append { list: "order" value: "new.order[0]" } }"#,
                &[
                    "PG302 Add: effect[0].append.value: `new` is not known here: an effect is what makes `new`; it speaks of `old` |  | new",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.name.startWith('x')" }"#,
                &[
                    "PG302 Add: ensures/a: there is no function `startWith` of this form | did you mean `startsWith`? | resp.name.startWith('x')",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.tags.all(t, u == '')" }"#,
                &[
                    "PG302 Add: ensures/a: there is no variable `u` | known here are `old`, `new`, `sent`, `req`, `got`, `resp`, `code`, `now`, … | u",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.homes.exists(k, resp.homes[k].zap == '')" }"#,
                &["PG302 Add: ensures/a: u.v1.Address has no field `zap` | it has `zip` | zap"],
            ),
            (
                r#"ensures { id: "a" expr: "resp == u.v1.User{id: 'x'}" }"#,
                &[
                    "PG302 Add: ensures/a: makes a message `u.v1.User`, which expressions cannot | compare the fields one by one | {",
                ],
            ),
        ],
    );
}

#[test]
fn types_have_to_fit() {
    check(
        ADD,
        &[
            (
                r#"ensures { id: "a" expr: "resp.rank == '0'" }"#,
                &[
                    "PG303 Add: ensures/a: `resp.rank` is an int and `'0'` is a string: they are never equal | `string(x)` and `int(x)` convert; numbers are written without quotes | resp.rank == '0'",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.age + 1 > 0" }"#,
                &[
                    "PG303 Add: ensures/a: `+` does not take `resp.age`, a uint, and `1`, an int | `int(x)` and `uint(x)` convert, and `1u` is a uint | resp.age + 1",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.name" }"#,
                &[
                    "PG303 Add: ensures/a is a string, not true or false | compare it with something | \"resp.name\"",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.tags.all(t, t)" }"#,
                &["PG303 Add: ensures/a: `t` is a string, where true or false is needed |  | t"],
            ),
            (
                r#"ensures { id: "a" expr: "resp.rank.all(t, true)" }"#,
                &[
                    "PG303 Add: ensures/a: `resp.rank` is an int: only a list or a map can be gone through |  | resp.rank",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.tags.name == ''" }"#,
                &[
                    "PG303 Add: ensures/a: `resp.tags` is a list of string and has no field `name` | choose an element, or go through it with `all`, `exists` or `map` | resp.tags.name",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.seen > now" }"#,
                &[
                    "PG303 Add: ensures/a: `>` does not take `resp.seen`, a timestamp, and `now`, an int | `int(x)` makes seconds of a timestamp | resp.seen > now",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.rank in old.users" }"#,
                &[
                    "PG303 Add: ensures/a: `resp.rank` is an int and cannot be in `old.users`, a map of string to u.v1.User | `string(x)` and `int(x)` convert; numbers are written without quotes | resp.rank in old.users",
                ],
            ),
            (
                r#"ensures { id: "a" expr: "resp.tags.slice(0u, 1) == []" }"#,
                &[
                    "PG303 Add: ensures/a: `slice` cannot be called as list of string.slice(uint, int) | `int(x)` and `uint(x)` convert, and `1u` is a uint | resp.tags.slice(0u, 1)",
                ],
            ),
            (
                r#"effect { put { map: "users" key: "resp.id" value: "resp.id" } }"#,
                &[
                    "PG303 Add: effect[0].put.value is a string | the value of `users` is declared as u.v1.User | \"resp.id\"",
                ],
            ),
        ],
    );
}

#[test]
fn what_is_no_cel_is_shown_where_it_stops() {
    let said =
        said(&users(ADD, r#"ensures { id: "a" expr: "resp.name = ''" } ensures { id: "b" expr: "" }"#));
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("PG301 Add: ensures/a is no CEL: "), "{said:?}");
    assert!(said[0].contains("line 1, column 1"), "{said:?}");
    assert_eq!(said[1], "PG301 Add: ensures/b has no expression | write one, or remove the rule | \"b\"");
}

#[test]
fn ids_states_and_effects_are_counted() {
    check(
        ADD,
        &[
            (
                r#"ensures { expr: "true" }"#,
                &[
                    "PG304 Add: ensures[0] has no id | add `id: \"…\"`: reports and side files call the rule by it | \"true\"",
                ],
            ),
            (
                r#"ensures { id: "Echo-1" expr: "true" }"#,
                &[
                    "PG304 Add: ensures/Echo-1 is no id | an id is made of lower-case letters, digits and `_`, and begins with a letter | \"Echo-1\"",
                ],
            ),
            (
                "errors { id: \"a\" when: \"false\" code: ABORTED }\n ensures { id: \"a\" expr: \"true\" }",
                &[
                    "PG304 Add: there is a second rule `a` | give each rule of a service or method an id of its own | \"a\"",
                ],
            ),
            (
                r#"effect { put { map: "order" key: "'a'" value: "resp" } }"#,
                &[
                    "PG306 Add: effect[0]: `put` cannot change `order`, a list | lists are changed by `append` and `remove` | \"order\"",
                ],
            ),
            (
                r#"effect { append { list: "users" value: "resp" } } effect { clear: "user" } effect { when: "1 == 1" }"#,
                &[
                    "PG306 Add: effect[0]: `append` cannot change `users`, a map | maps are changed by `put` and `delete` | \"users\"",
                    "PG306 Add: effect[1] changes `user`, which the model does not have | did you mean `users`? | \"user\"",
                    "PG306 Add: effect[2] changes nothing | add `put`, `delete`, `append`, `remove`, `clear` or `open` | \"1 == 1\"",
                ],
            ),
            (
                r#"draw { field: "address.zap" from: "users" } draw { field: "rank" from: "users" } draw { field: "name" from: "old.ordr" } volatile: "nme""#,
                &[
                    "PG307 Add: draw.field: `address.zap` leads nowhere: u.v1.Address has no field `zap` | it has `zip` | \"address.zap\"",
                    "PG307 Add: draw gives `rank`, an int, what is a string in `users` | draw from a variable with keys, or elements, of that type | \"users\"",
                    "PG307 Add: draw.from is `old.ordr`, which the model does not have | did you mean `order`? | \"old.ordr\"",
                    "PG307 Add: volatile: `nme` leads nowhere: u.v1.User has no field `nme` | did you mean `name`? | \"nme\"",
                ],
            ),
            (
                r#"may_return: [OK, ABORTED] errors { id: "a" when: "false" } errors { id: "b" when: "req.id == ''" code: NOT_FOUND field: "i" }"#,
                &[
                    "PG308 Add: errors/a is answered with OK, which refuses nothing | add `code: INVALID_ARGUMENT`, or another status | \"false\"",
                    "PG308 Add: errors/b is answered with NOT_FOUND, which `may_return` leaves out | add NOT_FOUND to `may_return` | \"req.id == ''\"",
                    "PG307 Add: errors/b.field: `i` leads nowhere: u.v1.User has no field `i` | it has `id`, `name`, `created_at`, `tags`, `address`, `homes`, `seen`, `age`, `kind`, `rank` | \"i\"",
                ],
            ),
            (
                r#"stream { each { id: "a" expr: "true" } }"#,
                &[
                    "PG309 Add: promises something of a stream, and the method has none | use `ensures`, or stream the request or the reply | \"a\"",
                ],
            ),
            (
                r#"disable: "echo""#,
                &[
                    "PG310 Add: `disable` of `echo` stands in the schema itself | remove the rule; side files are what disables | \"echo\"",
                ],
            ),
        ],
    );
}

#[test]
fn streams_have_no_single_message() {
    check(
        CHAT,
        &[(
            r#"end: OPEN_ENDED stream { each { id: "a" expr: "resp.id == req.id" } end: SERVER_ENDS }"#,
            &[
                "PG309 Chat: `end` and `stream.end` say different things | keep one of them | rpc Chat(stream Message) returns (stream Message) { option (protogate.contract.v1.method) = {",
                "PG309 Chat: each/a: `resp` is not known here: the server streams: `got` holds the replies |  | resp",
                "PG309 Chat: each/a: `req` is not known here: the client streams: `sent` holds the requests |  | req",
            ],
        )],
    );
}

#[test]
fn the_model_is_declared_once_and_of_types_that_exist() {
    for (contract, expected) in [
        (
            r#"state { name: "a" map { key: "User" value: "User" } }"#,
            &[
                "PG305 S: the key of `a` is `User`, which is no type | did you mean `u.v1.User`? | \"User\"",
                "PG305 S: the value of `a` is `User`, which is no type | did you mean `u.v1.User`? | \"User\"",
                "PG311 S: no effect changes `a` | declare the effects of the methods that do | \"a\"",
            ][..],
        ),
        (
            "state { name: \"b\" list { value: \"u.v1.Kind\" } }\n state { name: \"b\" }",
            &[
                "PG311 S: no effect changes `b` | declare the effects of the methods that do | \"b\"",
                "PG305 S: there is a second variable `b` | rename one of them | \"b\"",
            ],
        ),
        (
            r#"invariant { id: "a" expr: "req.id == ''" }"#,
            &[
                "PG302 S: invariant/a: `req` is not known here: an invariant speaks of no call, only of `old` and `new` |  | req",
            ],
        ),
    ] {
        let service = format!("service S {{ option (protogate.contract.v1.service) = {{\n{contract}\n}}; }}");
        let mut said = said(&service);
        said.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(said, expected, "{contract}");
    }
}

#[test]
fn only_a_variable_that_nothing_changes_is_a_warning() {
    let service = r#"service S { option (protogate.contract.v1.service) = { state { name: "a" list { value: "string" } } }; }"#;
    let said = lint(&schema(service), &[]);
    assert_eq!(said.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Warning]);
}
