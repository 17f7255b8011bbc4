//! Whether the server outlives bytes that no client should send.

use super::{Check, Class, DEAD, Level, Seen, Verdict, fail, left, unanswered};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG109",
        name: "survives_malformed_input",
        summary: "Malformed bytes end the call, and the server answers the next one.",
        explain: "Which status malformed bytes get is up to the framework, and frameworks differ; that the \
                  call ends and the server goes on is not. A server that hangs or dies here can be stopped by \
                  anyone who can reach its port.\n\n\
                  Hangs come from handlers that wait for a whole message without a deadline; deaths from \
                  recursion without a limit and buffers sized by what a prefix announces. Update the \
                  framework, limit message size and nesting, set a deadline on the server.\n\n\
                  In Rust set `max_decoding_message_size` and wear a deadline that covers the request body; in Go \
                  `grpc.MaxRecvMsgSize`, `grpc.ConnectionTimeout` and keepalive enforcement; in Python \
                  `grpc.max_receive_message_length` (grpc.aio waits for the rest of a cut frame until the \
                  client's deadline: have clients send one); in Java `maxInboundMessageSize` and \
                  `CodedInputStream.setRecursionLimit`.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[
        Class::Malformed,
        Class::BadUtf8,
        Class::Truncated,
        Class::Cardinality,
        Class::ContentType,
        Class::Verb,
        Class::Compression,
        Class::CompressedFlag,
        Class::BadTimeout,
    ],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    if !seen.alive {
        fail(DEAD, "the server answered no call after malformed input")
    } else if let Some(cause) = unanswered(seen) {
        left(seen, cause, format!("malformed input was left unanswered for {:?}", seen.deadline))
    } else {
        Verdict::Pass
    }
}
