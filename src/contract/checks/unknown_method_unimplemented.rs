//! Whether an undeclared method is refused as such.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG107",
        name: "unknown_method_unimplemented",
        summary: "A method that the service does not have is answered with UNIMPLEMENTED.",
        explain: "A client that is newer than the server calls methods which do not exist yet, and falls back \
                  when it hears UNIMPLEMENTED (or HTTP 404, which means the same). Any other code looks like a \
                  failure of the call.\n\n\
                  Look for a catch-all route, a gateway, or an interceptor that answers before the method is \
                  looked up. Authentication that comes first is accepted. In Rust look at the fallback of an axum \
                  router around tonic; in Go at `grpc.UnknownServiceHandler`; in Python at a \
                  `GenericRpcHandler` that takes every method; in Java at `fallbackHandlerRegistry`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::UnknownMethod],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match seen.exchange.status().code {
        _ if !seen.alive => Verdict::Pass,
        Code::Unimplemented | Code::Unauthenticated | Code::PermissionDenied => Verdict::Pass,
        Code::Unavailable | Code::ResourceExhausted => Verdict::Pass,
        _ => {
            let outcome = seen.exchange.outcome();
            fail(&*outcome, format!("a method that does not exist was answered with {outcome}"))
        }
    }
}
