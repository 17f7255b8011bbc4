//! Whether the number of replies fits the method and the status.

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG106",
        name: "response_cardinality",
        summary: "A method without a response stream answers OK with exactly one message.",
        explain: "Client libraries hand their user one message or one error. OK without a message, or with two, \
                  is turned into INTERNAL or UNIMPLEMENTED by the client, and what the server meant is lost.\n\n\
                  Generated servers keep to this by themselves: look at middleware and hand-written handlers \
                  that write frames. In Java call `onNext` once before `onCompleted`; in Node call the callback \
                  with a message; in Go and Python return the message; in tonic return `Response::new`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    if seen.method.desc.is_server_streaming() || !ended(seen.exchange) || status.synthetic {
        return Verdict::Pass;
    }
    match (status.code, seen.exchange.messages.len()) {
        (Code::Ok, 1) => Verdict::Pass,
        // A frame cut short belongs to `response_decodes`.
        (Code::Ok, 0) if !seen.exchange.leftover.is_empty() => Verdict::Pass,
        (Code::Ok, 0) => fail("NONE", "OK without a response message"),
        (Code::Ok, count) => fail("MANY", format!("{count} response messages where one is declared")),
        // A message before an error belongs to `error_without_message`.
        _ => Verdict::Pass,
    }
}
