//! Whether bytes that are no message are refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG112",
        name: "malformed_request_rejected",
        summary: "Bytes that are no message are never answered with OK.",
        explain: "A handler that is given half a message acts on it. The specification of status codes has \
                  INTERNAL for what cannot be parsed; INVALID_ARGUMENT and UNKNOWN are seen as well.\n\n\
                  Lenient parsers are the cause: protobufjs under grpc-js accepts what Google's parsers \
                  refuse. In Node check required fields in the handler or use protobuf-es; tonic, grpc-go, \
                  grpcio and grpc-java refuse such bytes unless a codec of your own stands before them.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Malformed],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "malformed bytes were answered with OK"),
        _ => Verdict::Pass,
    }
}
