//! Whether an unknown compression is refused.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG140",
        name: "compression_negotiation",
        summary: "A `grpc-encoding` that the server does not know is answered with UNIMPLEMENTED.",
        explain: "The client then knows to send without it; `grpc-accept-encoding` tells it what would do.\n\n\
                  grpcio answers INTERNAL and grpc-js OK when no message is compressed; nothing can be done in \
                  a handler there. tonic, grpc-go and grpc-java answer as specified.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/compression.md"),
    },
    applies: &[Class::Compression],
    level: Level::Strict,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        Code::Unimplemented => Verdict::Pass,
        code => fail(code.name(), format!("an unknown grpc-encoding was answered with {code}")),
    }
}
