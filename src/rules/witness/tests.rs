//! What is shown of small changes: one line per reading that is not the same.

use super::*;
use crate::diag::{Agreement, Direction, Encoding};
use crate::schema::{Schema, Source, load};

fn schema(text: &str) -> Schema {
    let text = if text.starts_with("syntax") {
        text.to_owned()
    } else {
        format!("syntax = \"proto3\"; package p; {text}")
    };
    let loaded = load(&Source::Text(vec![("a.proto".into(), text.as_str().into())]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

/// `-> binary lossy: written => read`, from old to new, or `<-`.
#[track_caller]
fn shows(old: &str, new: &str, expected: &[&str]) {
    let (old, new) = (schema(old), schema(new));
    let world = World::new(&old, &new);
    let mut shown = Vec::new();
    for it in world.differences().into_iter().flat_map(|it| &it.witness.readings) {
        if it.verdict != Agreement::Same && it.encoding != Encoding::StrictJson {
            let arrow = if it.direction == Direction::OldToNew { "->" } else { "<-" };
            let (encoding, verdict) = (it.encoding.word(), it.verdict.word());
            shown.push(format!("{arrow} {encoding} {verdict}: {} => {}", it.written, it.read));
        }
    }
    assert_eq!(shown, expected);
    assert!(World::new(&old, &old).differences().is_empty(), "a schema against itself");
}

#[track_caller]
fn field(old: &str, new: &str, expected: &[&str]) {
    shows(&format!("message M {{ {old} }}"), &format!("message M {{ {new} }}"), expected);
}

#[test]
fn integers_keep_what_fits() {
    field(
        "int64 a = 1;",
        "int32 a = 1;",
        &[
            "-> binary lossy: 088080808008 => {\"a\":-2147483648}",
            "-> JSON rejected: {\"a\":\"2147483648\"} => number too large to fit in target type",
        ],
    );
}

#[test]
fn another_wire_type_is_an_unknown_field() {
    let lost = ["-> binary lossy: 0801 => {}", "<- binary lossy: 0a0161 => {}"];
    let (old, new) = (schema("message M { int32 a = 1; }"), schema("message M { string a = 1; }"));
    let world = World::new(&old, &new);
    let readings: Vec<String> = world
        .differences()
        .into_iter()
        .flat_map(|it| &it.witness.readings)
        .filter(|it| it.encoding == Encoding::Binary)
        .map(|it| {
            let arrow = if it.direction == Direction::OldToNew { "->" } else { "<-" };
            format!("{arrow} binary {}: {} => {}", it.verdict.word(), it.written, it.read)
        })
        .collect();
    assert_eq!(readings, lost);
}

#[test]
fn what_is_safe_is_silent() {
    for (old, new) in [
        ("repeated int32 a = 1;", "repeated int32 a = 1 [packed = false];"),
        ("int32 a = 1;", "optional int32 a = 1;"),
        ("int32 a = 1;", "oneof x { int32 a = 1; }"),
        ("oneof x { int32 a = 1; int32 b = 2; }", "oneof y { int32 a = 1; int32 b = 2; }"),
        ("N n = 1; message N { int32 x = 1; }", "O n = 1; message O { int32 x = 1; }"),
        ("int32 a = 1;", "int32 b = 1 [json_name = \"a\"];"),
        ("int32 a = 1;", "int32 a = 1; string b = 2; map<string, M> c = 3; oneof x { M d = 4; }"),
    ] {
        field(old, new, &[]);
    }
}

#[test]
fn packed_numbers_are_no_number() {
    let shown = "<- binary lossy: 0a020102 => {}";
    let (old, new) = (schema("message M { int32 a = 1; }"), schema("message M { repeated int32 a = 1; }"));
    let world = World::new(&old, &new);
    let all: Vec<String> = world.differences()[0]
        .witness
        .readings
        .iter()
        .map(|it| format!("<- {} {}: {} => {}", it.encoding.word(), it.verdict.word(), it.written, it.read))
        .collect();
    assert!(all.contains(&shown.to_owned()), "{all:?}");
}

#[test]
fn a_name_that_moves_takes_its_meaning_along() {
    field(
        "string a = 1; string b = 2;",
        "string b = 1; string a = 2;",
        &[
            "-> binary misread: 0a0161 => {\"b\":\"a\"}",
            "<- binary misread: 120161 => {\"b\":\"a\"}",
            "-> binary misread: 120161 => {\"a\":\"a\"}",
            "<- binary misread: 0a0161 => {\"a\":\"a\"}",
        ],
    );
}

#[test]
fn presence_is_missed_by_whoever_had_it() {
    field(
        "optional int32 a = 1;",
        "int32 a = 1;",
        &["-> binary lossy: 0800 => {}", "-> JSON lossy: {\"a\":0} => {}"],
    );
}

#[test]
fn a_message_in_the_place_of_another_lacks_what_it_requires() {
    let text = |map: u32, one: u32| {
        let n = "message N { required bytes x = 3; }";
        format!("syntax = \"proto2\"; message M {{ map<int32, N> a = {map}; optional N b = {one}; }} {n}")
    };
    shows(
        &text(1, 2),
        &text(2, 1),
        &[
            "-> binary rejected: 0a06080112021a00 => required field `b.x` is missing",
            "<- binary rejected: 1206080112021a00 => required field `b.x` is missing",
            "-> binary rejected: 12021a00 => required field `a.x` is missing",
            "<- binary rejected: 0a021a00 => required field `a.x` is missing",
        ],
    );
}

#[test]
fn a_field_that_is_read_as_before_is_not_blamed_for_another() {
    let text = |kind: &str, b: &str| {
        schema(&format!("syntax = \"proto2\"; message M {{ required {kind} g = 1; {b} }}"))
    };
    // A reader of JSON refuses every message, because of `g`.
    let (old, new) = (text("int64", "optional int32 b = 2;"), text("bool", "oneof o { int32 b = 2; }"));
    let world = World::new(&old, &new);
    let verdicts = |name: &str| -> Vec<Agreement> {
        let of_it = world
            .differences()
            .into_iter()
            .filter(|it| matches!(&it.subject, Subject::Field { old: Some(old), .. } if old.name() == name));
        of_it.flat_map(|it| &it.witness.readings).map(|it| it.verdict).collect()
    };
    assert!(verdicts("g").contains(&Agreement::Rejected));
    assert!(!verdicts("b").is_empty() && verdicts("b").iter().all(|it| *it == Agreement::Same));
}

#[test]
fn two_fields_in_one_oneof_are_one() {
    field("int32 a = 1; int32 b = 2;", "int32 a = 1; oneof x { int32 b = 2; }", &[]);
    field(
        "int32 a = 1; oneof x { int32 b = 2; }",
        "oneof x { int32 a = 1; int32 b = 2; }",
        &[
            "-> binary lossy: 08011001 => {\"b\":1}",
            "-> JSON rejected: {\"a\":1,\"b\":1} => multiple fields provided for oneof 'x'",
        ],
    );
}

#[test]
fn whoever_is_lost_in_one_oneof_is_told() {
    field(
        "oneof x { int32 a = 1; string b = 2; }",
        "oneof x { int32 a = 1; } oneof y { string b = 2; }",
        &[
            "<- binary lossy: 0801120161 => {\"b\":\"a\"}",
            "<- JSON rejected: {\"a\":1,\"b\":\"a\"} => multiple fields provided for oneof 'x'",
        ],
    );
}

#[test]
fn closed_enums_drop_what_they_do_not_declare() {
    let text = |values: &str, label: &str| {
        format!("syntax = \"proto2\"; message M {{ {label} E e = 1; }} enum E {{ Z = 0; {values} }}")
    };
    shows(
        &text("", "optional"),
        &text("A = 1;", "optional"),
        &["<- binary lossy: 0801 => {}", "<- JSON unknown: {\"e\":\"A\"} => {}"],
    );
    shows(
        &text("", "required"),
        &text("A = 1;", "required"),
        &[
            "<- binary rejected: 0801 => required field `e` is missing",
            "<- JSON rejected: {\"e\":\"A\"} => required field `e` is missing",
        ],
    );
}

#[test]
fn open_enums_keep_numbers_and_json_needs_names() {
    let text = |values: &str| {
        format!("enum E {{ option allow_alias = true; Z = 0; Y = 0; {values} }} message M {{ E e = 1; }}")
    };
    shows(
        &text(""),
        &text("A = 1;"),
        &["<- binary unknown: 0801 => {\"e\":1}", "<- JSON unknown: {\"e\":\"A\"} => {}"],
    );
    shows(
        &text("A = 1;"),
        &text("B = 1;"),
        &["-> JSON lossy: {\"e\":\"A\"} => {}", "<- JSON lossy: {\"e\":\"B\"} => {}"],
    );
    shows(&text("A = 1;"), &text("A = 1; B = 1;"), &[]);
    shows(&text("A = 1; B = 1;"), &text("A = 1;"), &["-> JSON lossy: {\"e\":\"B\"} => {}"]);
    shows(
        &text("A = 1; B = 1;"),
        &text("B = 1; A = 1;"),
        &[
            "-> JSON respelled: {\"e\":\"A\"} => {\"e\":\"B\"}",
            "<- JSON respelled: {\"e\":\"B\"} => {\"e\":\"A\"}",
        ],
    );
}

#[test]
fn an_enum_is_tried_where_its_default_is_written() {
    let text = |values: &str| {
        format!(
            "enum E {{ option allow_alias = true; {values} }} \
             message M {{ E a = 1; E b = 2; E c = 3; E d = 4; }} message N {{ optional E e = 1; }}"
        )
    };
    shows(
        &text("A = 0; B = 0;"),
        &text("B = 0; A = 0;"),
        &[
            "-> JSON respelled: {\"e\":\"A\"} => {\"e\":\"B\"}",
            "<- JSON respelled: {\"e\":\"B\"} => {\"e\":\"A\"}",
        ],
    );
}

/// Pair 74,130 of the campaign, made small: the values of an enum are asked of fields that hold as many, and such a field
/// was asked for none of them.
#[test]
fn an_enum_whose_names_moved_is_tried_where_a_field_holds_more_of_it() {
    shows(
        "syntax = \"proto2\"; package p; message M { optional E a = 1; } enum E { X = 1; Y = 2; }",
        "syntax = \"proto2\"; package p; message M { repeated E a = 1; } enum E { Y = 1; X = 2; }",
        &[
            "-> binary misread: 0801 => {\"a\":[\"Y\"]}",
            "-> JSON rejected: {\"a\":\"X\"} => invalid type: string \"X\", expected a list",
            "<- binary misread: 08010802 => {\"a\":\"Y\"}",
            "<- JSON rejected: {\"a\":[\"Y\",\"X\"]} => invalid type: sequence, expected a string or integer",
        ],
    );
}

#[test]
fn a_field_of_an_enum_without_a_name_left_is_tried_by_number() {
    shows(
        "message M { E e = 1; } enum E { Z = 0; }",
        "message M { E e = 1 [json_name = \"j\"]; } enum E { Y = 0; }",
        &["<- JSON lossy: {\"j\":1} => {}"],
    );
}

#[test]
fn strings_of_proto2_may_be_no_text() {
    let text = |syntax: &str| format!("syntax = \"{syntax}\"; message M {{ optional string a = 1; }}");
    shows(&text("proto2"), &text("proto3"), &["-> binary rejected: 0a01ff => `a` is not UTF-8"]);
    shows(&text("proto3"), &text("proto2"), &["<- binary rejected: 0a01ff => `a` is not UTF-8"]);
}

#[test]
fn a_type_that_another_field_refers_to_is_compared_by_its_shape() {
    shows(
        "message M { repeated N n = 1; } message N { int32 x = 1; }",
        "message M { repeated O n = 1; } message O { bool x = 1; }",
        &[
            "-> binary lossy: 0802 => {\"x\":true}",
            "-> JSON rejected: {\"x\":1} => invalid type: integer `1`, expected a boolean",
            "<- JSON rejected: {\"x\":true} => invalid type: boolean `true`, expected a 32-bit signed integer",
        ],
    );
}
