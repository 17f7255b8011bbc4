//! Whether a request that is not gRPC is told so.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG138",
        name: "content_type_enforced",
        summary: "A content-type that is not gRPC's is answered with HTTP 415.",
        explain: "The specification asks for it, so that a client of another protocol learns what is wrong \
                  instead of being misread.\n\n\
                  tonic and grpcio take any: wear a layer that looks (protogate-runtime has one), or let the \
                  proxy do it. grpc-go, grpc-java and grpc-js refuse by themselves.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::ContentType],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.http_status {
        Some(415) | None => Verdict::Pass,
        Some(status) => {
            fail("TAKEN", format!("a request of content-type text/plain was answered with HTTP {status}"))
        }
    }
}
