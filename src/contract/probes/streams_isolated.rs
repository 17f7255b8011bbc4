//! Whether streams that run beside one another are kept apart.

use std::collections::BTreeSet;

use prost_reflect::DynamicMessage;

use super::promised::{key, set_name};
use super::{Found, Level, Probe, Probing, Question};
use crate::{
    client::{Code, Exchange, Step, Transport},
    contract::plan::Method,
    diag::RuleInfo,
    values,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG225",
        name: "streams_isolated",
        summary: "A stream is never answered with what was sent on another one.",
        explain: "Asked of methods with `stream.isolation` in `(protogate.contract.v1.method)`: the field that names what a \
                  message is about. Two streams run at once, and two more after them, each with names of its own; a reply \
                  with a name of another stream has come to the wrong client.\n\n\
                  Look for a buffer, a channel or a current request that is kept in the service instead of in the call: a \
                  field of the handler's object, a `static`, a broadcast to which every stream subscribes. What is meant \
                  to reach all (a room, a topic) must not promise this.",
        url: None,
    },
    level: Level::On,
    question: Question::Isolation,
};

/// Messages on a stream.
const MESSAGES: usize = 3;
/// Times that two streams are opened: what one leaves behind is found by a later one.
const ROUNDS: usize = 2;
/// The cause of a finding, as the contract spells it.
const CAUSE: &str = "stream.isolation";

/// One stream: what it was called by, and what came of it.
struct Lane {
    own: BTreeSet<String>,
    script: Vec<Step>,
    seen: Exchange,
}

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for (method, _, of) in probing.with_promises() {
        let Some(path) = &of.isolation else { continue };
        let mut lanes: Vec<Lane> = Vec::new();
        for round in 0..ROUNDS {
            let at = lanes.len();
            let (Some((one, of_one)), Some((other, of_other))) =
                (script(probing, method, path, at), script(probing, method, path, at + 1))
            else {
                break;
            };
            let path = method.path();
            // Both are open before either ends, as each waits for its answers.
            let (first, second) = futures_util::future::join(
                probing.call(&path, one.clone()),
                probing.call(&path, other.clone()),
            )
            .await;
            lanes.extend(first.map(|seen| Lane { own: of_one, script: one, seen }));
            lanes.extend(second.map(|seen| Lane { own: of_other, script: other, seen }));
            if lanes.len() < 2 * (round + 1) {
                break;
            }
        }
        let text = format!("isolation: \"{path}\"");
        let answered =
            lanes.iter().any(|lane| lane.seen.status().code == Code::Ok && !lane.seen.messages.is_empty());
        if !answered {
            probing.tell(method, "stream/isolation", text, Err("no stream was answered"));
            continue;
        }
        let crossed = crossed(method, path, &lanes);
        probing.tell(method, "stream/isolation", text, Ok(crossed.is_none()));
        found.extend(crossed);
    }
    found
}

/// The messages of a stream, each with a name that no other message has; every reply is waited for where there may be one
/// for each.
fn script<T: Transport>(
    probing: &Probing<'_, T>,
    method: &Method,
    path: &str,
    lane: usize,
) -> Option<(Vec<Step>, BTreeSet<String>)> {
    let salt = (probing.seed << 8).wrapping_add(800 + 10 * lane as u64);
    let count = if method.desc.is_client_streaming() { MESSAGES } else { 1 };
    let mut own = BTreeSet::new();
    let mut script = Vec::new();
    for (at, mut message) in method.stream(salt, count).into_iter().enumerate() {
        let number = u32::try_from(lane * MESSAGES + at).ok()?.wrapping_add(1_000_000);
        if !set_name(&mut message, path, &format!("stream-{lane}-{at}-{}", probing.seed), number) {
            return None;
        }
        own.insert(key(&message, path));
        script.push(Step::Send(values::encode(&message).into()));
        if method.desc.is_client_streaming() && method.desc.is_server_streaming() && at == 0 {
            script.push(Step::Await(1));
        }
    }
    script.push(Step::HalfClose);
    Some((script, own))
}

/// The first reply with a name that was given on another stream.
fn crossed(method: &Method, path: &str, lanes: &[Lane]) -> Option<Found> {
    for (at, lane) in lanes.iter().enumerate() {
        let others = || lanes.iter().enumerate().filter(|(other, _)| *other != at);
        for (reply, (_, bytes)) in lane.seen.messages.iter().enumerate() {
            let Ok(message) = DynamicMessage::decode(method.desc.output(), bytes.as_ref()) else { continue };
            let name = key(&message, path);
            let whose = others().find(|(_, other)| other.own.contains(&name));
            if let Some((other, _)) = whose.filter(|_| !lane.own.contains(&name)) {
                let text = format!(
                    "reply {} on stream {} is about {name}, which was sent on stream {}",
                    reply + 1,
                    at + 1,
                    other + 1
                );
                let found = Found::new(&PROBE, CAUSE, text).on(&method.name).after(&lane.seen);
                return Some(found.sent("one of several streams", &lane.script));
            }
        }
    }
    None
}
