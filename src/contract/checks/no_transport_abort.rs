//! Whether the transport survived a valid call.

use super::{Check, Class, Level, Seen, Verdict, fail, timed_out};
use crate::{client::End, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG104",
        name: "no_transport_abort",
        summary: "A valid call never ends with a reset stream, GOAWAY or a lost connection.",
        explain: "There is no gRPC status: the server gave up on the stream or the connection. A panic in a \
                  tonic handler shows as RST_STREAM(CANCEL); a crash of the process loses the connection, and \
                  with it every other call on it.\n\n\
                  Read the server's log at this request. In Rust look for slicing a string by bytes, `unwrap` \
                  and overflow; the panic layer of `protogate-runtime` turns what is left into INTERNAL. In Go a \
                  panic in a handler ends the process: `recovery.UnaryServerInterceptor` and its stream twin turn \
                  it into a status. In Python look for native extensions and a worker that is killed; in Java for \
                  a `call.close` that is never reached and for limits of Netty such as \
                  `maxInboundMetadataSize`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[
        Class::Valid,
        Class::Invalid,
        Class::UnknownFields,
        Class::Encoding,
        Class::Framing,
        Class::Metadata,
        Class::UnknownEnum,
        Class::Repeat,
        Class::Parallel,
    ],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let end = &seen.exchange.end;
    // A dead server belongs to `stays_alive`; a reset at the deadline is a hang that the server noticed.
    if !seen.alive || timed_out(seen.exchange, seen.deadline) {
        return Verdict::Pass;
    }
    match end {
        End::Closed(text) => fail("CLOSED", format!("a valid request lost the connection: {text}")),
        End::Reset(_) | End::GoAway(_) | End::Violation(_) => {
            fail(end.to_string(), format!("a valid request ended with {end} instead of a status"))
        }
        _ => Verdict::Pass,
    }
}
