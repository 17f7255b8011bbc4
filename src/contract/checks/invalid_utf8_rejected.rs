//! Whether text that is not UTF-8 is refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG113",
        name: "invalid_utf8_rejected",
        summary: "A string that is not UTF-8 is never accepted.",
        explain: "proto3 says that a string holds UTF-8. What one server lets in, the next cannot read: the \
                  record is stored, and every client that fetches it fails.\n\n\
                  grpc-js accepts such strings. Check them in the handler, or refuse them in an interceptor. \
                  In Rust do not build a `String` unchecked; in Go set no `proto2` types for text; Python and \
                  Java refuse by themselves.",
        url: Some("https://protobuf.dev/programming-guides/proto3/#scalar"),
    },
    applies: &[Class::BadUtf8],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "text that is not UTF-8 was accepted"),
        _ => Verdict::Pass,
    }
}
