//! What is tightened and what is loosened, each by one line of a message.

use super::*;
use crate::testing::pool;

fn message(members: &str) -> MessageDescriptor {
    let text = format!(
        "syntax = \"proto3\"; import \"buf/validate/validate.proto\"; import \"google/protobuf/timestamp.proto\"; \
         enum E {{ Z = 0; ONE = 1; TWO = 2; }} message N {{ string a = 1 [(buf.validate.field).string.min_len = 2]; }} \
         message M {{ {members} }}"
    );
    pool(&text).get_message_by_name("M").unwrap()
}

fn show(proof: Option<&Proof>) -> String {
    match proof {
        None => "-".to_owned(),
        Some(Proof::Unknown(why)) => format!("? {why}"),
        Some(Proof::Shown(message, violation)) => {
            format!("{} {}", serde_json::to_string(&**message).unwrap(), violation.rule)
        }
    }
}

/// What the rules of `old` accept and `new` does not, and the other way round.
#[track_caller]
fn differ(old: &str, new: &str, tightened: &str, loosened: &str) {
    let said = compare(&message(old), &message(new));
    let said: Vec<_> =
        said.iter().map(|it| [show(it.tightened.as_ref()), show(it.loosened.as_ref())]).collect();
    match (tightened, loosened) {
        ("-", "-") => assert!(said.is_empty(), "{said:?}"),
        _ => assert_eq!(said, [[tightened.to_owned(), loosened.to_owned()]]),
    }
}

fn field(kind: &str, rules: &str) -> String {
    match rules {
        "" => format!("{kind} f = 1;"),
        rules => format!("{kind} f = 1 [{rules}];"),
    }
}

fn string(rule: &str) -> String {
    field("string", &format!("(buf.validate.field).string.{rule}"))
}

#[test]
fn lengths_bounds_and_lists_show_the_value_between_them() {
    differ(&string("min_len = 1"), &string("min_len = 3"), "{\"f\":\"a\"} string.min_len", "-");
    differ(&string("max_len = 3"), &string("max_len = 2"), "{\"f\":\"aaa\"} string.max_len", "-");
    differ(&string("max_len = 2"), &string("max_len = 3"), "-", "{\"f\":\"aaa\"} string.max_len");
    differ(&field("string", ""), &string("min_len = 1"), "{} string.min_len", "-");
    let int = |rule: &str| field("int32", &format!("(buf.validate.field).int32 = {{{rule}}}"));
    differ(&int("lte: 100"), &int("lt: 100"), "{\"f\":100} int32.lt", "-");
    differ(&int("gt: 0"), &int("gte: 1"), "-", "-");
    let many: Vec<String> = (1..40).map(|it| it.to_string()).collect();
    let (most, all) = (many[..38].join(","), many.join(","));
    differ(&int(&format!("in: [{all}]")), &int(&format!("in: [{most}]")), "{\"f\":39} int32.in", "-");
    differ(&int("not_in: [5]"), &int("not_in: [6]"), "{\"f\":6} int32.not_in", "{\"f\":5} int32.not_in");
}

#[test]
fn presence_enums_lists_and_maps_count() {
    let required = "(buf.validate.field).required = true";
    differ(&field("optional int32", ""), &field("optional int32", required), "{} required", "-");
    differ(&field("N", required), &field("N", ""), "-", "{} required");
    // It is there for nobody who does not know it.
    differ("", &field("string", required), "{} required", "-");
    differ(&field("string", required), "", "-", "-");
    let defined = "(buf.validate.field).enum.defined_only = true";
    differ(&field("E", ""), &field("E", defined), "{\"f\":3} enum.defined_only", "-");
    let items = |rule: &str| field("repeated string", &format!("(buf.validate.field).repeated.{rule}"));
    differ(
        &items("max_items = 2"),
        &items("max_items = 1"),
        "{\"f\":[\"a1\",\"a2\"]} repeated.max_items",
        "-",
    );
    differ(
        &items("items.string.min_len = 1"),
        &items("items.string.min_len = 2"),
        "{\"f\":[\"a\"]} string.min_len",
        "-",
    );
    let pairs = |rule: &str| field("map<string, int32>", &format!("(buf.validate.field).map.{rule}"));
    differ(&pairs("min_pairs = 0"), &pairs("min_pairs = 1"), "{} map.min_pairs", "-");
    let oneof = |rule: &str| format!("oneof o {{ {rule} string f = 1; }}");
    differ(&oneof(""), &oneof("option (buf.validate.oneof).required = true;"), "{} required", "-");
}

#[test]
fn a_pattern_is_tried_by_what_the_other_matches() {
    differ(
        &string("pattern = \"^[a-z]{1,3}$\""),
        &string("pattern = \"^[a-z]{2,3}$\""),
        "{\"f\":\"a\"} string.pattern",
        "? the pattern `^[a-z]{1,3}$`",
    );
}

#[test]
fn an_expression_is_never_guessed() {
    let cel = |expression: &str| {
        field("string", &format!("(buf.validate.field).cel = {{id: \"x\", expression: \"{expression}\"}}"))
    };
    differ(&field("string", ""), &cel("this != ''"), "? the expression `this != ''` (x)", "-");
    differ(&cel("this != ''"), &field("string", ""), "-", "? the expression `this != ''` (x)");
    differ(&cel("this != ''"), &cel("this != ''"), "-", "-");
}

#[test]
fn other_rules_are_kept_by_what_is_shown() {
    let with = |rule: &str| {
        format!(
            "string id = 2 [(buf.validate.field).string.uuid = true]; N n = 3 [(buf.validate.field).required = true]; {}",
            string(rule)
        )
    };
    let (old, new) = (message(&with("min_len = 1")), message(&with("min_len = 2")));
    let said = compare(&old, &new);
    let [Difference { at: At::Field(1), tightened: Some(Proof::Shown(message, _)), loosened: None }] = &*said
    else {
        panic!("{said:?}")
    };
    assert!(Rules::of(&old).violations(message).is_empty());
    let violations = Rules::of(&new).violations(&as_type(message, &new));
    assert_eq!(violations.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["f"]);
}
