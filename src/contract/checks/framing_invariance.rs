//! Whether it matters how a request is cut into DATA frames.

use super::{Check, Class, Level, Seen, Verdict, same_as_plain};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG117",
        name: "framing_invariance",
        summary: "The same request in other DATA frames is answered alike.",
        explain: "HTTP/2 may cut a request anywhere, and a proxy does. A server that takes a frame for a \
                  message works on the developer's machine and fails behind the proxy; one that drops what \
                  comes with END_STREAM loses the last message.\n\n\
                  Read messages by their length prefix only. The frameworks do; look at hand-written HTTP/2 \
                  handlers, proxies and sidecars.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Framing],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    same_as_plain(seen)
}
