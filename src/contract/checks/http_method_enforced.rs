//! Whether only POST is gRPC.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG139",
        name: "http_method_enforced",
        summary: "A request with GET is never answered with OK.",
        explain: "GET requests are repeated, cached and prefetched by what stands between. A write behind one \
                  happens more than once.\n\n\
                  tonic and grpc-js take any verb: wear a layer that looks (protogate-runtime has one), or let \
                  the proxy do it. grpcio, grpc-go and grpc-java refuse by themselves.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Verb],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "a request with GET was answered with OK"),
        _ => Verdict::Pass,
    }
}
