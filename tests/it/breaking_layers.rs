//! What `check-breaking` finds beyond types, as a user asks for it: the small changes that other checkers are silent
//! about, who meets them, and the settings that decide.

use crate::cli::folder;
use crate::run::{Ran, protogate};

/// A change of one file, and the one rule that has to speak.
type Row = (&'static str, &'static str, &'static str, &'static str);

const VALIDATE: &str =
    "import \"buf/validate/validate.proto\"; message A {} service S { rpc Set(R) returns (A); } ";
const ANSWER: &str =
    "import \"buf/validate/validate.proto\"; message A {} service S { rpc Get(A) returns (R); } ";
const API: &str = "import \"google/api/annotations.proto\"; import \"google/api/client.proto\"; \
    import \"google/api/field_behavior.proto\"; import \"google/api/resource.proto\"; ";
const UNIT: &str = "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { string unit = 50000; } ";

const ROWS: [(&str, Row); 16] = [
    (
        VALIDATE,
        (
            "pv_min_len_tightened",
            "message R { string a = 1 [(buf.validate.field).string.min_len = 1]; }",
            "message R { string a = 1 [(buf.validate.field).string.min_len = 3]; }",
            "CONTRACT_REQUEST_NO_TIGHTEN",
        ),
    ),
    (
        VALIDATE,
        (
            "pv_max_tightened",
            "message R { int32 a = 1 [(buf.validate.field).int32.lte = 9]; }",
            "message R { int32 a = 1 [(buf.validate.field).int32.lte = 5]; }",
            "CONTRACT_REQUEST_NO_TIGHTEN",
        ),
    ),
    (
        VALIDATE,
        (
            "pv_required_added",
            "message R { string a = 1; }",
            "message R { string a = 1 [(buf.validate.field).required = true]; }",
            "CONTRACT_REQUEST_NO_TIGHTEN",
        ),
    ),
    (
        VALIDATE,
        (
            "pv_pattern_changed",
            "message R { string a = 1 [(buf.validate.field).string.pattern = \"^[a-z]+$\"]; }",
            "message R { string a = 1 [(buf.validate.field).string.pattern = \"^[0-9]+$\"]; }",
            "CONTRACT_REQUEST_NO_TIGHTEN",
        ),
    ),
    (
        VALIDATE,
        (
            "pv_cel_added",
            "message R { string a = 1; }",
            "message R { string a = 1 [(buf.validate.field).cel = {id: \"x\", message: \"no x\", expression: \"this != 'x'\"}]; }",
            "CONTRACT_EXPRESSION",
        ),
    ),
    (
        ANSWER,
        (
            "pv_loosened_in_response",
            "message R { string a = 1 [(buf.validate.field).string.max_len = 5]; }",
            "message R { string a = 1; }",
            "CONTRACT_RESPONSE_NO_LOOSEN",
        ),
    ),
    (
        VALIDATE,
        (
            "pv_loosened_in_request",
            "message R { string a = 1 [(buf.validate.field).string.max_len = 5]; }",
            "message R { string a = 1; }",
            "",
        ),
    ),
    (
        ANSWER,
        (
            "pv_tightened_in_response",
            "message R { string a = 1; }",
            "message R { string a = 1 [(buf.validate.field).string.max_len = 5]; }",
            "",
        ),
    ),
    (
        API,
        (
            "field_behavior_required",
            "message R { string a = 1; }",
            "message R { string a = 1 [(google.api.field_behavior) = REQUIRED]; }",
            "CONTRACT_FIELD_BEHAVIOR",
        ),
    ),
    (
        API,
        (
            "http_path_changed",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {get: \"/v1/a\"}; } }",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {get: \"/v1/b\"}; } }",
            "CONTRACT_HTTP_ROUTE",
        ),
    ),
    (
        API,
        (
            "http_verb_changed",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {put: \"/v1/a\"}; } }",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {patch: \"/v1/a\"}; } }",
            "CONTRACT_HTTP_ROUTE",
        ),
    ),
    (
        API,
        (
            "http_annotation_removed",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {get: \"/v1/a\"}; } }",
            "message R { } service S { rpc G(R) returns (R); }",
            "CONTRACT_HTTP_ROUTE",
        ),
    ),
    (
        API,
        (
            "http_binding_added",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {get: \"/v1/a\"}; } }",
            "message R { } service S { rpc G(R) returns (R) { option (google.api.http) = {get: \"/v1/a\" additional_bindings {get: \"/v1/b\"}}; } }",
            "",
        ),
    ),
    (
        API,
        (
            "method_signature_changed",
            "message R { string a = 1; } service S { rpc G(R) returns (R) { option (google.api.method_signature) = \"a\"; } }",
            "message R { string a = 1; } service S { rpc G(R) returns (R) { option (google.api.method_signature) = \"\"; } }",
            "CONTRACT_METHOD_SIGNATURE",
        ),
    ),
    (
        API,
        (
            "resource_pattern_changed",
            "message R { option (google.api.resource) = {type: \"x/R\" pattern: \"r/{r}\"}; }",
            "message R { option (google.api.resource) = {type: \"x/R\" pattern: \"q/{r}\"}; }",
            "CONTRACT_RESOURCE",
        ),
    ),
    (
        UNIT,
        (
            "custom_option_changed",
            "message R { int64 a = 1 [(unit) = \"s\"]; }",
            "message R { int64 a = 1 [(unit) = \"ms\"]; }",
            "CONTRACT_OPTION",
        ),
    ),
];

fn text(head: &str, rest: &str) -> String {
    format!("syntax = \"proto3\";\npackage p;\n{head}{rest}\n")
}

fn rules(ran: &Ran) -> Vec<String> {
    let lines = ran.stdout.lines().map(|line| line.parse::<serde_json::Value>().unwrap());
    lines.map(|line| line["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_promised_beyond_types_is_found_and_what_breaks_nobody_is_not() {
    for (head, (id, old, new, rule)) in ROWS {
        let options = if head == UNIT { "options = [\"p.unit\"]" } else { "" };
        let config = format!("[breaking]\nuse = [\"CONTRACT\"]\n{options}\n");
        let (old, new) = (text(head, old), text(head, new));
        let folder = folder(&[("protogate.toml", &config), ("old/a.proto", &old), ("new/a.proto", &new)]);
        let arguments = ["check-breaking", "new", "--against", "old", "--format", "json"];
        let ran = protogate(folder.path(), &arguments);
        let expected: &[&str] = if rule.is_empty() { &[] } else { &[rule] };
        assert_eq!(rules(&ran), expected, "{id}: {ran:?}");
        assert_eq!(ran.code, i32::from(!rule.is_empty()), "{id}: {ran:?}");
    }
}

#[test]
fn a_change_inside_of_messages_names_the_rpcs_that_carry_it() {
    let text = |kind: &str| {
        format!(
            "syntax = \"proto3\";\npackage p;\nmessage Zip {{ {kind} code = 1; }}\nmessage Address {{ Zip zip = 1; }}\n\
             message User {{ Address address = 1; }}\nmessage Id {{ string id = 1; }}\n\
             service Users {{\n  rpc Get(Id) returns (User);\n  rpc Set(User) returns (Id);\n  \
             rpc Find(Zip) returns (stream Id);\n  rpc Ping(Id) returns (Id);\n}}\n"
        )
    };
    let folder = folder(&[("old/a.proto", &text("string")), ("new/a.proto", &text("int32"))]);
    let run = |format: &str| {
        protogate(folder.path(), &["check-breaking", "new", "--against", "old", "--format", format]).stdout
    };
    let shown = run("text");
    for way in [
        "reaches p.Users/Find → Zip.code",
        "reaches p.Users/Get → User.address.zip.code",
        "reaches p.Users/Set → User.address.zip.code",
    ] {
        assert!(shown.contains(way), "{shown}");
        assert!(run("markdown").contains(way.split(" → ").nth(1).unwrap()), "{way}");
    }
    assert!(!shown.contains("Ping"), "{shown}");
    let json: serde_json::Value = run("json").lines().next().unwrap().parse().unwrap();
    let affected = &json["evidence"]["affected"];
    assert_eq!(affected.as_array().unwrap().len(), 3, "{json}");
    assert_eq!(affected[0], serde_json::json!({"rpc": "p.Users/Find", "path": "Zip.code"}));
}

#[test]
fn who_breaks_and_what_goes_first_is_in_every_form() {
    let text = |returns: &str| {
        format!(
            "syntax = \"proto3\"; package p; message M {{}} service S {{ rpc Get(M) returns ({returns}); }}"
        )
    };
    let folder = folder(&[("old/a.proto", &text("M")), ("new/a.proto", &text("stream M"))]);
    let run = |more: &[&str]| {
        let arguments = [&["check-breaking", "new", "--against", "old", "--category", "GRPC"], more].concat();
        protogate(folder.path(), &arguments)
    };
    let shown = run(&[]).stdout;
    for line in ["breaks old clients", "safe when deployed clients first"] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(shown.contains("reaches p.S/Get"), "{shown}");
    let json: serde_json::Value = run(&["--format", "json"]).stdout.parse().unwrap();
    assert_eq!(json["evidence"]["breaks"], serde_json::json!(["old_clients"]));
    assert_eq!(json["evidence"]["deploy"], "clients first");
    let refused = run(&["--buf-exact"]);
    // As buf ends where it cannot do its job.
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.contains("buf has none of the rules"), "{refused:?}");
}

#[test]
fn names_of_a_configuration_that_nothing_has_end_with_2_at_their_place() {
    let schema = "syntax = \"proto3\"; package p; message Kept {}\n";
    let cases = [
        ("stored = [\"p.Kepd\"]", "there is no message `p.Kepd`", "p.Kept"),
        ("options = [\"p.unit\"]", "there is no custom option `p.unit`", "its full name"),
        ("languages = [\"rusd\"]", "there is no language `rusd`", "rust"),
    ];
    for (setting, message, help) in cases {
        let config = format!("[breaking]\nuse = [\"CONTRACT\"]\n{setting}\n");
        let folder = folder(&[("protogate.toml", &config), ("old/a.proto", schema), ("new/a.proto", schema)]);
        let ran = protogate(folder.path(), &["check-breaking", "new", "--against", "old"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        for words in [message, help, "protogate.toml:3:"] {
            assert!(ran.stdout.contains(words) || ran.stderr.contains(words), "{words}: {ran:?}");
        }
    }
    let config = "[breaking]\nstored = [\"p.Kept\"]\nlanguages = []\n";
    let folder = folder(&[("protogate.toml", config), ("old/a.proto", schema), ("new/a.proto", schema)]);
    assert_eq!(protogate(folder.path(), &["check-breaking", "new", "--against", "old"]).code, 0);
}

#[test]
fn only_languages_that_somebody_generates_count() {
    let text = |package: &str, more: &str| {
        format!("syntax = \"proto3\"; option go_package = \"{package}\"; message M {{ int32 a = 1; {more} }}")
    };
    let (old, new) = (text("a", ""), text("b", "int32 b = 2;"));
    let found = |setting: &str, more: &[&str]| {
        let config = format!("[breaking]\n{setting}\n");
        let folder = folder(&[("protogate.toml", &config), ("old/a.proto", &old), ("new/a.proto", &new)]);
        let arguments = [&["check-breaking", "new", "--against", "old", "--format", "json"], more].concat();
        rules(&protogate(folder.path(), &arguments))
    };
    let (go, rust) = ("FILE_SAME_GO_PACKAGE", "RUST_STRUCT_SAME_FIELDS");
    assert_eq!(found("", &[]), [go]);
    assert_eq!(found("languages = [\"go\"]", &[]), [go]);
    assert_eq!(found("languages = [\"python\"]", &[]), [""; 0]);
    assert_eq!(found("languages = [\"rust\", \"python\"]", &[]), [rust]);
    // Who names what to check gets that.
    assert_eq!(found("languages = [\"rust\", \"go\"]", &["--category", "FILE"]), [go]);
    assert_eq!(found("languages = [\"rust\", \"go\"]\nuse = [\"RUST\"]", &[]), [rust]);
}
