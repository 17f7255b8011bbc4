//! Whether the connection itself is kept as HTTP/2 wants it.

use std::time::Duration;

use super::{Found, Level, Probe, Probing, Question};
use crate::{client::Transport, diag::RuleInfo};

pub(super) static PROBE: Probe = Probe {
    info: RuleInfo {
        id: "PG158",
        name: "connection_hygiene",
        summary: "SETTINGS and PING are acknowledged within a second.",
        explain: "Clients measure a connection by its PING: with keepalive a missing answer closes it, and every \
                  call on it fails. SETTINGS that are not acknowledged are an error of the connection \
                  (SETTINGS_TIMEOUT). Every HTTP/2 library answers both by itself, as long as somebody reads \
                  the socket.\n\n\
                  When it fails, the loop that drives connections is blocked. Rust (tonic): no blocking calls \
                  and no long computation in an async handler: `spawn_blocking`. Go: a handler cannot do it, a \
                  proxy of your own can. Python: no blocking call in a coroutine of `grpc.aio`. Java: no work \
                  on Netty's event loop, so no `directExecutor()` with handlers that block.",
        url: Some("https://www.rfc-editor.org/rfc/rfc9113#section-6.7"),
    },
    level: Level::On,
    question: Question::Hygiene,
};

const WITHIN: Duration = Duration::from_secs(1);

pub(super) async fn ask<T: Transport>(probing: &Probing<'_, T>) -> Vec<Found> {
    // A transport without connections has nothing to show; one that cannot connect says so elsewhere.
    let Some(Ok(first)) = probing.transport.greet(WITHIN).await else { return Vec::new() };
    if first.settings && first.ping {
        return Vec::new();
    }
    // A busy machine is late once.
    let Some(Ok(second)) = probing.transport.greet(WITHIN).await else { return Vec::new() };
    let mut found = Vec::new();
    for (name, answered) in [("SETTINGS", second.settings), ("PING", second.ping)] {
        if !answered {
            let text = format!("{name} is not acknowledged within {} s", WITHIN.as_secs());
            found.push(Found::new(&PROBE, name, text));
        }
    }
    found
}
