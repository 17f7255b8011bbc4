//! Whether a cancelled call gives back what it held.

use std::time::Duration;

use super::{Found, Level, Probe, Probing, Question, streams};
use crate::{
    client::{Code, End, Exchange, Step, Transport},
    contract::{Method, checks::timed_out},
    diag::RuleInfo,
};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG153",
        name: "cancel_releases_streams",
        summary: "After many cancelled streams new calls still start and are answered.",
        explain: "120 calls of each kind of stream are cancelled while they are open; then as many new ones as a \
                  client has at once must start and end as before. A slot of a semaphore, a worker thread or a \
                  database connection that a cancelled call keeps is gone for good, and clients cancel all the \
                  time: each deadline and each closed tab is one.\n\n\
                  Rust (tonic): a cancelled call is a dropped future, so hold the permit in a guard and stop \
                  spawned tasks when `tx.send` fails or `tx.closed()` is ready. Go: watch `stream.Context().Done()` \
                  in every select and release with `defer`. Python: release in `finally` or \
                  `context.add_callback`; each sync handler holds a thread of the pool. Java: \
                  `ServerCallStreamObserver.setOnCancelHandler`.",
        url: Some("https://grpc.io/docs/guides/cancellation/"),
    },
    level: Level::Probe,
    question: Question::CancelReleases,
};

const CANCELS: u64 = 120;
/// Calls at once afterwards.
const AFTER: u64 = 20;
/// A server that answered at once before is not given a whole deadline to hang.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    let mut found = Vec::new();
    for method in streams::kinds(probing) {
        // A stream that never ends, or an error before all this, says nothing about cancelling.
        let before = complete(probing, method, 1000).await;
        if before.as_ref().is_none_or(|seen| stuck(seen, probing)) {
            continue;
        }
        streams::cancel(probing, method, CANCELS).await;
        let calls = (0..AFTER).map(|index| complete(probing, method, 2000 + index));
        let after: Vec<Option<Exchange>> = futures_util::future::join_all(calls).await;
        let bad: Vec<Exchange> = after.into_iter().flatten().filter(|seen| stuck(seen, probing)).collect();
        if let Some(seen) = bad.first() {
            let text = format!(
                "after {CANCELS} cancelled calls, {} of {AFTER} new ones ended with {}",
                bad.len(),
                seen.outcome()
            );
            found.push(Found::new(&PROBE, &seen.outcome(), text).on(&method.name).after(seen));
        }
    }
    found
}

async fn complete<T: Transport>(probing: &Probing<'_, T>, method: &Method, salt: u64) -> Option<Exchange> {
    let script = vec![Step::Send(probing.typical(method, salt).into()), Step::HalfClose];
    let deadline = probing.deadline.min(PATIENCE);
    probing.call_with(&method.path(), probing.metadata.to_vec(), script, deadline).await
}

fn stuck<T>(seen: &Exchange, probing: &Probing<'_, T>) -> bool {
    let busy = matches!(seen.status().code, Code::ResourceExhausted | Code::Unavailable);
    busy || seen.end == End::Hang || timed_out(seen, probing.deadline.min(PATIENCE))
}
