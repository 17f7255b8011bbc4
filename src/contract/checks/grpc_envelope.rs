//! Whether the reply is gRPC at all.

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{
    client::{Code, End, Exchange},
    diag::RuleInfo,
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG103",
        name: "grpc_envelope",
        summary: "A reply is HTTP 200, application/grpc, with one valid grpc-status in its trailers.",
        explain: "A client library that meets anything else invents a status of its own, and what the server \
                  meant is lost: the code becomes UNKNOWN or UNAVAILABLE.\n\n\
                  A proxy's error page, a handler for another protocol, or middleware that writes a body of \
                  its own look like this. Codes run from 0 to 16; send details of your own in \
                  `google.rpc.Status`, not as a new code.\n\n\
                  In Rust look at tower layers that answer with a plain `http::Response`: build it with \
                  `Status::into_http`. In Go look at what stands before `grpc.Server.ServeHTTP` on a shared port, \
                  and for `status.New` of a number that is no code; in Python at `context.set_code` of a number; \
                  in Java at servlet filters before `GrpcServlet`, and at `Metadata` written after `close`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    match ended(seen.exchange).then(|| fault(seen.exchange)).flatten() {
        Some((cause, message)) => fail(cause, message),
        None => Verdict::Pass,
    }
}

fn fault(exchange: &Exchange) -> Option<(&'static str, String)> {
    let http = exchange.http_status.unwrap_or_default();
    if http != 200 {
        return Some((
            "HTTP_STATUS",
            format!("the reply has HTTP status {http}: something that is not gRPC answers"),
        ));
    }
    let kind = exchange.header("content-type").unwrap_or_default();
    if !kind.starts_with(b"application/grpc") {
        return Some((
            "CONTENT_TYPE",
            format!("content-type is `{}`, not application/grpc", kind.escape_ascii()),
        ));
    }
    let sent: Vec<_> = exchange.trailers.iter().filter(|(name, _)| name == "grpc-status").collect();
    match sent.as_slice() {
        [] if exchange.end == End::NoTrailers => {
            Some(("NO_TRAILERS", "the reply ends without trailers".into()))
        }
        [] => Some(("NO_STATUS", "the trailers carry no grpc-status".into())),
        [(_, status)] => {
            let text = String::from_utf8_lossy(status);
            let known = Code::ALL.iter().any(|code| code.number().to_string() == text);
            (!known).then(|| ("BAD_STATUS", format!("grpc-status is `{text}`, which is no code of gRPC")))
        }
        _ => Some(("TWO_STATUSES", "the trailers carry grpc-status more than once".into())),
    }
}
