//! Whether the server ends what it was asked. An open-ended stream that sends is alive, and only noted.
//!
//! The other calls of the run are not looked at, though one slow call among quick ones is the surer hang: the
//! verdict on a case has to be the same when it is replayed alone. Only a stream that floods its client with what it
//! has sent before is seen beside another call, which is made for it: where that one ends, the flood is no watch.

use std::time::Duration;

use super::{Check, Class, Level, Seen, Verdict, ended, fail, timed_out};
use crate::{
    client::{Code, End, Exchange},
    diag::RuleInfo,
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG102",
        name: "always_terminates",
        summary: "A call whose request side is closed ends before its deadline.",
        explain: "Nothing is left for the server to wait for once the client has half-closed, yet it did not \
                  end the call. A client without a deadline waits for ever, and the stream keeps its place in \
                  the connection.\n\n\
                  Look for a lock held across a wait, a channel nobody closes, a response stream without an \
                  end. In Go return from the handler; in Python end the generator; in Java call `onCompleted`; \
                  in tonic drop the sender of the response stream. Where a call rightly takes longer than this \
                  deadline, raise `deadline` under `[contract]`. A stream that sends two messages and goes on \
                  is taken for a watch, and only noted, unless it sends the same again and again without a \
                  pause while the method ends for another request; so is one that its name says goes on, such \
                  as `WatchJobs`, `Subscribe` or `TailEvents`, whatever it sends.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[
        Class::Valid,
        Class::Invalid,
        Class::UnknownFields,
        Class::Encoding,
        Class::Framing,
        Class::Metadata,
        Class::UnknownEnum,
        Class::Repeat,
    ],
    level: Level::On,
    check,
};

/// Fewer replies than this prove no life: a stream that hangs after its first is a hang.
const ALIVE: usize = 2;

/// What a method is called that is meant to go on: it may have nothing to tell for as long as we wait.
fn is_watch(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["watch", "subscribe", "listen", "tail", "follow", "observe", "monitor", "events", "updates"];
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// What a method is called that tells what there is, and is done: another one of its calls that goes on excuses none.
pub(in crate::contract) fn is_list(name: &str) -> bool {
    const VERBS: [&str; 8] = ["list", "get", "search", "query", "find", "fetch", "export", "download"];
    let name = name.to_lowercase();
    VERBS.iter().any(|verb| name.starts_with(verb)) && !is_watch(&name)
}

/// So many messages in a second are not paced by what happens in the world.
const FLOOD: f64 = 1000.0;
/// A flood shows within this time, and has gone on for so long.
const FOR: Duration = Duration::from_millis(500);

/// A stream that did not end, and sent messages as fast as they were taken and some of them again: what a loop
/// without an end sends, and no watch does.
pub(in crate::contract) fn is_flood(exchange: &Exchange) -> bool {
    let (Some(first), Some(last)) = (exchange.arrivals.first(), exchange.arrivals.last()) else {
        return false;
    };
    let (time, count) = (last.saturating_sub(*first), exchange.messages.len());
    let to_the_end = exchange.elapsed.saturating_sub(*last) < exchange.elapsed / 4;
    let mut others = exchange.messages.iter().skip(1);
    let again = exchange.messages.first().is_some_and(|first| others.any(|other| other == first));
    matches!(exchange.end, End::Hang | End::OverCap)
        && again
        && to_the_end
        && time >= FOR.min(exchange.elapsed / 2)
        && count as f64 >= FLOOD * time.as_secs_f64().max(0.001)
}

fn check(seen: &Seen<'_>) -> Verdict {
    let exchange = seen.exchange;
    // A server may notice the deadline itself, which is polite and no answer.
    let hangs = matches!(exchange.end, End::Hang | End::OverCap) || timed_out(exchange, seen.deadline);
    // What is hanging after a half-close belongs to `half_close_terminates`.
    if !hangs || seen.method.desc.is_client_streaming() {
        Verdict::Pass
    } else if is_flood(exchange) && !is_watch(seen.method.desc.name()) && seen.base.iter().any(ends) {
        let count = exchange.messages.len();
        fail(
            "ENDLESS",
            format!(
                "{count} messages, the same ones again and again, where another request is answered and ends"
            ),
        )
    } else if seen.method.desc.is_server_streaming()
        && (exchange.messages.len() >= ALIVE || is_watch(seen.method.desc.name()))
    {
        Verdict::OpenEnded
    } else {
        let (got, deadline) = (exchange.messages.len(), seen.deadline);
        fail("HANG", format!("the call had not ended after {deadline:?}, with {got} replies"))
    }
}

fn ends(exchange: &Exchange) -> bool {
    exchange.status().code == Code::Ok && ended(exchange)
}
