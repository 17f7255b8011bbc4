//! The promises of this repository's own `user.proto`: calls that keep them, and the wrong values they are there for.

use super::{after, told};
use crate::promise::contract::{Contract, Expr, Rule, Service};
use crate::schema::{Source, load};

fn service() -> Service {
    let text = include_str!("../../../../proto/user.proto").to_owned();
    let loaded = load(&Source::Text(vec![("user.proto".into(), text)]));
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    Contract::of(loaded.schema.pool().services()).services.remove("user.UserService").unwrap()
}

const ANN: &str = r#"CreateUser {"name":"Ann","email":"a@x.y"} -> {"id":"1","name":"Ann","email":"a@x.y","createdAt":"1000"}"#;
const BOB: &str = r#"CreateUser {"name":"Bob","email":"b@x.y"} -> {"id":"2","name":"Bob","email":"b@x.y","createdAt":"1005"}"#;
const A: &str = r#"{"id":"1","name":"Ann","email":"a@x.y","createdAt":"1000"}"#;
const B: &str = r#"{"id":"2","name":"Bob","email":"b@x.y","createdAt":"1005"}"#;

/// Calls of a healthy server, after Ann and Bob were created.
fn healthy() -> Vec<String> {
    let long = "x".repeat(65);
    let lines = [
        format!(r#"GetUser {{"id":"1"}} -> {A}"#),
        r#"GetUser {"id":""} -> INVALID_ARGUMENT"#.into(),
        format!(r#"GetUser {{"id":"{long}"}} -> INVALID_ARGUMENT"#),
        r#"GetUser {"id":"3"} -> NOT_FOUND"#.into(),
        r#"CreateUser {"name":"Eve","email":"e@x"} -> {"id":"3","name":"Eve","email":"e@x","createdAt":"1010"}"#.into(),
        r#"CreateUser {"name":"Eve","email":"a@x.y"} -> ALREADY_EXISTS"#.into(),
        r#"CreateUser {"name":"","email":"a@x.y"} -> INVALID_ARGUMENT"#.into(),
        r#"CreateUser {"name":"Eve","email":"e@-x"} -> INVALID_ARGUMENT"#.into(),
        format!("ListUsers {{}} -> [{A},{B}]"),
        format!(r#"ListUsers {{"limit":1,"offset":1}} -> [{B}]"#),
        r#"ListUsers {"limit":1,"offset":2} -> []"#.into(),
        r#"ListUsers {"limit":-1} -> INVALID_ARGUMENT"#.into(),
        format!("StreamUsers {{}} -> [{A},{B}]"),
        format!(r#"StreamUsers {{"limit":2147483647,"offset":1}} -> [{B}]"#),
        r#"StreamUsers {"offset":-1} -> INVALID_ARGUMENT"#.into(),
        r#"ImportUsers [] -> {}"#.into(),
        r#"ImportUsers [{"name":"Eve","email":"e@x"}] -> {"count":1}"#.into(),
        r#"ImportUsers [{"name":"Eve","email":"e@x"},{"name":"Eva","email":"e@x"}] -> ALREADY_EXISTS"#.into(),
        r#"ImportUsers [{"name":"Eve","email":"b@x.y"}] -> ALREADY_EXISTS"#.into(),
        r#"ImportUsers [{"name":"Eve","email":"e@x"},{"name":"","email":"e@x"}] -> INVALID_ARGUMENT"#.into(),
        r#"ImportUsers [{"name":"Eve","email":"x"}] -> INVALID_ARGUMENT"#.into(),
        r#"Chat [{"id":"1"},{"id":"2"}] -> [{"id":"1","sentAt":"1000"},{"id":"2","sentAt":"1000"}]"#.into(),
        r#"UpdateUser {"id":"1","name":"Eve"} -> {"id":"1","name":"Eve","email":"a@x.y","createdAt":"1000"}"#.into(),
        format!(r#"UpdateUser {{"id":"1"}} -> {A}"#),
        format!(r#"UpdateUser {{"id":"1","email":"a@x.y"}} -> {A}"#),
        r#"UpdateUser {"id":"1","email":"b@x.y"} -> ALREADY_EXISTS"#.into(),
        r#"UpdateUser {"id":"3","email":"b@x.y"} -> NOT_FOUND"#.into(),
        r#"UpdateUser {"id":"3","email":"b@"} -> INVALID_ARGUMENT"#.into(),
        r#"UpdateUser {"id":"1","name":""} -> INVALID_ARGUMENT"#.into(),
        r#"UpdateUser {"id":""} -> INVALID_ARGUMENT"#.into(),
        r#"DeleteUser {"id":"1"} -> {}"#.into(),
        r#"DeleteUser {"id":""} -> INVALID_ARGUMENT"#.into(),
        format!(r#"DeleteUser {{"id":"{long}"}} -> INVALID_ARGUMENT"#),
        r#"DeleteUser {"id":"3"} -> NOT_FOUND"#.into(),
    ];
    lines.into()
}

/// What is told of the call, of rules that are broken or unclear.
fn against(service: &Service, closed: bool, call: &str) -> Vec<String> {
    let mut told = told(service, closed, &[ANN, BOB, call]);
    told.retain(|it| !it.starts_with('+'));
    told
}

#[test]
fn a_healthy_server_keeps_them() {
    let service = service();
    for call in healthy() {
        for closed in [true, false] {
            assert_eq!(against(&service, closed, &call), Vec::<String>::new(), "{call}");
        }
    }
}

/// A server that has more users than are known.
#[test]
fn a_healthy_server_that_is_half_known_keeps_them() {
    let service = service();
    const C: &str = r#"{"id":"9","name":"Cat","email":"c@x","createdAt":"1"}"#;
    for call in [
        format!("ListUsers {{}} -> [{C},{A},{B}]"),
        format!(r#"ListUsers {{"limit":2}} -> [{C},{A}]"#),
        format!(r#"StreamUsers {{"offset":1}} -> [{A},{B}]"#),
        r#"CreateUser {"name":"Cat","email":"c@x"} -> ALREADY_EXISTS"#.into(),
        r#"UpdateUser {"id":"1","email":"c@x"} -> ALREADY_EXISTS"#.into(),
        r#"ImportUsers [{"name":"Cat","email":"c@x"}] -> ALREADY_EXISTS"#.into(),
    ] {
        assert_eq!(against(&service, false, &call), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn an_import_opens_the_model() {
    let service = service();
    let import = r#"ImportUsers [{"name":"Eve","email":"e@x"}] -> {"count":1}"#;
    assert!(!after(&service, true, &[ANN, import]).is_closed());
    assert!(after(&service, true, &[ANN, "ImportUsers [] -> {}"]).is_closed());
}

/// Every rule of the service: its method, and the service with the rule turned round.
fn turned() -> Vec<(String, Service)> {
    fn turn(rule: &mut Rule) -> String {
        rule.expr = Expr::parse(&format!("!({})", rule.expr.text())).unwrap();
        rule.id.clone()
    }
    fn nth(service: &mut Service, method: &str, at: usize) -> Option<String> {
        let method = service.methods.get_mut(method)?;
        let asked = method.requires.iter_mut().chain(&mut method.errors).map(|(rule, _)| rule);
        let mut all = asked.chain(&mut method.ensures).chain(&mut method.each).chain(&mut method.finals);
        all.nth(at).map(turn)
    }
    let healthy = service();
    let mut out = Vec::new();
    for method in healthy.methods.keys() {
        for at in 0.. {
            let mut service = healthy.clone();
            let Some(rule) = nth(&mut service, method, at) else { break };
            out.push((format!("{method} {rule}"), service));
        }
    }
    let mut service = healthy;
    let rule = turn(&mut service.invariants[0]);
    out.push((format!("GetUser {rule}"), service));
    out
}

#[test]
fn none_of_them_is_idle() {
    let (calls, turned) = (healthy(), turned());
    assert!(turned.len() > 40, "{}", turned.len());
    for (name, service) in turned {
        let (method, rule) = name.split_once(' ').unwrap();
        let mut calls = calls.iter().filter(|call| call.starts_with(&format!("{method} ")));
        let is_broken = |call: &String| {
            against(&service, true, call).iter().any(|it| it.starts_with(&format!("-{rule}: ")))
        };
        assert!(calls.any(is_broken), "{name}");
    }
}

#[test]
fn each_wrong_value_breaks_the_rule_that_is_there_for_it() {
    let service = service();
    let table: &[(&str, bool, &str, &str)] = &[
        ("B07", false, r#"GetUser {"id":""} -> NOT_FOUND"#, "errors/empty_id"),
        ("B08", false, r#"GetUser {"id":"3"} -> INVALID_ARGUMENT"#, "errors/unknown_id"),
        ("B09", false, r#"GetUser {"id":"3"} -> {}"#, "errors/unknown_id"),
        ("B12", false, r#"GetUser {"id":"1"} -> B"#, "ensures/exact_user"),
        (
            "B13",
            false,
            r#"CreateUser {"name":"E","email":"e@x"} -> {"id":"3","name":"e@x","email":"E","createdAt":"1010"}"#,
            "ensures/echo",
        ),
        (
            "B14",
            false,
            r#"GetUser {"id":"1"} -> {"id":"1","name":"An","email":"a@x.y","createdAt":"1000"}"#,
            "ensures/exact_user",
        ),
        (
            "B16z",
            false,
            r#"CreateUser {"name":"E","email":"e@x"} -> {"id":"3","name":"E","email":"e@x"}"#,
            "ensures/clock",
        ),
        (
            "B16f",
            false,
            r#"CreateUser {"name":"E","email":"e@x"} -> {"id":"3","name":"E","email":"e@x","createdAt":"1010000"}"#,
            "ensures/clock",
        ),
        (
            "B17",
            false,
            r#"CreateUser {"name":"E","email":"e@x"} -> {"name":"E","email":"e@x","createdAt":"1010"}"#,
            "ensures/fresh_id",
        ),
        ("B18", false, r#"GetUser {"id":"1"} -> NOT_FOUND"#, "ensures/created_is_readable"),
        (
            "B21",
            false,
            r#"CreateUser {"name":"Ann","email":"e@x"} -> {"id":"1","name":"Ann","email":"e@x","createdAt":"1010"}"#,
            "ensures/fresh_id",
        ),
        ("B22", false, r#"ListUsers {"limit":1} -> [A,B]"#, "each/bound"),
        ("B23", true, r#"ListUsers {"limit":1,"offset":1} -> [A]"#, "final/slice"),
        ("B25", false, r#"ListUsers {} -> [A]"#, "final/complete"),
        ("B25", false, r#"StreamUsers {"limit":2} -> [A]"#, "final/complete"),
        ("B24", false, r#"StreamUsers {} -> [B,A]"#, "final/complete"),
        (
            "B31",
            false,
            r#"ImportUsers [{"name":"E","email":"e@x"},{"name":"F","email":"f@x"}] -> {"count":1}"#,
            "ensures/count",
        ),
        ("B32", false, r#"Chat [{"id":"1"},{"id":"2"}] -> [{"id":"2"},{"id":"1"}]"#, "each/prefix"),
        ("B33", false, r#"Chat [{"id":"1"},{"id":"2"}] -> [{"id":"1"}]"#, "final/all"),
        ("B36", false, r#"Chat [{"id":"1"}] -> [{"id":"9"},{"id":"1"}]"#, "each/prefix"),
        (
            "B39",
            true,
            r#"ListUsers {"limit":3} -> [A,B,{"id":"refused","name":"E","email":"a@x.y","createdAt":"1000"}]"#,
            "final/known",
        ),
        (
            "update",
            false,
            r#"UpdateUser {"id":"1","name":"E"} -> {"id":"1","name":"E","email":"e@x","createdAt":"1000"}"#,
            "ensures/left",
        ),
        ("update", false, r#"UpdateUser {"id":"1","name":"E"} -> A"#, "ensures/changed"),
        (
            "update",
            false,
            r#"UpdateUser {"id":"1","email":"b@x.y"} -> {"id":"1","name":"Ann","email":"b@x.y","createdAt":"1000"}"#,
            "ensures/free_email",
        ),
        (
            "create",
            false,
            r#"CreateUser {"name":"E","email":"a@x.y"} -> {"id":"3","name":"E","email":"a@x.y","createdAt":"1010"}"#,
            "ensures/free_email",
        ),
        ("create", true, r#"CreateUser {"name":"E","email":"e@x"} -> ALREADY_EXISTS"#, "errors/taken"),
        ("delete", false, r#"DeleteUser {"id":"3"} -> {}"#, "errors/unknown_id"),
    ];
    for (mutant, closed, call, rule) in table {
        let (asked, answered) = call.split_once(" -> ").unwrap();
        let answered = answered.replace("[A", &format!("[{A}")).replace("[B", &format!("[{B}"));
        let answered = answered.replace(",A]", &format!(",{A}]")).replace(",B", &format!(",{B}"));
        let answered = if answered == "A" {
            A.into()
        } else if answered == "B" {
            B.into()
        } else {
            answered
        };
        let told = against(&service, *closed, &format!("{asked} -> {answered}"));
        assert!(told.iter().any(|it| it.starts_with(&format!("-{rule}: "))), "{mutant}: {told:#?}");
    }
}
