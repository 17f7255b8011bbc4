//! What is accepted, what is over, what is idle.

use super::*;
use crate::rules::breaking::{Selection, check};
use crate::schema::{Schema, Source, load};

fn schema(name: &str, text: &str) -> Schema {
    let loaded = load(&Source::Text(vec![(name.into(), format!("syntax = \"proto3\";\n{text}"))]));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

fn findings(rule: &str, old: &Schema, new: &Schema) -> Vec<Diagnostic> {
    let mut found = check(old, new, &Selection::new(&[rule.to_owned()], &[]).unwrap());
    found.iter_mut().for_each(|it| it.fingerprint = Some(fingerprint(it)));
    found
}

fn entry(rule: &str, symbol: Option<&str>) -> Acceptance {
    Acceptance {
        rule: rule.to_owned(),
        symbol: symbol.map(str::to_owned),
        fingerprint: None,
        reason: "agreed".to_owned(),
        owner: None,
        until: None,
        over: None,
        place: Place::file("protogate.toml"),
        written: Written::Configuration,
    }
}

/// `severity RULE`, for everything that is said in the end.
fn said(findings: Vec<Diagnostic>, acceptances: &[Acceptance]) -> Vec<String> {
    let asked: BTreeSet<&str> = ["FIELD_NO_DELETE", "FIELD_SAME_TYPE", "FILE_SAME_GO_PACKAGE"].into();
    let said = accept(findings, acceptances, &asked, true);
    said.iter().map(|it| format!("{} {}", it.severity.word(), it.rule.id)).collect()
}

#[test]
fn a_fingerprint_outlives_moves_and_not_another_change() {
    let of = |name: &str, old: &str, new: &str| {
        let found = findings("FIELD_SAME_TYPE", &schema(name, old), &schema(name, new));
        assert_eq!(found.len(), 1);
        found[0].fingerprint.clone().unwrap()
    };
    let one = of("a.proto", "message M { int32 a = 1; }", "message M { int64 a = 1; }");
    assert_eq!(one.len(), 12);
    assert_eq!(
        one,
        of("b.proto", "message M { int32 a = 1; }", "message N {}\n\nmessage M {\n int64 a = 1; }")
    );
    assert_ne!(one, of("a.proto", "message M { int32 a = 1; }", "message M { string a = 1; }"));
    assert_ne!(one, of("a.proto", "message M { int32 b = 1; }", "message M { int64 b = 1; }"));
    assert_ne!(one, of("a.proto", "message N { int32 a = 1; }", "message N { int64 a = 1; }"));
    // Words may get better; what is between backticks and the numbers may not.
    let reworded = Diagnostic {
        message: "`a` is 1".into(),
        ..findings(
            "FIELD_SAME_TYPE",
            &schema("a.proto", "message M { int32 a = 1; }"),
            &schema("a.proto", "message M { int64 a = 1; }"),
        )
        .remove(0)
    };
    let again = Diagnostic { message: "now 'tis `a`, which 1 was".into(), ..reworded.clone() };
    assert_eq!(fingerprint(&reworded), fingerprint(&again));
    assert_ne!(
        fingerprint(&reworded),
        fingerprint(&Diagnostic { message: "`a` is 2".into(), ..reworded.clone() })
    );
}

#[test]
fn an_accepted_break_is_a_warning_and_an_idle_acceptance_is_a_finding() {
    let (old, new) =
        (schema("a.proto", "message M { int32 a = 1; int32 b = 2; }"), schema("a.proto", "message M {}"));
    let found = || findings("FIELD_NO_DELETE", &old, &new);
    let a = entry("FIELD_NO_DELETE", Some("M.a"));
    assert_eq!(said(found(), std::slice::from_ref(&a)), ["warning FIELD_NO_DELETE", "error FIELD_NO_DELETE"]);
    let other = entry("FIELD_SAME_TYPE", Some("M.a"));
    assert_eq!(said(Vec::new(), &[other]), ["error ACCEPT_UNUSED"]);
    // Whether it would be needed is not known of a rule that was not asked.
    assert_eq!(said(Vec::new(), &[entry("RPC_NO_DELETE", Some("S/Get"))]), [""; 0]);
    // A message is not its fields, in a configuration.
    assert_eq!(said(found(), &[entry("FIELD_NO_DELETE", Some("M"))]).last().unwrap(), "error ACCEPT_UNUSED");

    let id =
        found().iter().find(|it| it.symbol.as_deref() == Some("M.b")).unwrap().fingerprint.clone().unwrap();
    let by_id = Acceptance { fingerprint: Some(id[..6].to_owned()), ..entry("FIELD_NO_DELETE", None) };
    assert_eq!(said(found(), &[by_id]), ["error FIELD_NO_DELETE", "warning FIELD_NO_DELETE"]);

    let over = Acceptance { over: Some("it ended on 2020-01-01".into()), ..a.clone() };
    assert_eq!(
        said(found(), std::slice::from_ref(&over)),
        ["error FIELD_NO_DELETE", "error FIELD_NO_DELETE", "error ACCEPT_EXPIRED"]
    );
    // Decided anew: the entry that counts wins, and the old one is to be removed.
    assert_eq!(
        said(found(), &[over, a]),
        ["warning FIELD_NO_DELETE", "error FIELD_NO_DELETE", "error ACCEPT_EXPIRED"]
    );
}

#[test]
fn a_comment_accepts_what_it_stands_above() {
    let old = schema("a.proto", "message M { int32 a = 1; int32 b = 2; }");
    let accepted = |text: &str, rule: &str| {
        let new = schema("a.proto", text);
        let comments: Vec<Acceptance> =
            comments(&new, Written::New).into_iter().map(Result::unwrap).collect();
        said(findings(rule, &old, &new), &comments)
    };
    let above = "// Why it is as it is.\n// protogate:accept FIELD_NO_DELETE reason=\"OPS \\\"17\\\"\" until=2999-01-01 owner=api\nmessage M { int32 a = 1; }";
    assert_eq!(accepted(above, "FIELD_NO_DELETE"), ["warning FIELD_NO_DELETE"]);
    let inside =
        "message M {\n int32 a = 1;\n /* protogate:accept FIELD_NO_DELETE reason=x */\n reserved 2; }";
    assert_eq!(accepted(inside, "FIELD_NO_DELETE"), ["warning FIELD_NO_DELETE"]);
    let end =
        "message M {\n int32 a = 1; // x\n // protogate:accept FIELD_NO_DELETE reason=x\n}\nmessage N {}";
    assert_eq!(accepted(end, "FIELD_NO_DELETE"), ["warning FIELD_NO_DELETE"]);
    let field = "message M {\n // protogate:accept FIELD_SAME_TYPE reason=x\n\n // About a.\n string a = 1; string b = 2; }";
    assert_eq!(accepted(field, "FIELD_SAME_TYPE"), ["warning FIELD_SAME_TYPE", "error FIELD_SAME_TYPE"]);
    let elsewhere = "message M { int32 a = 1; }\n// protogate:accept FIELD_NO_DELETE reason=x\nmessage MM {}";
    assert_eq!(accepted(elsewhere, "FIELD_NO_DELETE"), ["error FIELD_NO_DELETE", "error ACCEPT_UNUSED"]);

    // In the old schema: announced with the release before.
    let old =
        schema("a.proto", "message M {\n // protogate:accept FIELD_NO_DELETE reason=x\n int32 a = 1;\n }");
    let announced: Vec<Acceptance> = comments(&old, Written::Old).into_iter().map(Result::unwrap).collect();
    assert_eq!(
        said(findings("FIELD_NO_DELETE", &old, &schema("a.proto", "message M {}")), &announced),
        ["warning FIELD_NO_DELETE"]
    );
    assert_eq!(said(Vec::new(), &announced), [""; 0], "nobody can edit the old schema");
}

#[test]
fn a_comment_above_the_package_is_about_the_file() {
    let side = |option: &str, comment: &str| {
        let text = format!("{comment}syntax = \"proto3\";\noption go_package = \"{option}\";\n");
        load(&Source::Text(vec![("a.proto".into(), text)])).schema
    };
    let (old, new) = (side("x", ""), side("y", "// protogate:accept FILE_SAME_GO_PACKAGE reason=moved\n"));
    let comments: Vec<Acceptance> = comments(&new, Written::New).into_iter().map(Result::unwrap).collect();
    assert_eq!(
        said(findings("FILE_SAME_GO_PACKAGE", &old, &new), &comments),
        ["warning FILE_SAME_GO_PACKAGE"]
    );
}

#[test]
fn a_comment_that_cannot_be_read_is_refused_with_its_line() {
    for (comment, says) in [
        ("protogate:accept", "names no rule"),
        ("protogate:accept reason=x", "names no rule"),
        ("protogate:accept FIELD_NO_DELETE", "no reason"),
        ("protogate:accept FIELD_NO_DELETE reason=\" \"", "no reason"),
        ("protogate:accept FIELD_NO_DELETE reason=\"x", "no end"),
        ("protogate:accept FIELD_NO_DELETE reason=x because", "`because` is no key=value"),
        ("protogate:accept FIELD_NO_DELETE reason=x by=me", "`by` is not known"),
    ] {
        let new = schema("a.proto", &format!("\n  // {comment}\nmessage M {{}}"));
        let said = comments(&new, Written::New).remove(0).unwrap_err();
        assert!(said.message.contains(says), "{comment}: {}", said.message);
        let span = said.place.unwrap().span.unwrap();
        assert_eq!((span.start_line, span.start_column), (3, 3), "{comment}");
    }
    let lost = schema("a.proto", "message M {}\n// protogate:accept FIELD_NO_DELETE reason=x");
    let said = comments(&lost, Written::New).remove(0).unwrap_err();
    assert!(said.message.contains("above nothing"), "{}", said.message);
}
