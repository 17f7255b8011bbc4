//! Whether a reader that stops gets what is left when it goes on.

use super::super::streams::LARGE;
use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::End, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG135",
        name: "backpressure",
        summary: "A response that was not read for a while arrives whole, and never beyond the window.",
        explain: "HTTP/2 lets the reader say how much may come. A server that ignores it is ended by the \
                  client's library; one that gives up meanwhile loses the rest.\n\n\
                  Frameworks keep to the window in Rust, Go, Python and Java. Look at hand-written HTTP/2, and \
                  at handlers that drop messages when a channel is full.",
        url: Some("https://www.rfc-editor.org/rfc/rfc9113#section-5.2"),
    },
    applies: &[Class::Backpressure],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match &seen.exchange.end {
        End::Violation(code) => fail(
            seen.exchange.end.to_string(),
            format!("more came than the window allows: error {code} of HTTP/2"),
        ),
        End::Hang if seen.exchange.messages.is_empty() && seen.label != LARGE => {
            fail("HANG", "nothing came any more when the client read on")
        }
        End::Reset(_) | End::GoAway(_) if ended_early(seen) => fail(
            seen.exchange.end.to_string(),
            format!("a response that was not read for a while ended with {}", seen.exchange.end),
        ),
        _ => Verdict::Pass,
    }
}

/// The server gave up before the deadline of the call.
fn ended_early(seen: &Seen<'_>) -> bool {
    seen.exchange.elapsed < seen.deadline.mul_f64(0.9)
}
