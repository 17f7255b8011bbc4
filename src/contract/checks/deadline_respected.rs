//! Whether the server ends a call at its deadline.

use super::super::streams::PLAIN;
use super::{Check, Class, Level, Seen, Verdict, fail};
use std::time::Duration;

use crate::{client::End, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG130",
        name: "deadline_respected",
        summary: "A call ends at the deadline that the client sent with it.",
        explain: "The client has gone by then. What the server still does for it is wasted, and under load \
                  that is what keeps it from recovering.\n\n\
                  tonic bounds the time until the response starts, and neither its stream nor a stream of \
                  requests: wear a layer that does (protogate-runtime has one). In Go pass the context of the \
                  handler on and select on `ctx.Done()`; in Python ask `context.is_active()` in loops; in Java \
                  use `Context.current().isCancelled()`.",
        url: Some("https://grpc.io/docs/guides/deadlines/"),
    },
    applies: &[Class::Deadline],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    // A server that is slow with everything says nothing about deadlines.
    if seen.base.iter().any(|liveness| liveness.elapsed > QUICK) {
        return Verdict::Pass;
    }
    let late = seen.deadline + LEEWAY;
    // A fault of the framework on an open stream must not hide that of a handler.
    let hang = if seen.label == PLAIN { "HANG" } else { "OPEN" };
    match &seen.exchange.end {
        End::Hang | End::OverCap => {
            fail(hang, format!("the call went on after its deadline of {:?}", seen.deadline))
        }
        // Not the server's word but the network's.
        End::Closed(_) | End::Cancelled => Verdict::Pass,
        _ if seen.exchange.elapsed > late => fail(
            "LATE",
            format!(
                "the call ended {:?} after it began, with a deadline of {:?}",
                seen.exchange.elapsed, seen.deadline
            ),
        ),
        _ => Verdict::Pass,
    }
}

/// How quickly a server that is not busy refuses a method it does not have.
const QUICK: Duration = Duration::from_millis(50);
/// For a busy machine and a slow network.
const LEEWAY: Duration = Duration::from_millis(250);
