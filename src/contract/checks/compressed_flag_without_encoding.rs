//! Whether a compressed message without a compression is refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG141",
        name: "compressed_flag_without_encoding",
        summary: "A message marked as compressed without a `grpc-encoding` is answered with INTERNAL.",
        explain: "Its bytes cannot be read by anybody who keeps to the specification; a server that reads them \
                  reads something else.\n\n\
                  grpc-js takes the bytes as they are. tonic, grpc-go, grpcio and grpc-java answer as \
                  specified.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/compression.md"),
    },
    applies: &[Class::CompressedFlag],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Ok => fail("OK", "a message marked as compressed without a grpc-encoding was answered with OK"),
        _ => Verdict::Pass,
    }
}
