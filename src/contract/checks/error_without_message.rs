//! Whether an error of a unary method comes alone. A warning: HTTP/2 and gRPC allow a message before it.

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG111",
        name: "error_without_message",
        summary: "A method without a response stream sends no message before an error.",
        explain: "The wire allows it, and clients drop the message: whatever it said, nobody reads it.\n\n\
                  Put what the caller should know into the status: its message, or `google.rpc.Status` details. \
                  In Java do not call `onNext` before `onError`. Elsewhere look at what fails a call after its \
                  handler has answered, such as a transaction that cannot commit: in Go an interceptor that \
                  returns both a reply and an error, in Python `context.set_code` beside a returned message, in \
                  Rust a tower layer that changes the trailers.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::Warn,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    let count = seen.exchange.messages.len();
    let fits = seen.method.desc.is_server_streaming() || !ended(seen.exchange) || status.synthetic;
    match status.code {
        Code::Ok => Verdict::Pass,
        _ if fits || count == 0 => Verdict::Pass,
        code => fail("MESSAGE_AND_ERROR", format!("{count} response messages before {code}")),
    }
}
