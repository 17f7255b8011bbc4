//! Schemas in a row, and what is said of the last.

use super::*;
use crate::diag::{Report, Severity};
use crate::rules::breaking::Ignores;
use crate::schema::{Source, load};

fn schema(text: &str) -> Schema {
    let text =
        if text.starts_with("syntax") { text.to_owned() } else { format!("syntax = \"proto3\";\n{text}") };
    let loaded = load(&Source::Text(vec![("a.proto".into(), text)]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn ledger(releases: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    for (index, text) in releases.iter().enumerate() {
        ledger.fold(&format!("v{}", index + 1), &schema(text));
    }
    ledger
}

/// What is said of the last text, after all others were released: `RULE symbol line: message`, and `?` before a
/// warning.
#[track_caller]
fn says(texts: &[&str], expected: &[&str]) {
    let (now, releases) = texts.split_last().unwrap();
    let report = Report::new(ledger(releases).check(&schema(now), &HISTORY, &Ignores::default()));
    let said: Vec<String> = report
        .diagnostics()
        .iter()
        .map(|it| {
            let mark = if it.severity == Severity::Warning { "?" } else { "" };
            let line = it.place.as_ref().unwrap().span_or_start().start_line;
            format!("{mark}{} {} {line}: {}", it.rule.id, it.symbol.as_deref().unwrap(), it.message)
        })
        .collect();
    assert_eq!(said, expected);
}

#[test]
fn a_number_is_not_used_for_another_field_two_releases_later() {
    says(
        &[
            "message M { int32 a = 1; string old = 2; }",
            "message M { int32 a = 1; }",
            "message M {\n int32 a = 1;\n int32 new = 2; }",
        ],
        &["FIELD_NUMBER_NO_REUSE M.new 4: number 2 of message `M` was field `old` of type `string` until v1"],
    );
    // The same name with another type is another field; said once.
    says(
        &["message M { string a = 1; }", "message M {}", "message M { repeated string a = 1; }"],
        &["FIELD_NUMBER_NO_REUSE M.a 2: number 1 of message `M` was field `a` of type `string` until v1"],
    );
    // Neither a deleted message nor a moved file makes it forgotten.
    says(
        &["message M { string a = 1; }", "", "", "message M { bytes a = 1; }"],
        &["FIELD_NUMBER_NO_REUSE M.a 2: number 1 of message `M` was field `a` of type `string` until v1"],
    );
}

#[test]
fn a_name_is_not_used_for_another_number() {
    says(
        &["message M { int32 a = 1; }", "message M {}", "message M { int32 a = 7; }"],
        &["FIELD_NAME_NO_REUSE M.a 2: name `a` of message `M` was field 1 of type `int32` until v1"],
    );
}

#[test]
fn what_comes_back_as_it_was_is_no_reuse() {
    says(
        &[
            "message M { map<int32, string> a = 1; }",
            "message M {}",
            "message M { map<int32, string> a = 1; }",
        ],
        &[],
    );
    says(
        &[
            "message M { int32 a = 1; }",
            "message M { reserved 1; reserved \"a\"; }",
            "message M { optional int32 a = 1; }",
        ],
        &[],
    );
    says(&["enum E { Z = 0; A = 1; }", "enum E { Z = 0; }", "enum E { Z = 0; A = 1; }"], &[]);
}

#[test]
fn what_no_release_was_without_is_the_business_of_other_rules() {
    says(&["message M { int32 a = 1; }", "message M { string b = 1; }", "message M { bytes c = 1; }"], &[]);
    says(&["message M { int32 a = 1; }", "message M { int32 a = 2; }"], &[]);
    says(&["message M { int32 a = 1; }", "message M { int32 a = 1; int32 b = 2; }"], &[]);
    says(&["message M {}"], &[]);
}

#[test]
fn what_is_reserved_stays_so() {
    says(
        &["message M { reserved 5 to 9; reserved \"x\"; }", "message M {}", "message M { int32 x = 6; }"],
        &[
            "FIELD_NAME_NO_REUSE M.x 2: name `x` of message `M` was reserved until v1",
            "FIELD_NUMBER_NO_REUSE M.x 2: number 6 of message `M` was reserved until v1",
        ],
    );
    says(
        &["enum E { Z = 0; reserved 5 to max; }", "enum E { Z = 0; A = 7; }"],
        &["ENUM_VALUE_NUMBER_NO_REUSE E.A 2: number 7 of enum `E` was reserved until v1"],
    );
}

#[test]
fn values_and_rpcs_are_kept_too() {
    says(
        &[
            "enum E { Z = 0; OLD = 1; KEPT = 2; }",
            "enum E { Z = 0; KEPT = 2; }",
            "enum E { Z = 0; NEW = 1; KEPT = 2; OLD = 3; }",
        ],
        &[
            "ENUM_VALUE_NUMBER_NO_REUSE E.NEW 2: number 1 of enum `E` was value `OLD` until v1",
            "ENUM_VALUE_NAME_NO_REUSE E.OLD 2: name `OLD` of enum `E` was value 1 until v1",
        ],
    );
    let messages = "message A {} message B {}";
    says(
        &[
            &format!("{messages} service S {{ rpc Get(A) returns (A); rpc Put(A) returns (A); }}"),
            &format!("{messages} service S {{}}"),
            &format!("{messages} service S {{ rpc Get(A) returns (stream B); rpc Put(A) returns (A); }}"),
        ],
        &["RPC_NAME_NO_REUSE S/Get 2: name `Get` of service `S` was rpc `Get(A) returns (A)` until v1"],
    );
}

#[test]
fn extensions_share_the_numbers_of_what_they_extend() {
    let start = "syntax = \"proto2\"; message M { extensions 10 to 20; }";
    says(
        &[
            &format!("{start} extend M {{ optional int32 a = 10; }}"),
            start,
            &format!("{start} extend M {{ optional int32 b = 10; }}"),
        ],
        &["FIELD_NUMBER_NO_REUSE b 1: number 10 of message `M` was field `a` of type `int32` until v1"],
    );
}

#[test]
fn what_is_released_already_is_a_warning() {
    says(
        &[
            "message M { string a = 1; }",
            "message M {}",
            "message M { int32 b = 1; }",
            "message M { int32 b = 1; }",
        ],
        &[
            "?FIELD_NUMBER_NO_REUSE M.b 2: number 1 of message `M` was field `a` of type `string` until v1 (so released since v3)",
        ],
    );
}

#[test]
fn a_kept_ledger_goes_on_where_it_stopped() {
    let texts = [
        "message M { int32 a = 1; }",
        "message M { int32 b = 2; reserved 1; }",
        "message M { int32 c = 3; }",
    ];
    let whole = ledger(&texts);
    let half = serde_json::to_string(&ledger(&texts[..2])).unwrap();
    let mut half: Ledger = serde_json::from_str(&half).unwrap();
    half.fold("v3", &schema(texts[2]));
    assert_eq!(half, whole);
    let retired: Vec<String> =
        whole.retired().map(|it| format!("{} {} {} {}", it.home, it.slot, it.was, it.last)).collect();
    assert_eq!(retired, ["M 1 `a` v1", "M 2 `b` v2"]);
}

#[test]
fn deprecation_counts_the_releases_in_a_row() {
    let text = |options: &str| format!("message M {{ int32 a = 1 {options}; }}");
    let texts = ["", "[deprecated = true]", "", "[deprecated = true]", "[deprecated = true]"].map(text);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let count = |texts: &[&str]| {
        let ledger = ledger(texts);
        let found = ledger.deprecation_of_number(Holder::Message, "M", 1).unwrap();
        (found.releases, found.since.map(str::to_owned))
    };
    assert_eq!(count(&texts[..1]), (0, None));
    assert_eq!(count(&texts[..2]), (1, Some("v2".to_owned())));
    assert_eq!(count(&texts[..3]), (0, None));
    assert_eq!(count(&texts), (2, Some("v4".to_owned())));
    assert_eq!(count(&[&texts[..], &["message M {}"]].concat()), (2, Some("v4".to_owned())));
}
