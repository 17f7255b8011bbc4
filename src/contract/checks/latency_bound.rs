//! Whether a call is answered as soon as the configuration wants it.

use std::time::Duration;

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::End, diag::RuleInfo};

/// The name of the check: what it finds depends on time.
pub(in crate::contract) const NAME: &str = "latency_bound";

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG143",
        name: NAME,
        summary: "A unary call ends within the latency that the configuration or the contract bounds.",
        explain: "Asked only where `max-latency` stands under `[contract]`, or where the contract of the method bounds \
                  `limits.max_latency_ms`. A request that takes much longer than its \
                  like is a query without an index, a retry against something that is down, or work that grows \
                  with a number in the request, and whoever sends it often holds up the others.\n\n\
                  The time is from the first byte sent to the last one received, beside as many other calls as \
                  there are workers: `--workers 1` measures one alone. What is not seen again each time is a \
                  warning.\n\n\
                  Profile the shrunk request: in Go with `pprof` labels per rpc, in Rust with `tracing` spans or \
                  `tokio-console`, in Python with `cProfile` around the handler (and keep blocking calls out of \
                  asyncio), in Java with Flight Recorder.",
        url: None,
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let desc = &seen.method.desc;
    let streams = desc.is_client_streaming() || desc.is_server_streaming();
    let took = seen.exchange.elapsed;
    // A saved case brings its own bound.
    let promised = seen.method.limits.max_latency_ms.map(Duration::from_millis);
    match promised.into_iter().chain(seen.max_latency).min().filter(|_| !streams) {
        // What does not end is for others to say.
        Some(bound) if took > bound && seen.exchange.end != End::Hang => {
            // The cause says what it is held to, so that a saved case can be asked again.
            let (took, limit) = (took.as_millis(), bound.as_millis());
            fail(format!("{limit}ms"), format!("the call took {took} ms, and {limit} ms are allowed"))
        }
        _ => Verdict::Pass,
    }
}
