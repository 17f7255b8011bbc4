//! The whole tester against servers that are closures.

mod endings;
mod limits;
mod promises;
mod races;
mod reaching;
mod schedules;
mod sequences;
mod shards;

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use prost_reflect::{DescriptorPool, DynamicMessage};
use tokio::sync::watch;

use super::*;
use crate::{
    client::{Call, CallError, End, Exchange, Step, Transport},
    diag::{Run, Section, Verdict},
    schema::{Schema, Source, load},
};

struct Mock<F>(F);

impl<F: Fn(&Call) -> Exchange + Sync> Transport for Mock<F> {
    async fn call(&self, call: &Call) -> Result<Exchange, CallError> {
        // Lets other workers in, so that their order can differ.
        tokio::task::yield_now().await;
        Ok((self.0)(call))
    }
}

/// The reference's schema without the rules of its fields and its contract: these servers answer whatever they like.
fn users() -> DescriptorPool {
    unruled().pool().clone()
}

pub(super) fn unruled() -> Schema {
    let text = std::fs::read_to_string("proto/user.proto").unwrap();
    let rules = regex::Regex::new(r"\s*\[\(buf\.validate[^;]*;").unwrap();
    let text = rules.replace_all(&text, ";");
    let contract = regex::Regex::new(r"(?s)\n +option \(protogate[^\n]*\n.*?\n +\};").unwrap();
    let text = contract.replace_all(&text, "").replace(" {\n  }\n", ";\n");
    load(&Source::Text(vec![("user.proto".into(), text)])).schema
}

fn answer(end: End, status: &str, replies: usize) -> Exchange {
    let pair = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Exchange {
        http_status: Some(200),
        headers: vec![pair("content-type", "application/grpc")],
        messages: vec![(0, Bytes::new()); replies],
        leftover: Bytes::new(),
        trailers: vec![pair("grpc-status", status)],
        end,
        t_headers: None,
        arrivals: Vec::new(),
        unread: 0,
        elapsed: Duration::from_millis(1),
    }
}

/// What a careful server answers: UNIMPLEMENTED, INTERNAL for what is no message, else an empty reply.
fn healthy(pool: &DescriptorPool, call: &Call) -> Exchange {
    let service = pool.get_service_by_name("user.UserService").unwrap();
    let name = call.path.rsplit('/').next().unwrap();
    let Some(method) = service.methods().find(|method| method.name() == name) else {
        return answer(End::TrailersOnly, "12", 0);
    };
    let good = messages(call).is_some_and(|messages| {
        messages.iter().all(|bytes| DynamicMessage::decode(method.input(), bytes.as_ref()).is_ok())
    });
    if !good { answer(End::TrailersOnly, "13", 0) } else { answer(End::Trailers, "0", 1) }
}

/// What was sent, however it was cut into frames; nothing for bytes that are no messages.
fn messages(call: &Call) -> Option<Vec<Bytes>> {
    let (messages, rest) = crate::client::sent(&call.script);
    let plain = |(flag, message): (u8, Bytes)| (flag == 0 && rest.is_empty()).then_some(message);
    if messages.is_empty() && !rest.is_empty() { None } else { messages.into_iter().map(plain).collect() }
}

/// A four-byte character in `name` of CreateUser panics.
fn fragile(pool: &DescriptorPool, call: &Call) -> Exchange {
    let wide = |bytes: &Bytes| bytes.iter().any(|byte| *byte >= 0xf0);
    let hit = call
        .script
        .iter()
        .any(|step| matches!(step, Step::Send(bytes) if named(pool, bytes).is_some_and(|n| wide(&n))));
    match call.path.ends_with("/CreateUser") && hit {
        true => answer(End::Reset(8), "", 0),
        false => healthy(pool, call),
    }
}

fn named(pool: &DescriptorPool, bytes: &Bytes) -> Option<Bytes> {
    let desc = pool.get_message_by_name("user.CreateUserRequest")?;
    let message = DynamicMessage::decode(desc, bytes.as_ref()).ok()?;
    Some(Bytes::from(message.get_field_by_name("name")?.as_str()?.to_owned()))
}

async fn outcome<T: Transport>(transport: &T, config: Config) -> (Outcome, Run) {
    let pool = users();
    let (_keep, stop) = watch::channel(false);
    let plan = Plan::new(pool.services(), &[]).unwrap();
    let outcome = run(&plan, transport, &config, stop, &mut |_| {}).await;
    let Some(Section::Run(run)) = outcome.report.sections().first().cloned() else { panic!("no run") };
    (outcome, run)
}

fn config(workers: usize) -> Config {
    Config { workers, cases: 40, deadline: Duration::from_secs(1), seed: 7, ..Config::default() }
}

#[tokio::test]
async fn a_healthy_server_passes() {
    let pool = users();
    let (outcome, run) = outcome(&Mock(|call: &Call| healthy(&pool, call)), config(4)).await;
    assert_eq!(run.failures, []);
    assert_eq!(outcome.report.verdict(), Verdict::Clean, "{:?}", outcome.report.diagnostics());
    assert!(run.methods.iter().all(|method| method.calls > 40), "{:?}", run.methods);
    // Everything that can be sent was; of replies that are all empty nothing was seen.
    for method in &run.methods {
        let coverage = method.coverage.clone().unwrap_or_default();
        let missed = coverage.request.parts().map(|(_, part)| part.missed.clone());
        assert!(missed.iter().all(Vec::is_empty), "{}: {missed:?}", method.name);
        assert_eq!(coverage.response.fields.reached(), 0, "{}", method.name);
    }
}

#[tokio::test]
async fn one_fault_is_one_finding_shrunk_and_replayed() {
    let pool = users();
    let server = Mock(|call: &Call| fragile(&pool, call));
    let (found, run) = outcome(&server, config(4)).await;
    assert_eq!(found.cases.len(), 1, "{:?}", run.failures);
    let row = &run.failures[0];
    assert_eq!((row.check.name, &*row.method), ("no_transport_abort", "user.UserService/CreateUser"));
    assert_eq!(row.request_hex, ["0a04f09fa680"]);
    assert_eq!(row.request_json.as_deref(), Some(&[serde_json::json!({ "name": "🦀" })][..]));

    let dir = tempfile::tempdir().unwrap();
    found.cases[0].save(dir.path()).unwrap();
    let case = Case::load(dir.path(), &row.id).unwrap();
    assert_eq!(case, found.cases[0]);
    assert_eq!(replay(&case, &server, &pool, &[]).await.verdict(), Verdict::Findings);
    let fixed = Mock(|call: &Call| healthy(&pool, call));
    assert_eq!(replay(&case, &fixed, &pool, &[]).await.verdict(), Verdict::Clean);
}

#[tokio::test]
async fn workers_do_not_change_the_cases() {
    let pool = users();
    let mut seen = Vec::new();
    for workers in [1, 8] {
        let calls = Mutex::new(Vec::new());
        let server = Mock(|call: &Call| {
            calls.lock().unwrap().push(format!("{} {:?}", call.path, call.script));
            healthy(&pool, call)
        });
        outcome(&server, config(workers)).await;
        let mut calls = calls.into_inner().unwrap();
        calls.sort();
        seen.push(calls);
    }
    assert!(seen[0].len() > 500 && seen[0] == seen[1]);
}

#[tokio::test]
async fn an_error_everywhere_is_the_environment() {
    let server = Mock(|_: &Call| answer(End::TrailersOnly, "2", 0));
    let config = Config { checks: select(&["PG101".into()], &[], false).unwrap(), ..config(2) };
    let (outcome, run) = outcome(&server, config).await;
    assert_eq!(run.failures, []);
    assert_eq!(outcome.report.diagnostics()[0].rule.name, "environment");
}

#[tokio::test]
async fn a_case_of_unknown_fields_shows_them_and_is_replayed_with_and_without() {
    let pool = users();
    let strict = Mock(|call: &Call| {
        // The first of them has the largest number there is.
        let unknown = |step: &Step| matches!(step, Step::Send(b) if b.windows(5).any(|w| w == [0xf8, 0xff, 0xff, 0xff, 0x0f]));
        if call.script.iter().any(unknown) { answer(End::TrailersOnly, "3", 0) } else { healthy(&pool, call) }
    });
    let config =
        Config { checks: select(&["unknown_fields_ignored".into()], &[], false).unwrap(), ..config(2) };
    let (found, run) = outcome(&strict, config).await;
    let case = found.cases.iter().find(|case| case.method.ends_with("/GetUser")).unwrap();
    assert_eq!(run.failures.len(), 8, "{:?}", run.failures);
    assert!(case.request_hex()[0].starts_with("f8ffffff0f01"), "{:?}", case.script);
    assert_eq!(replay(case, &strict, &pool, &[]).await.verdict(), Verdict::Findings);
    let mended = Mock(|call: &Call| healthy(&pool, call));
    assert_eq!(replay(case, &mended, &pool, &[]).await.verdict(), Verdict::Clean);
}

/// One bad byte is enough for this server to leave the call unanswered.
#[tokio::test]
async fn malformed_bytes_are_cut_down_to_those_that_matter() {
    let pool = users();
    let server = Mock(|call: &Call| {
        let bad = |step: &Step| matches!(step, Step::Send(bytes) if bytes.contains(&0x7f));
        let reply = healthy(&pool, call);
        let refused = reply.trailer("grpc-status") == Some(b"13");
        if refused && call.script.iter().any(bad) { answer(End::Hang, "", 0) } else { reply }
    });
    let checks = select(&["survives_malformed_input".into()], &[], false).unwrap();
    // All of its methods do it, which is held against its framework once.
    let (_, run) = outcome(&server, Config { checks, strict: true, ..config(2) }).await;
    let [row] = &run.failures[..] else { panic!("{:?}", run.failures) };
    assert_eq!((&*row.request_hex, &*row.status), (&["7f".to_owned()][..], "HANG"));
    assert_eq!(row.details.iter().filter(|(name, _)| name == "also").count(), 7, "{:?}", row.details);
}

/// The framework leaves open streams alone, reflection's like Chat's; the handler of GetUser is late by itself.
#[tokio::test]
async fn a_fault_of_the_framework_hides_none_of_a_handler() {
    let pool = users();
    let server = Mock(|call: &Call| {
        let closed = call.script.contains(&Step::HalfClose);
        let short = call.deadline < Duration::from_secs(1);
        match call.path.rsplit('/').next().unwrap() {
            "Chat" | "ServerReflectionInfo" if !closed => answer(End::Hang, "", 0),
            "GetUser" if closed && short => answer(End::Hang, "", 0),
            "ServerReflectionInfo" | "Check" => answer(End::Trailers, "0", 1),
            _ => healthy(&pool, call),
        }
    });
    let checks = select(&["deadline_respected".into()], &[], false).unwrap();
    let (found, run) = outcome(&server, Config { checks, ..config(2) }).await;
    let failed: Vec<_> = run.failures.iter().map(|row| (&*row.method, row.check.name)).collect();
    assert_eq!(failed, [("user.UserService/GetUser", "deadline_respected")]);
    let said = found.report.diagnostics();
    assert!(said.iter().any(|said| said.message.starts_with("user.UserService/Chat")), "{said:?}");
    // Who asks for the letter gets both.
    let checks = select(&["deadline_respected".into()], &[], true).unwrap();
    let (_, run) = outcome(&server, Config { checks, strict: true, ..config(2) }).await;
    assert_eq!(run.failures.len(), 2, "{:?}", run.failures);
}

/// A request that is cut short, and a server that leaves it to the deadline: where all methods do, it is the
/// framework's way.
#[tokio::test]
async fn what_only_a_deadline_ends_is_the_frameworks_where_every_method_does_it() {
    let pool = users();
    let unary = ["GetUser", "CreateUser", "ListUsers", "StreamUsers", "UpdateUser", "DeleteUser"];
    for (waits, failures) in [(&unary[..1], 1), (&unary[..], 0)] {
        let server = Mock(|call: &Call| {
            let is_cut = !crate::client::sent(&call.script).1.is_empty();
            match call.path.rsplit('/').next() {
                Some(name) if is_cut && waits.contains(&name) => {
                    Exchange { elapsed: call.deadline, ..answer(End::TrailersOnly, "4", 0) }
                }
                Some("Check" | "ServerReflectionInfo") => answer(End::TrailersOnly, "12", 0),
                _ => healthy(&pool, call),
            }
        });
        let checks = select(&["survives_malformed_input".into()], &[], false).unwrap();
        let (found, run) = outcome(&server, Config { checks, ..config(2) }).await;
        assert_eq!(run.failures.len(), failures, "{waits:?}: {:?}", run.failures);
        let warned = found.report.diagnostics().iter().any(|said| said.rule.id == "PG109");
        assert_eq!(warned, failures == 0, "{waits:?}: {:?}", found.report.diagnostics());
    }
}

/// Two replies and silence may be a watch, which is quiet elsewhere as well; a list is none, whatever else it does, nor
/// is a chat whose client has closed its half.
#[tokio::test]
async fn a_stream_that_goes_on_is_excused_where_it_does_not_end_but_for_a_list_and_a_chat() {
    let pool = users();
    let server = Mock(|call: &Call| match call.path.rsplit('/').next() {
        Some("ListUsers" | "StreamUsers") => {
            let one = sent_first(call).is_some_and(|bytes| bytes.starts_with(&[8, 1]));
            answer(End::Hang, "", if one { 1 } else { 2 })
        }
        // The deadline ends it, as some frameworks do; or nothing does.
        Some("Chat") if call.script.len() > 2 => {
            Exchange { elapsed: call.deadline, ..answer(End::Trailers, "4", 2) }
        }
        Some("Chat") => answer(End::Hang, "", 0),
        _ => healthy(&pool, call),
    });
    for (check, method) in [("always_terminates", "ListUsers"), ("half_close_terminates", "Chat")] {
        for fail_fast in [false, true] {
            let checks = select(&[check.into()], &[], false).unwrap();
            let (_, run) = outcome(&server, Config { checks, fail_fast, ..config(2) }).await;
            let failed: Vec<_> = run.failures.iter().map(|row| &*row.method).collect();
            assert_eq!(failed, [format!("user.UserService/{method}")], "{check} {fail_fast}");
        }
    }
}

fn sent_first(call: &Call) -> Option<Bytes> {
    crate::client::sent(&call.script).0.first().map(|(_, bytes)| bytes.clone())
}

#[tokio::test]
async fn a_call_is_held_to_the_latency_that_was_configured() {
    let pool = users();
    let slow = Mock(|call: &Call| {
        let elapsed = Duration::from_millis(if call.path.ends_with("GetUser") { 700 } else { 3 });
        Exchange { elapsed, ..healthy(&pool, call) }
    });
    for (bound, expected) in
        [(None, None), (Some(500), Some("the call took 700 ms, and 500 ms are allowed")), (Some(800), None)]
    {
        let config = Config { max_latency: bound.map(Duration::from_millis), ..config(1) };
        let (outcome, run) = outcome(&slow, config).await;
        let said: Vec<&str> = run.failures.iter().map(|row| row.message.as_str()).collect();
        assert_eq!(said, expected.into_iter().collect::<Vec<_>>());
        for case in &outcome.cases {
            assert_eq!(replay(case, &slow, &pool, &[]).await.verdict(), Verdict::Findings);
        }
    }
}
