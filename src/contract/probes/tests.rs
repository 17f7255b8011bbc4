//! Each probe on servers that are closures: what it says of a fault, and its silence without one.

use std::sync::atomic::AtomicU64;

use super::*;
use crate::{
    client::{CallError, sent},
    contract::Plan,
    schema::{Source, load},
};

struct Server<F>(F);

impl<F: Fn(&Call) -> Exchange + Sync> Transport for Server<F> {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        Ok((self.0)(call))
    }
}

fn answer(code: &str) -> Exchange {
    let pair = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Exchange {
        http_status: Some(200),
        headers: vec![pair("content-type", "application/grpc")],
        messages: if code == "0" { vec![(0, Vec::new().into())] } else { Vec::new() },
        leftover: Vec::new().into(),
        trailers: vec![pair("grpc-status", code)],
        end: End::Trailers,
        t_headers: None,
        arrivals: Vec::new(),
        unread: 0,
        elapsed: Duration::from_millis(1),
    }
}

/// The causes that the probe of this name finds on the server, with the methods.
async fn causes(
    name: &str,
    options: ProbeOptions,
    server: impl Fn(&Call) -> Exchange + Sync,
) -> Vec<(String, String)> {
    causes_in(&Source::Directory("proto".into()), name, options, server).await
}

/// The same, where the server has another schema.
async fn causes_in(
    schema: &Source,
    name: &str,
    options: ProbeOptions,
    server: impl Fn(&Call) -> Exchange + Sync,
) -> Vec<(String, String)> {
    let plan = Plan::new(load(schema).schema.pool().services(), &[]).unwrap();
    let methods: Vec<&Method> = plan.called().collect();
    let metadata = [("authorization".to_owned(), b"Bearer s3cret".to_vec())];
    let calls = AtomicU64::new(0);
    let probing = Probing {
        transport: &Server(server),
        methods: &methods,
        metadata: &metadata,
        deadline: Duration::from_secs(1),
        options: &options,
        calls: &calls,
        seed: 1,
        contract: &plan.contract,
        rules: &RefCell::default(),
    };
    let of = PROBES.iter().find(|probe| probe.info.name == name).unwrap();
    let found = probe(of, &probing).await;
    found.into_iter().map(|it| (it.cause, it.method)).collect()
}

fn token(call: &Call) -> Option<&[u8]> {
    call.metadata.iter().find(|(name, _)| name == "authorization").map(|(_, value)| &value[..])
}

fn method(call: &Call) -> &str {
    call.path.rsplit('/').next().unwrap_or_default()
}

#[tokio::test]
async fn a_method_that_ignores_the_token_is_found() {
    let asks = |call: &Call| token(call) == Some(b"Bearer s3cret");
    let careful = |call: &Call| answer(if asks(call) { "0" } else { "16" });
    let one = |forgets: &'static str| {
        move |call: &Call| answer(if asks(call) || method(call) == forgets { "0" } else { "16" })
    };
    let any_token = |call: &Call| answer(if token(call).is_some() { "0" } else { "16" });
    // Compares as many characters as it was given.
    let beginning = |call: &Call| {
        let known = token(call).is_some_and(|token| b"Bearer s3cret".starts_with(token));
        answer(if known { "0" } else { "16" })
    };
    // Looks whether the user exists, and only then who asks.
    let late = |call: &Call| match (method(call), asks(call)) {
        (_, true) => answer("0"),
        ("GetUser", false) if !sent(&call.script).0.iter().any(|(_, bytes)| bytes.is_empty()) => answer("5"),
        _ => answer("16"),
    };
    let all = ProbeOptions::default;
    assert_eq!(causes("ignored_auth", all(), careful).await, []);
    for forgets in ["GetUser", "Chat", "StreamUsers", "ImportUsers"] {
        let found = causes("ignored_auth", all(), one(forgets)).await;
        assert_eq!(found, [("NO_CREDENTIALS".into(), format!("user.UserService/{forgets}"))]);
    }
    let found = causes("ignored_auth", all(), any_token).await;
    assert_eq!(found.iter().map(|(cause, _)| &**cause).collect::<Vec<_>>(), ["GARBAGE_CREDENTIALS"]);
    let found = causes("ignored_auth", all(), beginning).await;
    assert_eq!(found.iter().map(|(cause, _)| &**cause).collect::<Vec<_>>(), ["GARBAGE_CREDENTIALS"]);
    let found = causes("ignored_auth", all(), late).await;
    assert_eq!(found, [("BEFORE_AUTH".into(), "user.UserService/GetUser".into())]);

    let public = crate::contract::patterns(&["*/GetUser".to_owned()]).unwrap();
    let options = ProbeOptions { public, ..ProbeOptions::default() };
    assert_eq!(causes("ignored_auth", options, one("GetUser")).await, []);
}

#[tokio::test]
async fn a_size_that_is_not_kept_is_found() {
    const LIMIT: usize = 4096;
    let size = |call: &Call| sent(&call.script).0.iter().map(|(_, bytes)| bytes.len()).max().unwrap_or(0);
    let squeezed = |call: &Call| call.metadata.iter().any(|(name, _)| name == "grpc-encoding");
    let looks_at_the_wire = move |call: &Call| answer(if size(call) > LIMIT { "8" } else { "5" });
    // None of the others takes compressed requests.
    let from = move |limit: usize, code: &'static str| {
        move |call: &Call| match size(call) {
            _ if squeezed(call) => answer("12"),
            size => answer(if size > limit { code } else { "5" }),
        }
    };
    let (keeps, early) = (from(LIMIT, "8"), from(LIMIT - 1, "8"));
    let (never, wrong) = (from(usize::MAX, "8"), from(LIMIT, "13"));
    let options = || ProbeOptions { max_request_bytes: Some(LIMIT as u64), ..ProbeOptions::default() };
    let just = |found: Vec<(String, String)>| found.into_iter().map(|(cause, _)| cause).collect::<Vec<_>>();
    assert_eq!(just(causes("oversize_rejected", options(), keeps).await), [""; 0]);
    assert_eq!(just(causes("oversize_rejected", options(), early).await), ["AT_LIMIT"]);
    assert_eq!(just(causes("oversize_rejected", options(), never).await), ["ACCEPTED"]);
    assert_eq!(just(causes("oversize_rejected", options(), wrong).await), ["WRONG_STATUS"]);
    // What is small on the wire may be large when it is unpacked.
    assert_eq!(just(causes("oversize_rejected", options(), looks_at_the_wire).await), ["GZIP"]);
    // Nobody said what the limit is: it is looked for.
    assert_eq!(just(causes("oversize_rejected", ProbeOptions::default(), keeps).await), [""; 0]);
    assert_eq!(just(causes("oversize_rejected", ProbeOptions::default(), never).await), ["NO_LIMIT"]);
}

#[tokio::test]
async fn health_that_contradicts_itself_is_found() {
    let health = |call: &Call, whole: &'static [u8], unknown: &'static str| {
        let asked = sent(&call.script).0.iter().any(|(_, bytes)| !bytes.is_empty());
        let mut reply = answer(if asked { unknown } else { "0" });
        if !asked {
            reply.messages = vec![(0, whole.into())];
        }
        if call.path.starts_with("/grpc.health.v1.") { reply } else { answer("12") }
    };
    let just = |found: Vec<(String, String)>| found.into_iter().map(|(cause, _)| cause).collect::<Vec<_>>();
    let of = |whole: &'static [u8], unknown: &'static str| move |call: &Call| health(call, whole, unknown);
    let options = ProbeOptions::default;
    assert_eq!(just(causes("health_consistent", options(), of(&[8, 1], "5")).await), [""; 0]);
    assert_eq!(just(causes("health_consistent", options(), of(&[8, 2], "5")).await), ["NOT_SERVING"]);
    assert_eq!(just(causes("health_consistent", options(), of(&[8, 1], "0")).await), ["UNKNOWN_SERVICE"]);
    // It is not served.
    assert_eq!(just(causes("health_consistent", options(), |_: &Call| answer("12")).await), [""; 0]);
}

#[tokio::test]
async fn a_prefix_of_four_gibibytes_ends_the_call() {
    let announced = |call: &Call| !sent(&call.script).1.is_empty();
    let hangs = move |call: &Call| {
        let end = if announced(call) { End::Hang } else { End::Trailers };
        Exchange { end, ..answer("13") }
    };
    let just = |found: Vec<(String, String)>| found.into_iter().map(|(cause, _)| cause).collect::<Vec<_>>();
    let fine = just(causes("length_prefix_bomb", ProbeOptions::default(), |_: &Call| answer("13")).await);
    assert_eq!(fine, [""; 0]);
    assert_eq!(just(causes("length_prefix_bomb", ProbeOptions::default(), hangs).await).len(), 1);
}

/// Nothing that a probe asks is answered: none of it is held against the server.
#[tokio::test]
async fn a_server_that_has_no_time_for_a_probe_is_not_found_at_fault() {
    let busy = |_: &Call| {
        let mut exchange = answer("8");
        exchange.trailers.push(("grpc-retry-pushback-ms".into(), b"-1".to_vec()));
        exchange
    };
    for probe in PROBES {
        let mut causes = causes(probe.info.name, ProbeOptions::default(), busy).await;
        // Without a process to watch it says so.
        causes.retain(|(cause, _)| cause != "CANNOT_LOOK");
        assert_eq!(causes, [], "{}", probe.info.name);
    }
}

/// One call that stays open, which is all that is looked at.
struct Open;

impl Transport for Open {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        assert!(call.script.contains(&Step::StopReading(0)) && !call.script.contains(&Step::HalfClose));
        std::future::pending().await
    }
}

#[tokio::test]
async fn memory_is_looked_at_while_nothing_is_read() {
    let plan = Plan::new(load(&Source::Directory("proto".into())).schema.pool().services(), &[]).unwrap();
    let chat = plan.called().find(|method| method.desc.name() == "Chat").unwrap();
    let (options, calls, looks) = (ProbeOptions::default(), AtomicU64::new(0), AtomicU64::new(0));
    let deadline = Duration::from_secs(1);
    let (contract, rules) = (Contract::default(), RefCell::default());
    let probing = Probing {
        transport: &Open,
        methods: &[chat],
        metadata: &[],
        deadline,
        options: &options,
        calls: &calls,
        seed: 1,
        contract: &contract,
        rules: &rules,
    };
    let sizes = unread::sizes(&probing, chat, || Some(looks.fetch_add(1, Relaxed))).await;
    assert_eq!(sizes, [0, 1, 2, 3, 4, 5]);
    // It is over before there is anything to see.
    let refused = Server(|_: &Call| answer("3"));
    let probing = Probing {
        transport: &refused,
        methods: &[chat],
        metadata: &[],
        deadline,
        options: &options,
        calls: &calls,
        seed: 1,
        contract: &contract,
        rules: &rules,
    };
    assert_eq!(unread::sizes(&probing, chat, || Some(0)).await, [0; 0]);
}

/// Five things in pages of AIP-158. `next` gives the token after the thing of this number, `more` so many things too
/// many on a page.
fn pages(next: fn(usize) -> String, more: usize) -> impl Fn(&Call) -> Exchange + Sync {
    const THINGS: usize = 5;
    move |call: &Call| {
        // page_size is field 1, page_token field 2.
        let request = sent(&call.script).0.remove(0).1;
        let token = request.iter().position(|byte| *byte == 0x12).map(|at| request[at + 2..].to_vec());
        let token = token.map(|bytes| String::from_utf8(bytes).unwrap()).unwrap_or_default();
        let Ok(start) = (if token.is_empty() { Ok(0) } else { token.parse::<usize>() }) else {
            return answer("3");
        };
        let end = (start + 2 + more).min(THINGS);
        let mut reply = Vec::new();
        for id in start..end {
            reply.extend([0x0a, 3, 0x0a, 1, b'0' + id as u8]);
        }
        let token = if start + 2 < THINGS { next(start + 2) } else { String::new() };
        reply.extend([0x12, token.len() as u8]);
        reply.extend(token.as_bytes());
        Exchange { messages: vec![(0, reply.into())], ..answer("0") }
    }
}

#[tokio::test]
async fn pages_that_do_not_fit_together_are_found() {
    let text = "syntax = \"proto3\"; package p; service S { rpc List(Q) returns (A); }
        message Q { int32 page_size = 1; string page_token = 2; }
        message A { repeated T things = 1; string next_page_token = 2; } message T { string id = 1; }";
    let schema = Source::Text(vec![("p.proto".into(), text.into())]);
    for (next, more, expected) in [
        ((|at| at.to_string()) as fn(usize) -> String, 0, None),
        (|at| at.to_string(), 1, Some("SIZE")),
        (|at| (at - 1).to_string(), 0, Some("TWICE")),
        (|at| format!("after {at}"), 0, Some("TOKEN")),
    ] {
        let found = causes_in(&schema, "pages_consistent", ProbeOptions::default(), pages(next, more)).await;
        let causes: Vec<&str> = found.iter().map(|(cause, _)| cause.as_str()).collect();
        assert_eq!(causes, expected.into_iter().collect::<Vec<_>>());
    }
    // Nothing is on the pages, and there is always another.
    let empty = |_: &Call| Exchange { messages: vec![(0, b"\x12\x01x".as_slice().into())], ..answer("0") };
    let found = causes_in(&schema, "pages_consistent", ProbeOptions::default(), empty).await;
    assert_eq!(found, [("CIRCLE".to_owned(), "p.S/List".to_owned())]);
}
