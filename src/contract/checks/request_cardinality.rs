//! Whether a unary method takes exactly one message.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG115",
        name: "request_cardinality",
        summary: "A method without a request stream refuses no message and two messages.",
        explain: "Two messages where one is declared mean that client and server read different schemas; \
                  taking the first hides it.\n\n\
                  The status code for it is contested between implementations, so that any error will do. \
                  tonic and grpcio take the first message and ignore the rest: count messages in a layer \
                  (protogate-runtime has one) or an interceptor. grpc-go and grpc-java refuse by themselves.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Cardinality],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "a request with a wrong number of messages was answered with OK"),
        _ => Verdict::Pass,
    }
}
