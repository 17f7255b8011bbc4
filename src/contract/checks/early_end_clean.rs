//! Whether a server that answers early ends the stream in order.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::End, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG134",
        name: "early_end_clean",
        summary: "A server that answers before the half-close sends its status before it resets the stream.",
        explain: "A reset without trailers takes the status with it: the client sees a broken connection \
                  instead of the reason.\n\n\
                  Send the trailers, and then RST_STREAM(NO_ERROR) if more would come. Frameworks do this by \
                  themselves in Rust, Go, Python and Java; look at hand-written handlers and proxies.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Deadline],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let early = seen.exchange.elapsed < seen.deadline.mul_f64(0.9);
    match &seen.exchange.end {
        // NO_ERROR says that the rest of the request is not wanted.
        End::Reset(code) if early && *code != 0 => fail(
            seen.exchange.end.to_string(),
            format!("an open stream ended with {} instead of a status", seen.exchange.end),
        ),
        _ => Verdict::Pass,
    }
}
