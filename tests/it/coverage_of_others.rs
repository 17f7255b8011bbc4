//! `docs/coverage-of-others.md` is true: each change that another checker has a name for is made once here; the rules
//! that the page names speak of it, and `diff` lists it under the heading that the page names.

use std::collections::{BTreeMap, BTreeSet};

use protogate::rules::breaking::{BREAKING, Selection, check};
use protogate::rules::diff::{changelog, diff};
use protogate::rules::ledger::HISTORY;
use protogate::schema::{Schema, Source, load};

const PAGE: &str = include_str!("../../docs/coverage-of-others.md");

/// A name, and a change that it is about. Text after `---` is a second file.
type Case = (&'static str, &'static str, &'static str);

const PLAIN: &[Case] = &[
    ("PACKAGE_CHANGED", "package q;", "package r;"),
    ("MESSAGE_ADDED", "", "message N {}"),
    ("MESSAGE_REMOVED", "message M {} message N {}", "message M {}"),
    ("MESSAGE_MOVED", "message M {} message N {}", "message N {} message M {}"),
    ("ENUM_ADDED", "", "enum E { Z = 0; }"),
    ("ENUM_REMOVED", "enum E { Z = 0; } enum F { Y = 0; }", "enum F { Y = 0; }"),
    ("ENUM_CONST_ADDED", "enum E { Z = 0; }", "enum E { Z = 0; A = 1; }"),
    ("ENUM_CONST_CHANGED", "enum E { Z = 0; A = 1; }", "enum E { Z = 0; B = 1; }"),
    ("ENUM_CONST_REMOVED", "enum E { Z = 0; A = 1; }", "enum E { Z = 0; }"),
    ("FIELD_ADDED", "message M {}", "message M { int32 a = 1; }"),
    ("FIELD_REMOVED", "message M { int32 a = 1; }", "message M {}"),
    ("FIELD_NAME_CHANGED", "message M { int32 a = 1; }", "message M { int32 b = 1; }"),
    ("FIELD_KIND_CHANGED", "message M { int32 a = 1; }", "message M { M a = 1; }"),
    ("FIELD_SCALAR_KIND_CHANGED", "message M { int32 a = 1; }", "message M { sint32 a = 1; }"),
    (
        "FIELD_NAMED_TYPE_CHANGED",
        "message N {} message M { N a = 1; }",
        "message N {} message M { M a = 1; }",
    ),
    ("FIELD_NUMERIC_LABEL_CHANGED", "message M { int32 a = 1; }", "message M { repeated int32 a = 1; }"),
    (
        "FIELD_STRING_OR_BYTES_LABEL_CHANGED",
        "message M { string a = 1; }",
        "message M { repeated string a = 1; }",
    ),
    (
        "REQUIRED_FIELD_ADDED",
        "syntax = \"proto2\"; message M {}",
        "syntax = \"proto2\"; message M { required int32 a = 1; }",
    ),
    (
        "REQUIRED_FIELD_REMOVED",
        "syntax = \"proto2\"; message M { required int32 a = 1; }",
        "syntax = \"proto2\"; message M {}",
    ),
    ("ONEOF_ADDED", "message M {}", "message M { oneof o { int32 a = 1; } }"),
    ("ONEOF_REMOVED", "message M { oneof o { int32 a = 1; } }", "message M { int32 a = 1; }"),
    (
        "ONEOF_FIELD_ADDED",
        "message M { oneof o { int32 a = 1; } }",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
    ),
    (
        "ONEOF_FIELD_REMOVED",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
        "message M { oneof o { int32 a = 1; } }",
    ),
    (
        "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
        "message M { int32 a = 1; int32 b = 2; }",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
    ),
    (
        "FIELD_MOVED_TO_EXISTING_ONEOF",
        "message M { int32 a = 1; oneof o { int32 b = 2; } }",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
    ),
    ("ENUM_VALUE_ADDITION", "enum E { Z = 0; }", "enum E { Z = 0; A = 1; }"),
    ("ENUM_VALUE_REMOVAL", "enum E { Z = 0; A = 1; }", "enum E { Z = 0; }"),
    ("ENUM_VALUE_NAME_CHANGE", "enum E { Z = 0; A = 1; }", "enum E { Z = 0; B = 1; }"),
    ("ENUM_ADDITION", "", "enum E { Z = 0; }"),
    ("ENUM_REMOVAL", "enum E { Z = 0; } enum F { Y = 0; }", "enum F { Y = 0; }"),
    ("FIELD_ADDITION", "message M {}", "message M { int32 a = 1; }"),
    ("FIELD_REMOVAL", "message M { int32 a = 1; }", "message M {}"),
    ("FIELD_NAME_CHANGE", "message M { int32 a = 1; }", "message M { int32 b = 1; }"),
    ("FIELD_REPEATED_CHANGE", "message M { int32 a = 1; }", "message M { repeated int32 a = 1; }"),
    ("FIELD_TYPE_CHANGE", "message M { int32 a = 1; }", "message M { string a = 1; }"),
    (
        "FIELD_ONEOF_MOVE_OUT",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
        "message M { int32 a = 1; oneof o { int32 b = 2; } }",
    ),
    (
        "FIELD_ONEOF_MOVE_IN",
        "message M { int32 a = 1; oneof o { int32 b = 2; } }",
        "message M { oneof o { int32 a = 1; int32 b = 2; } }",
    ),
    ("FIELD_PROTO3_OPTIONAL_CHANGE", "message M { int32 a = 1; }", "message M { optional int32 a = 1; }"),
    ("MESSAGE_ADDITION", "", "message N {}"),
    ("MESSAGE_REMOVAL", "message M {} message N {}", "message M {}"),
    ("MESSAGE_MOVED_TO_ANOTHER_FILE", "message M {} ---", " --- message M {}"),
    ("SERVICE_ADDITION", "", "service S {}"),
    ("SERVICE_REMOVAL", "service S {} message M {}", "message M {}"),
    ("METHOD_REMOVAL", "message M {} service S { rpc Get(M) returns (M); }", "message M {} service S {}"),
    ("METHOD_ADDITION", "message M {} service S {}", "message M {} service S { rpc Get(M) returns (M); }"),
    (
        "METHOD_INPUT_TYPE_CHANGE",
        "message M {} message N {} service S { rpc Get(M) returns (M); }",
        "message M {} message N {} service S { rpc Get(N) returns (M); }",
    ),
    (
        "METHOD_RESPONSE_TYPE_CHANGE",
        "message M {} message N {} service S { rpc Get(M) returns (M); }",
        "message M {} message N {} service S { rpc Get(M) returns (N); }",
    ),
    (
        "METHOD_CLIENT_STREAMING_CHANGE",
        "message M {} service S { rpc Get(M) returns (M); }",
        "message M {} service S { rpc Get(stream M) returns (M); }",
    ),
    (
        "METHOD_SERVER_STREAMING_CHANGE",
        "message M {} service S { rpc Get(M) returns (M); }",
        "message M {} service S { rpc Get(M) returns (stream M); }",
    ),
    (
        "METHOD_PAGINATED_RESPONSE_CHANGE",
        "message M { repeated M all = 1; string next_page_token = 2; }",
        "message M { repeated M all = 1; }",
    ),
    ("PACKAGING_OPTION_REMOVAL", "option java_package = \"x\"; option go_package = \"y\";", ""),
    ("PACKAGING_OPTION_ADDITION", "", "option java_package = \"x\"; option go_package = \"y\";"),
    ("ENUM_VALUE_NUMBER_CHANGE", "enum E { Z = 0; A = 1; }", "enum E { Z = 0; A = 2; }"),
    ("SERVICE_COMMENT_CHANGE", "service S {}", "// New.\nservice S {}"),
    (
        "METHOD_COMMENT_CHANGE",
        "message M {} service S { rpc Get(M) returns (M); }",
        "message M {} service S {\n// New.\nrpc Get(M) returns (M); }",
    ),
    ("MESSAGE_COMMENT_CHANGE", "message M {}", "// New.\nmessage M {}"),
    ("FIELD_COMMENT_CHANGE", "message M { int32 a = 1; }", "message M { int32 a = 1; // New.\n }"),
    ("ENUM_COMMENT_CHANGE", "enum E { Z = 0; }", "// New.\nenum E { Z = 0; }"),
    ("ENUM_VALUE_COMMENT_CHANGE", "enum E { Z = 0; }", "enum E { Z = 0; // New.\n }"),
];

/// The same of options: what stands in the brackets of field `a` of `M` (or is an option of `M`, of `S` or of `S/Get`,
/// by the letter it starts with).
const OPTIONS: &[Case] = &[
    ("FIELD_BEHAVIOR_CHANGE", "f", "f(google.api.field_behavior) = REQUIRED"),
    (
        "FIELD_FORMAT_CHANGE",
        "f(google.api.field_info).format = UUID4",
        "f(google.api.field_info).format = IPV4",
    ),
    ("RESOURCE_REFERENCE_REMOVAL", "f(google.api.resource_reference).type = \"x\"", "f"),
    ("RESOURCE_REFERENCE_ADDITION", "f", "f(google.api.resource_reference).type = \"x\""),
    (
        "RESOURCE_REFERENCE_CHANGE",
        "f(google.api.resource_reference).type = \"x\"",
        "f(google.api.resource_reference).type = \"y\"",
    ),
    (
        "RESOURCE_REFERENCE_MOVED",
        "f(google.api.resource_reference).type = \"x\"",
        "g(google.api.resource_reference).type = \"x\"",
    ),
    (
        "RESOURCE_REFERENCE_CHANGE_CHILD_TYPE",
        "f(google.api.resource_reference).type = \"x\"",
        "f(google.api.resource_reference).child_type = \"x\"",
    ),
    (
        "RESOURCE_DEFINITION_ADDITION",
        "m",
        "moption (google.api.resource) = { type: \"x/Y\" pattern: \"a/{b}\" };",
    ),
    (
        "RESOURCE_DEFINITION_REMOVAL",
        "moption (google.api.resource) = { type: \"x/Y\" pattern: \"a/{b}\" };",
        "m",
    ),
    (
        "RESOURCE_PATTERN_REMOVAL",
        "moption (google.api.resource) = { pattern: \"a\" pattern: \"b\" };",
        "moption (google.api.resource) = { pattern: \"a\" };",
    ),
    (
        "RESOURCE_PATTERN_ADDITION",
        "moption (google.api.resource) = { pattern: \"a\" };",
        "moption (google.api.resource) = { pattern: \"a\" pattern: \"b\" };",
    ),
    (
        "RESOURCE_PATTERN_REORDER",
        "moption (google.api.resource) = { pattern: \"a\" pattern: \"b\" };",
        "moption (google.api.resource) = { pattern: \"b\" pattern: \"a\" };",
    ),
    ("SERVICE_HOST_ADDITION", "s", "soption (google.api.default_host) = \"x\";"),
    ("SERVICE_HOST_REMOVAL", "soption (google.api.default_host) = \"x\";", "s"),
    (
        "SERVICE_HOST_CHANGE",
        "soption (google.api.default_host) = \"x\";",
        "soption (google.api.default_host) = \"y\";",
    ),
    (
        "OAUTH_SCOPE_REMOVAL",
        "soption (google.api.oauth_scopes) = \"a,b\";",
        "soption (google.api.oauth_scopes) = \"a\";",
    ),
    (
        "OAUTH_SCOPE_ADDITION",
        "soption (google.api.oauth_scopes) = \"a\";",
        "soption (google.api.oauth_scopes) = \"a,b\";",
    ),
    ("METHOD_SIGNATURE_REMOVAL", "roption (google.api.method_signature) = \"a\";", "r"),
    ("METHOD_SIGNATURE_ADDITION", "r", "roption (google.api.method_signature) = \"a\";"),
    (
        "METHOD_SIGNATURE_ORDER_CHANGE",
        "roption (google.api.method_signature) = \"a\"; option (google.api.method_signature) = \"b\";",
        "roption (google.api.method_signature) = \"b\"; option (google.api.method_signature) = \"a\";",
    ),
    (
        "LRO_RESPONSE_CHANGE",
        "roption (google.longrunning.operation_info) = { response_type: \"M\" };",
        "roption (google.longrunning.operation_info) = { response_type: \"N\" };",
    ),
    (
        "LRO_METADATA_CHANGE",
        "roption (google.longrunning.operation_info) = { metadata_type: \"M\" };",
        "roption (google.longrunning.operation_info) = { metadata_type: \"N\" };",
    ),
    (
        "LRO_ANNOTATION_ADDITION",
        "r",
        "roption (google.longrunning.operation_info) = { response_type: \"M\" };",
    ),
    (
        "LRO_ANNOTATION_REMOVAL",
        "roption (google.longrunning.operation_info) = { response_type: \"M\" };",
        "r",
    ),
    (
        "HTTP_ANNOTATION_CHANGE",
        "roption (google.api.http) = { get: \"/v1/{a}\" };",
        "roption (google.api.http) = { post: \"/v1/{a}\" };",
    ),
    ("HTTP_ANNOTATION_REMOVAL", "roption (google.api.http) = { get: \"/v1/{a}\" };", "r"),
    ("HTTP_ANNOTATION_ADDITION", "r", "roption (google.api.http) = { get: \"/v1/{a}\" };"),
];

const IMPORTS: &str = "import \"google/api/annotations.proto\"; import \"google/api/client.proto\"; \
    import \"google/api/field_behavior.proto\"; import \"google/api/field_info.proto\"; import \"google/api/resource.proto\"; \
    import \"google/longrunning/operations.proto\";";

fn with_options(written: &str) -> String {
    let (kind, option) = written.split_at(1);
    let here = |wanted: &str| if kind == wanted { option } else { "" };
    let in_brackets = |wanted: &str| match here(wanted) {
        "" => String::new(),
        option => format!("[{option}]"),
    };
    format!(
        "{IMPORTS} message M {{ {} string a = 1 {}; string b = 2 {}; }} service S {{ {} rpc Get(M) returns (M) {{ {} }} }}",
        here("m"),
        in_brackets("f"),
        in_brackets("g"),
        here("s"),
        here("r")
    )
}

fn schema(text: &str) -> Schema {
    let (first, second) = match text.split_once("---") {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    };
    let file = |text: &str| match text.contains("syntax")
        || text.contains("package") && !text.contains("_package")
    {
        true => text.to_owned(),
        false => format!("syntax = \"proto3\"; package p; {text}"),
    };
    let mut files = vec![("a.proto".to_owned(), file(first))];
    files.extend(second.map(|text| ("b.proto".to_owned(), file(text))));
    let loaded = load(&Source::Text(files));
    assert!(loaded.diagnostics.is_empty(), "{text}: {:?}", loaded.diagnostics);
    loaded.schema
}

/// What the page says: their name, and what is ours.
fn rows() -> Vec<(&'static str, &'static str)> {
    let cells = |line: &'static str| line.strip_prefix("| ")?.split_once(" | ");
    let rows =
        PAGE.lines().filter_map(cells).filter(|(theirs, _)| *theirs != "theirs" && !theirs.starts_with('-'));
    rows.map(|(theirs, rest)| (theirs, rest.split(" |").next().unwrap())).collect()
}

fn rules_in(ours: &str) -> Vec<&str> {
    ours.split('`').skip(1).step_by(2).filter(|word| *word != "diff").collect()
}

#[test]
fn the_lists_are_whole() {
    let named: Vec<&str> = rows().iter().map(|(theirs, _)| *theirs).collect();
    // 25, 61, and 11 that are about releases.
    assert_eq!(named.len(), 25 + 61 + 11);
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "nothing twice");
    let cases: BTreeSet<&str> = PLAIN.iter().chain(OPTIONS).map(|(name, ..)| *name).collect();
    assert_eq!(named[..25 + 61].iter().copied().collect::<BTreeSet<_>>(), cases, "each is tried once");
    let known: BTreeSet<&str> =
        BREAKING.iter().map(|rule| rule.info.id).chain(HISTORY.iter().map(|info| info.id)).collect();
    for (theirs, ours) in rows() {
        let rules = rules_in(ours);
        assert!(rules.iter().all(|rule| known.contains(rule)), "{theirs}: {ours}");
        assert!(!rules.is_empty() || ours.starts_with("`diff`: ") || ours == "none", "{theirs}: {ours}");
    }
}

#[test]
fn each_change_is_found_as_the_page_says() {
    let page: BTreeMap<&str, &str> = rows().into_iter().collect();
    let of_buf = ["FILE", "PACKAGE", "WIRE_JSON", "WIRE", "CSR"].map(str::to_owned);
    let of_buf = Selection::new(&of_buf, &[]).unwrap();
    let options = OPTIONS.iter().map(|(name, old, new)| (*name, with_options(old), with_options(new)));
    let plain = PLAIN.iter().map(|(name, old, new)| (*name, (*old).to_owned(), (*new).to_owned()));
    for (name, old, new) in plain.chain(options) {
        let (old, new) = (schema(&old), schema(&new));
        let fired: BTreeSet<&str> =
            check(&old, &new, &Selection::all()).iter().map(|it| it.rule.id).collect();
        let found = check(&old, &new, &of_buf);
        let log = changelog(&diff(&old, &new), &found, "before");
        let groups: BTreeSet<&str> = log.changes.iter().map(|row| row.group.word()).collect();
        let ours = page[name];
        for rule in rules_in(ours) {
            assert!(fired.contains(rule), "{name}: {rule} is silent; {fired:?} are not");
        }
        match ours.strip_prefix("`diff`: ") {
            Some(group) => {
                assert!(groups.contains(group), "{name}: {:?}", log.changes);
                assert!(found.is_empty(), "{name} breaks by a rule that the page does not name: {found:?}");
            }
            None if ours == "none" => assert_eq!((found.len(), groups.len()), (0, 0), "{name}"),
            None => assert!(groups.contains("breaking"), "{name}: {:?}", log.changes),
        }
    }
}
