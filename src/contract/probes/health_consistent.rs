//! Whether the health service, where there is one, says what it should.

use std::time::Duration;

use super::{Found, Level, Probe, Probing, Question, has_status};
use crate::{
    client::{Code, Exchange, Step, Transport},
    diag::{RuleInfo, Severity},
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG157",
        name: "health_consistent",
        summary: "grpc.health.v1 serves the server as a whole, knows no unknown service, and answers Watch at once.",
        explain: "Load balancers and Kubernetes ask `Check` with an empty name, and take a server that does not \
                  say SERVING out of service. An unknown service is NOT_FOUND in `Check`; `Watch` sends the \
                  current status at once and not with the first change. A server without a health service is \
                  not asked, and one without `Watch` may answer UNIMPLEMENTED. A server that never serves is given up \
                  before the run, unless it is taken as it is with `--wait 0s`.\n\n\
                  Rust: `tonic_health::server::health_reporter`. Go: `health.NewServer()` and \
                  `SetServingStatus(\"\", SERVING)`. Python: `grpc_health.v1.health.HealthServicer` and \
                  `set(\"\", SERVING)`. Java: `HealthStatusManager`. All four keep the rules when their state \
                  is set and not replaced by a handler of your own.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/health-checking.md"),
    },
    level: Level::On,
    question: Question::Health,
};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const SERVICE: &str = "grpc.health.v1.Health/Check";
/// `HealthCheckResponse { status: SERVING }`.
const SERVING: &[u8] = &[8, 1];
/// "At once", over any network worth the name.
const AT_ONCE: Duration = Duration::from_secs(2);

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    look(probing).await.unwrap_or_default()
}

async fn look<T: Transport>(probing: &Probing<'_, T>) -> Option<Vec<Found>> {
    let whole = vec![Step::Send(Vec::new().into()), Step::HalfClose];
    let seen = probing.call(CHECK, whole.clone()).await?;
    let code = seen.status().code;
    // Not served, a gateway's 404, or none of our business without the right credentials.
    if matches!(code, Code::Unimplemented | Code::Unauthenticated | Code::PermissionDenied) {
        return None;
    }
    let mut found = Vec::new();
    let say = |cause, text: String, seen: &Exchange, script: &[Step]| {
        Found::new(&PROBE, cause, text).on(SERVICE).after(seen).sent("health", script)
    };
    if code != Code::Ok {
        let text = format!("Check of the whole server (service \"\") ends with {}", seen.outcome());
        found.push(say("CHECK", text, &seen, &whole));
    } else if !seen.messages.iter().any(|(_, message)| message.as_ref() == SERVING) {
        found.push(say("NOT_SERVING", "the server as a whole is not SERVING".into(), &seen, &whole));
    }

    let name = b"protogate.NoSuchService";
    let unknown = [&[0x0a, name.len() as u8][..], name].concat();
    let script = vec![Step::Send(unknown.into()), Step::HalfClose];
    let seen = probing.call(CHECK, script.clone()).await?;
    if !has_status(&seen) || seen.status().code != Code::NotFound {
        let text = format!("Check of an unknown service is answered {} and not NOT_FOUND", seen.outcome());
        found.push(say("UNKNOWN_SERVICE", text, &seen, &script));
    }

    let watch: Vec<Step> = whole.into_iter().chain([Step::Await(1), Step::Cancel]).collect();
    let metadata = probing.metadata.to_vec();
    let seen = probing.call_with(WATCH, metadata, watch.clone(), AT_ONCE.min(probing.deadline)).await?;
    let unserved = has_status(&seen) && seen.status().code == Code::Unimplemented;
    if seen.messages.is_empty() && !unserved {
        let text = format!("Watch sends no status within {} s ({})", AT_ONCE.as_secs(), seen.outcome());
        found.push(Found {
            method: "grpc.health.v1.Health/Watch".into(),
            // Written by the framework, and nothing that a prober asks.
            ..say("WATCH", text, &seen, &watch).light(Severity::Warning)
        });
    }
    Some(found)
}
