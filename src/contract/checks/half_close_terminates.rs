//! Whether the server ends a stream that the client has closed.

use super::{Check, Class, Level, Seen, Verdict, fail, timed_out};
use crate::{
    client::{Code, End},
    diag::RuleInfo,
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG133",
        name: "half_close_terminates",
        summary: "After the client's half-close the server ends the call, and not as if it were cancelled.",
        explain: "The half-close says that nothing more will come, and the client waits for the status. A \
                  server that waits too, or takes it for a cancellation, leaves a call that only a deadline \
                  ends.\n\n\
                  Return from the handler when the request stream ends: `None` in tonic, `io.EOF` in Go, the \
                  end of the iterator in Python, `onCompleted` in Java, which must complete the response as \
                  well.",
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

fn check(seen: &Seen<'_>) -> Verdict {
    let exchange = seen.exchange;
    if !seen.method.desc.is_client_streaming() {
        return Verdict::Pass;
    }
    if matches!(exchange.end, End::Hang | End::OverCap) || timed_out(exchange, seen.deadline) {
        if seen.method.desc.is_server_streaming() && exchange.messages.len() > 1 && exchange.end != End::Hang
        {
            return Verdict::OpenEnded;
        }
        let (got, deadline) = (exchange.messages.len(), seen.deadline);
        return fail(
            "HANG",
            format!("the call had not ended {deadline:?} after the half-close, with {got} replies"),
        );
    }
    match exchange.status() {
        status if status.code == Code::Cancelled && !status.synthetic => {
            fail("CANCELLED", "a half-close was taken for a cancellation")
        }
        _ => Verdict::Pass,
    }
}
