//! Whether a request that ends inside a message is noticed.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG114",
        name: "truncated_stream_not_ok",
        summary: "A request that ends inside a message is never answered with OK.",
        explain: "The client believed that it sent more than arrived. An OK tells it that all is well, and the \
                  last message of a stream is lost without a word.\n\n\
                  grpcio and grpc-js do this for client streams by themselves: send the number of messages or \
                  a closing message as part of the protocol. In tonic, grpc-go and grpc-java look for code \
                  that reads the stream and ignores its error.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Truncated],
    level: Level::Warn,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "a request that ends inside a message was answered with OK"),
        _ => Verdict::Pass,
    }
}
