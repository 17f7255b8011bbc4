//! Whether a deadline that cannot be read is refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG142",
        name: "timeout_header_strict",
        summary: "A `grpc-timeout` that is none is never answered with OK.",
        explain: "The client wanted a deadline. A server that ignores what it cannot read works without one.\n\n\
                  tonic ignores it: wear a layer that looks (protogate-runtime has one). grpc-go, grpcio, \
                  grpc-java and grpc-js refuse by themselves.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::BadTimeout],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "a grpc-timeout of `abc` was answered with OK"),
        _ => Verdict::Pass,
    }
}
