//! HTTP and JSON: our gateway by a table of cases, the same table asked of Envoy, and the OpenAPI documents as others
//! judge them.

mod cases;
mod documents;
mod echo;
mod envoy;
pub mod http;
mod reference;
mod wire;

use protogate_runtime::rest::{Options, Router};

use self::cases::{CASES, Case};
use self::http::{Answer, ask};
use serde_json::Value as Json;

fn asked(address: &str, case: &Case) -> Answer {
    let (verb, target) = case.ask.split_once(' ').unwrap();
    let (media, content) = case.content.split_once('|').unwrap_or(("application/json", case.content));
    let headers: &[(&str, &str)] = if case.content.is_empty() { &[] } else { &[("content-type", media)] };
    ask(address, verb, target, headers, content.as_bytes())
}

/// What an answer is not of what is expected.
fn differs(answer: &Answer, expected: &str) -> Option<String> {
    let (status, rest) = expected.split_once(' ').unwrap_or((expected, ""));
    let said = Some(format!("{} {}", answer.status, answer.text()));
    if answer.status.to_string() != status {
        return said;
    }
    let same = match rest.split_once('|') {
        _ if answer.status != 200 => {
            let error = answer.json();
            return (rest.is_empty() || error["message"].as_str().unwrap_or_default().contains(rest))
                .then_some(())
                .map_or(said, |()| None);
        }
        Some(("lines", lines)) => {
            answer.header("content-type") == "application/x-ndjson" && answer.text() == lines
        }
        Some((media, content)) => answer.header("content-type") == media && answer.text() == content,
        None => rest.is_empty() || same_json(&answer.json(), &serde_json::from_str(rest).unwrap()),
    };
    if same { None } else { said }
}

#[test]
fn each_request_is_answered_as_it_should_be() {
    let running = echo::gateway(&echo::schema(), Options::default());
    let wrong = CASES.iter().filter_map(|case| {
        let said = differs(&asked(&running.address, case), case.ours)?;
        Some(format!("{} {}\n   wanted {}\n      got {said}", case.ask, case.content, case.ours))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn envoy_answers_the_same_but_where_it_is_said() {
    let schema = echo::schema_for_envoy();
    let grpc = echo::serve(Router::new().fallback_service(echo::Echo::of(&schema)));
    let folder = tempfile::tempdir().unwrap();
    let Some(envoy) = envoy::start(&schema, &grpc.address, folder.path()) else { return };
    let mut wrong = Vec::new();
    for case in CASES {
        let answer = asked(&envoy.address, case);
        let said = envoys(&answer, case);
        let known = case.envoy.split(": ").next().unwrap_or_default();
        if said != known {
            wrong.push(format!(
                "{} {}\n   ours  {}\n   known {known}\n   envoy {said} | {}",
                case.ask,
                case.content,
                case.ours,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// What Envoy does in another way: nothing, or its answer. The words of errors are everybody's own.
fn envoys(answer: &Answer, case: &Case) -> String {
    let (status, _) = case.ours.split_once(' ').unwrap_or((case.ours, ""));
    let same = match answer.status {
        200 => {
            // It calls lines JSON.
            let lines = case.ours.strip_prefix("200 lines|");
            lines.map_or_else(
                || differs(answer, case.ours).is_none(),
                |lines| same_lines(&answer.text(), lines),
            )
        }
        other => other.to_string() == status,
    };
    match answer.status {
        _ if same => String::new(),
        200 => format!("200 {}", answer.text().trim()),
        other => other.to_string(),
    }
}

/// Whether two values are the same number by number: 1 is 1.0.
fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

fn same_lines(a: &str, b: &str) -> bool {
    let values =
        |text: &str| text.lines().map(|it| serde_json::from_str::<Json>(it).ok()).collect::<Vec<_>>();
    values(a) == values(b)
}
