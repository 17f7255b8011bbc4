//! What a method offers beyond rules, and what is promised of fields.

use super::*;

#[test]
fn pages_keys_and_examples_are_followed_into_the_messages() {
    check(
        LIST,
        &[
            (r#"pagination { limit: "limit" offset: "offset" item_key: "id" }"#, &[]),
            (
                r#"pagination { limit: "limt" offset: "offset" }"#,
                &[
                    "PG307 List: pagination.limit: `limt` leads nowhere: u.v1.Page has no field `limt` | did you mean `limit`? | \"limt\"",
                ],
            ),
            (
                r#"pagination { limit: "limit" offset: "offset" item_key: "nme" }"#,
                &[
                    "PG307 List: pagination.item_key: `nme` leads nowhere: u.v1.User has no field `nme` | did you mean `name`? | \"nme\"",
                ],
            ),
            (
                r#"pagination { limit: "limit" }"#,
                &[
                    "PG314 List: pagination names neither `limit` and `offset` nor pages by size and token | add `limit: \"…\" offset: \"…\"` | \"limit\"",
                ],
            ),
            (
                r#"pagination { limit: "limit" offset: "offset" items: "name" }"#,
                &[
                    "PG314 List: pagination.items is a string, and no list | name the repeated field of the reply | \"name\"",
                ],
            ),
        ],
    );
    check(
        GET,
        &[
            (r#"idempotency { field: "id" } auth: REQUIRED limits { max_latency_ms: 5 }"#, &[]),
            (
                r#"idempotency { field: "key" }"#,
                &[
                    "PG307 Get: idempotency.field: `key` leads nowhere: u.v1.Id has no field `key` | it has `id` | \"key\"",
                ],
            ),
            (
                r#"idempotency { field: "id" metadata: "key" }"#,
                &[
                    "PG314 Get: idempotency is to name a field or a header | write `field: \"…\"`, or `metadata: \"…\"` | \"id\"",
                ],
            ),
            (r#"examples { id: "a" request: "{\"id\": \"x\"}" code: NOT_FOUND }"#, &[]),
            (
                r#"examples { id: "a" request: "{\"ix\": 1}" code: NOT_FOUND }"#,
                &[
                    "PG313 Get: examples/a.request is no u.v1.Id: unrecognized field name 'ix' | write it as ProtoJSON, by the names of the fields | \"{\\\"ix\\\": 1}\"",
                ],
            ),
            (
                r#"examples { id: "a" request: "{}" reply: "{}" code: NOT_FOUND }"#,
                &[
                    "PG313 Get: examples/a has 1 replies, and a call that ends so has no reply | write an example of what the method can do | \"a\"",
                ],
            ),
            (
                r#"auth: OWNER draw { field: "id" from: "users" }"#,
                &[
                    "PG314 S: Get is for the owner, and nothing is put into `users` | add `draw { field: \"…\" from: \"…\" }` with a map that an effect puts into | \"users\"",
                ],
            ),
        ],
    );
    check(
        CHAT,
        &[
            (r#"stream { isolation: "id" }"#, &[]),
            (
                r#"stream { isolation: "ix" }"#,
                &[
                    "PG307 Chat: isolation: `ix` leads nowhere: u.v1.Message has no field `ix` | it has `id`, `text` | \"ix\"",
                ],
            ),
        ],
    );
}

/// Nothing tells whose thing a call is about.
#[test]
fn an_owner_owns_something() {
    let found = said(&users(GET, "auth: OWNER"));
    let expected = "PG314 S: Get is for the owner, and no `draw` says of what | add `draw";
    assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    let put = r#"effect { put { map: "users" key: "resp.id" value: "resp" } }"#;
    let owned = format!(r#"auth: OWNER draw {{ field: "id" from: "users" }} {put}"#);
    assert_eq!(said(&users(GET, &owned)), [""; 0]);
}

#[test]
fn a_field_speaks_of_its_value_and_of_nothing_else() {
    for (option, expected) in [
        (r#"ensures: { id: "short" expr: "size(this) < 9" } volatile: true"#, &[][..]),
        (
            r#"ensures: { id: "short" expr: "this < 9" }"#,
            &["PG303 M.a: ensures/short: `<` does not take `this`, a string, and `9`, an int | "],
        ),
        (
            r#"ensures: { id: "short" expr: "resp.a == this" }"#,
            &[
                "PG302 M.a: ensures/short: `resp` is not known here: a promise of a field speaks of its value, `this`, and of nothing else | ",
            ],
        ),
    ] {
        let text = format!(
            "syntax = \"proto3\"; package p; import \"protogate/contract/v1/contract.proto\";\n\
             message M {{ string a = 1 [(protogate.contract.v1.field) = {{ {option} }}]; }}\n\
             service S {{ rpc Do(M) returns (M); }}"
        );
        let schema = load(&Source::Text(vec![("p.proto".into(), text)])).schema;
        let said: Vec<String> = lint(&schema, &[]).iter().map(shown).collect();
        assert_eq!(said.len(), expected.len(), "{said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
