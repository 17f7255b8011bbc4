//! Whether a valid request met a fault of the server. Resets and hangs belong to other checks.

use super::{Check, Class, Level, Seen, Verdict, fail, timed_out};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG101",
        name: "not_a_server_error",
        summary: "A valid request is never answered with UNKNOWN, INTERNAL or DATA_LOSS.",
        explain: "These three codes say that the server broke, not that the request was wrong. A request that \
                  the schema allows and the service does not want is answered with INVALID_ARGUMENT, NOT_FOUND \
                  or another code of the application.\n\n\
                  Clients retry, page people and count outages by these codes. In tonic look for \
                  `Status::internal` and for `?` on foreign errors, and map each to a status of its own; in Go \
                  for a plain `error` returned from a handler (grpc-go sends UNKNOWN): return \
                  `status.Error(codes.InvalidArgument, …)`; in Python for an exception that is not \
                  `context.abort(grpc.StatusCode.INVALID_ARGUMENT, …)`; in Java for one that is no \
                  `StatusRuntimeException`, and for `onError` with anything else.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/statuscodes.md"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let status = seen.exchange.status();
    match status.code {
        // At the deadline it is the end of a call that hangs.
        _ if timed_out(seen.exchange, seen.deadline) => Verdict::Pass,
        Code::Unknown | Code::Internal | Code::DataLoss if !status.synthetic => fail(
            status.code.name(),
            format!("a valid request was answered with {}: {}", status.code, status.message),
        ),
        _ => Verdict::Pass,
    }
}
