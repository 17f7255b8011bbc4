//! Whether a stream without messages is answered.

use super::{Check, Class, Level, Seen, Verdict, fail, timed_out};
use crate::{
    client::{Code, End},
    diag::RuleInfo,
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG132",
        name: "empty_request_stream",
        summary: "A request stream that is closed without a message gets a status, and no server error.",
        explain: "An empty list is the first thing a real client sends by accident. Code that takes the first \
                  message for granted answers it with INTERNAL, or waits for ever.\n\n\
                  Answer with OK and nothing, or with INVALID_ARGUMENT. In Rust treat `None` of the first \
                  `message().await` as an end; in Go treat `io.EOF` so; in Python an iterator may be empty; in \
                  Java `onCompleted` may come first.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::EmptyStream],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let exchange = seen.exchange;
    if matches!(exchange.end, End::Hang | End::OverCap) || timed_out(exchange, seen.deadline) {
        return fail("HANG", format!("an empty request stream was left unanswered for {:?}", seen.deadline));
    }
    if !seen.alive
        || matches!(exchange.end, End::Reset(_) | End::GoAway(_) | End::Closed(_) | End::Violation(_))
    {
        return fail(
            exchange.end.to_string(),
            format!("an empty request stream ended with {}", exchange.end),
        );
    }
    let status = exchange.status();
    match status.code {
        Code::Unknown | Code::Internal | Code::DataLoss if !status.synthetic => fail(
            status.code.name(),
            format!("an empty request stream was answered with {}: {}", status.code, status.message),
        ),
        _ => Verdict::Pass,
    }
}
