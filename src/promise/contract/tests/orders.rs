//! Histories of calls made beside one another, and whether some order explains them.

use super::{ANN, Made, users};
use crate::promise::contract::{Contract, Happened, Model, Order};

/// Lines of `began-ended call`, where nobody knows of a call without an end how it ended.
fn ordered(closed: bool, lines: &[&str]) -> Order {
    let (_, service) = users();
    let made: Vec<(u64, Option<u64>, Made)> = lines
        .iter()
        .map(|line| {
            let (when, call) = line.split_once(' ').unwrap();
            let (began, ended) = when.split_once('-').unwrap();
            (began.parse().unwrap(), ended.parse().ok(), Made::of(&service, call))
        })
        .collect();
    let mut history = Vec::new();
    for (began, ended, made) in &made {
        history.push(Happened { call: made.call(), began: *began, ended: *ended });
    }
    service.order(&Model::new(&service, closed), &history)
}

/// The calls in the order that was found; what the nearest one breaks where there is none.
#[track_caller]
fn check(lines: &[&str], expected: Result<&[usize], &str>) {
    let order = ordered(true, lines);
    match (&order, expected) {
        (Order::Found(_, told), Ok(calls)) => {
            assert_eq!(told.iter().map(|(at, _)| *at).collect::<Vec<_>>(), calls, "{lines:#?}");
        }
        (Order::None(ends), Err(rule)) => assert_eq!(ends[0].told.rule, rule, "{lines:#?}"),
        _ => panic!("{lines:#?}: {order:?}"),
    }
}

#[test]
fn calls_beside_one_another_may_come_in_either_order() {
    let ann = format!("1-2 {ANN}");
    const READ: &str = r#"Get {"id":"1"} -> {"id":"1","name":"ann","createdAt":"1000"}"#;
    const NONE: &str = r#"Get {"id":"1"} -> NOT_FOUND"#;
    const GONE: &str = r#"Delete {"id":"1"} -> {}"#;
    for (lines, expected) in [
        (vec![ann.clone(), format!("3-6 {GONE}"), format!("4-5 {READ}")], Ok(&[0, 2, 1][..])),
        (vec![ann.clone(), format!("3-5 {GONE}"), format!("4-6 {NONE}")], Ok(&[0, 1, 2])),
        // Whoever begins when the other has ended, comes after it.
        (vec![ann.clone(), format!("3-4 {GONE}"), format!("5-6 {READ}")], Err("errors/unknown")),
        (vec![ann.clone(), format!("3-4 {NONE}"), format!("5-6 {GONE}")], Err("errors/unknown")),
        // Seen, not seen, and seen again.
        (
            vec![ann, format!("3-9 {GONE}"), format!("4-5 {NONE}"), format!("6-7 {READ}")],
            Err("errors/unknown"),
        ),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        check(&lines, expected);
    }
}

#[test]
fn two_who_get_the_same_are_explained_by_no_order() {
    let other = ANN.replace("ann", "bob");
    check(&[&format!("1-3 {ANN}"), &format!("2-4 {other}")], Err("ensures/fresh"));
}

#[test]
fn a_call_that_nobody_knows_of_may_have_been_made_at_any_time_or_never() {
    const LOST: &str = r#"1- Create {"name":"ann"} -> []"#;
    const ONE: &str = r#"{"id":"7","name":"ann","createdAt":"1000"}"#;
    const TWO: &str = r#"{"id":"8","name":"ann","createdAt":"1000"}"#;
    let list = |when: &str, replies: &str| format!(r#"{when} List {{}} -> [{replies}]"#);
    let bob = r#"2-3 Create {"name":"bob"} -> {"id":"2","name":"bob","createdAt":"1005"}"#;
    let of_bob = r#"{"id":"2","name":"bob","createdAt":"1005"}"#;
    for (lines, expected) in [
        (vec![list("4-5", "")], Ok(&[1][..])),
        (vec![list("4-5", ONE)], Ok(&[0, 1])),
        // Later than the call after it, or before it: the reply tells.
        (vec![bob.to_owned(), list("4-5", &format!("{of_bob},{ONE}"))], Ok(&[1, 0, 2])),
        (vec![bob.to_owned(), list("4-5", &format!("{ONE},{of_bob}"))], Ok(&[0, 1, 2])),
        (vec![list("4-5", ""), list("6-7", ONE)], Ok(&[1, 0, 2])),
        // Not twice, and not undone.
        (vec![list("4-5", &format!("{ONE},{TWO}"))], Err("final/slice")),
        (vec![list("4-5", ONE), list("6-7", "")], Err("final/slice")),
        // Nor anything that was not asked for.
        (vec![list("4-5", of_bob)], Err("final/slice")),
    ] {
        let lines: Vec<&str> = std::iter::once(LOST).chain(lines.iter().map(String::as_str)).collect();
        check(&lines, expected);
    }
}

/// What nobody saw is guessed from the request and from what is known.
#[test]
fn a_lost_reply_that_no_other_shows_is_guessed() {
    let (_, service) = users();
    let made = Made::of(&service, r#"Create {"name":"ann"} -> []"#);
    let method = &service.methods["Create"];
    let guess = |number| service.guess(method, &Model::new(&service, true), &made.call(), number);
    let text = |number: usize| format!("{:?}", guess(number).reply);
    assert!(text(1).contains("ann") && text(1) != text(2) && guess(1).is_sure, "{}", text(1));
}

/// What the server makes of a request it may have made in many ways: nobody is blamed for what follows from a guess.
#[test]
fn a_guess_that_is_not_the_only_one_is_held_against_nobody() {
    let pool = super::pool(
        r#"
        message Counter { string id = 1; int64 value = 2; }
        message Add { string id = 1; int64 by = 2; }
        service Counters {
          option (protogate.contract.v1.service) = { state { name: "all" map { key: "string" value: "p.Counter" } } };
          rpc Open(Counter) returns (Counter) {
            option (protogate.contract.v1.method) = { effect { put { map: "all" key: "resp.id" value: "resp" } } };
          }
          rpc Loose(Add) returns (Counter) {
            option (protogate.contract.v1.method) = { effect { put { map: "all" key: "req.id" value: "resp" } } };
          }
          rpc Same(Add) returns (Counter) {
            option (protogate.contract.v1.method) = {
              ensures { id: "same" expr: "resp.id == req.id && resp.value == old.all[req.id].value" }
              effect { put { map: "all" key: "req.id" value: "resp" } }
            };
          }
        }"#,
    );
    let service = Contract::of(pool.services()).services.remove("p.Counters").unwrap();
    let open = Made::of(&service, r#"Open {"id":"1","value":"5"} -> {"id":"1","value":"5"}"#);
    let model = service.apply(&Model::new(&service, true), &open.call()).unwrap();
    for (line, is_sure) in [
        (r#"Loose {"id":"1","by":"2"} -> []"#, false),
        (r#"Loose {"id":"2","by":"2"} -> []"#, false),
        (r#"Same {"id":"1","by":"2"} -> []"#, true),
    ] {
        let made = Made::of(&service, line);
        let guess = service.guess(&service.methods[&made.method], &model, &made.call(), 0);
        assert_eq!(guess.is_sure, is_sure, "{line}");
    }
}

#[test]
fn too_long_a_history_is_not_judged() {
    let lines: Vec<String> = (0..65).map(|at| format!("{}-{} {ANN}", at * 2, at * 2 + 1)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert!(matches!(ordered(true, &lines), Order::Untold));
}
