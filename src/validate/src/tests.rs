//! Rules as a schema declares them, and what they say of small messages.

use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::{Rules, Verdict};
use crate::testing::pool;

/// The message `M` of a file with this text in it.
pub(super) fn message(text: &str) -> MessageDescriptor {
    const HEAD: &str = "syntax = \"proto3\"; package p; import \"buf/validate/validate.proto\"; \
        import \"google/protobuf/timestamp.proto\"; import \"google/protobuf/wrappers.proto\";";
    pool(&format!("{HEAD}{text}")).get_message_by_name("p.M").unwrap()
}

/// What the rules say of a message written as JSON: the broken ones as `path rule`, or `unknown`.
fn said(desc: &MessageDescriptor, json: &str) -> String {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(desc.clone(), &mut reader).unwrap();
    match Rules::of(desc).judge(&message) {
        Verdict::Kept => String::new(),
        Verdict::Broken(all) => {
            all.iter().map(|it| format!("{} {}", it.path, it.rule)).collect::<Vec<_>>().join(", ")
        }
        Verdict::Unknown(_) => "unknown".into(),
    }
}

fn check(text: &str, expected: &[(&str, &str)]) {
    let desc = message(text);
    for (json, expected) in expected {
        assert_eq!(said(&desc, json), *expected, "{text} {json}");
    }
}

#[test]
fn a_field_without_presence_is_held_against_its_rules_when_it_is_empty() {
    const M: &str = "message M { string a = 1 [(buf.validate.field).string = {min_len: 1, max_len: 2}]; }";
    check(M, &[("{}", "a string.min_len"), (r#"{"a":"é漢"}"#, ""), (r#"{"a":"abc"}"#, "a string.max_len")]);
    const OPTIONAL: &str = "message M { optional string a = 1 [(buf.validate.field).string.min_len = 1]; }";
    check(OPTIONAL, &[("{}", ""), (r#"{"a":""}"#, "a string.min_len")]);
}

#[test]
fn required_says_nothing_else() {
    const M: &str =
        "message M { string a = 1 [(buf.validate.field) = {required: true, string: {min_len: 3}}]; }";
    check(M, &[("{}", "a required"), (r#"{"a":"b"}"#, "a string.min_len"), (r#"{"a":"bcd"}"#, "")]);
}

#[test]
fn rules_inside_of_messages_lists_and_maps_are_found_by_their_path() {
    const M: &str = "message N { int32 n = 1 [(buf.validate.field).int32 = {gte: 1, lt: 5}]; } message M { \
        N one = 1; repeated N many = 2; map<string, N> named = 3 [(buf.validate.field).map.keys.string.len = 1]; }";
    const JSON: &str = r#"{"one":{"n":5},"many":[{"n":1},{}],"named":{"ab":{"n":7}}}"#;
    let many =
        "one.n int32.gte_lt, many[1].n int32.gte_lt, named[\"ab\"] string.len, named[\"ab\"].n int32.gte_lt";
    check(M, &[("{}", ""), (JSON, many)]);
}

#[test]
fn what_is_not_understood_is_unknown_where_it_is_met() {
    const CEL: &str = "message N { option (buf.validate.message).cel = {id: \"x\" expression: \"tru\"}; } \
        message M { N n = 1; string a = 2 [(buf.validate.field).string.min_len = 1]; }";
    check(CEL, &[("{}", "a string.min_len"), (r#"{"n":{}}"#, "unknown"), (r#"{"a":"b","n":{}}"#, "unknown")]);
    const MISPLACED: &str = "message M { int32 a = 1 [(buf.validate.field).string.min_len = 1]; }";
    check(MISPLACED, &[(r#"{"a":1}"#, "unknown")]);
    const PATTERN: &str = "message M { string a = 1 [(buf.validate.field).string.pattern = \"(\"]; }";
    check(PATTERN, &[(r#"{"a":"a"}"#, "unknown")]);
}

#[test]
fn nothing_is_certain_so_near_to_now() {
    const M: &str =
        "message M { google.protobuf.Timestamp t = 1 [(buf.validate.field).timestamp.lt_now = true]; }";
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at = |seconds: u64| {
        let desc = message(M);
        let field = desc.get_field(1).unwrap();
        let mut time = DynamicMessage::new(field.kind().as_message().unwrap().clone());
        time.set_field_by_number(1, prost_reflect::Value::I64(seconds.try_into().unwrap()));
        let mut message = DynamicMessage::new(desc.clone());
        message.set_field(&field, prost_reflect::Value::Message(time));
        Rules::of(&desc).judge(&message)
    };
    assert_eq!(at(now - 1000), Verdict::Kept);
    assert!(matches!(at(now + 100), Verdict::Unknown(_)));
    assert!(matches!(at(now + 1000), Verdict::Broken(_)));
}

/// What protovalidate says of expressions, `tests/it/protovalidate.rs` asks it; here is what is said where one cannot be
/// told, and what is left to others.
#[test]
fn an_expression_is_asked_or_named() {
    const EXPRESSION: &str = "this > 3 ? '' : 'too small'";
    let with = |expression: &str| {
        let rule = format!("(buf.validate.field).cel = {{id: \"own\" expression: \"{expression}\"}}");
        message(&format!("message M {{ int32 a = 1 [{rule}]; }}"))
    };
    for (expression, json, expected) in [
        (EXPRESSION, r#"{"a":3}"#, "a own"),
        (EXPRESSION, r#"{"a":4}"#, ""),
        // No truth and no text; no number below; nothing that is there.
        ("this", r#"{"a":3}"#, "unknown"),
        ("10 / this == 2", r#"{"a":0}"#, "unknown"),
        ("there", r#"{"a":3}"#, "unknown"),
        // No expression.
        ("this >", r#"{"a":3}"#, "unknown"),
    ] {
        assert_eq!(said(&with(expression), json), expected, "{expression} {json}");
    }
    assert_eq!(Rules::of(&with(EXPRESSION)).not_asked(), []);
    assert_eq!(Rules::of(&with("this >")).not_asked(), [("p.M.a".to_owned(), "`cel`".to_owned())]);
    // However deep it is, nobody's stack ends.
    let deep = format!("{}this{} > 0", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(said(&with(&deep), r#"{"a":1}"#), "unknown");
}

#[test]
fn values_are_unique_across_the_types_of_numbers() {
    let with = |expression: &str| {
        let rule = format!("(buf.validate.field).cel = {{id: \"own\" expression: \"{expression}\"}}");
        said(&message(&format!("message M {{ int32 a = 1 [{rule}]; }}")), r#"{"a":1}"#)
    };
    for unique in [
        "[1, 2u, 3.0, 1.5].unique()",
        "['1', 'a'].unique() && [b'a', b'b'].unique() && [dyn('a'), dyn(b'a'), dyn(1), dyn(true)].unique()",
        "[9007199254740992, 9007199254740993].unique()",
        "[0.0/0.0, 0.0/0.0].unique()",
        "[[1], [2]].unique() && [duration('1s'), duration('2s')].unique()",
    ] {
        assert_eq!(with(unique), "", "{unique}");
    }
    for twice in [
        "[dyn(1), dyn(1u)]",
        "[dyn(2u), dyn(2.0)]",
        "[0.0, -0.0]",
        "[true, true]",
        "['a', 'b', 'a']",
        "[[1], [1]]",
    ] {
        assert_eq!(with(&format!("{twice}.unique()")), "a own", "{twice}");
    }
}
