//! Whether a request with unknown fields is answered like the same request without them.

use super::{Check, Class, Level, Seen, Verdict, same_as_plain};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG108",
        name: "unknown_fields_ignored",
        summary: "Fields that the server does not know change nothing.",
        explain: "A newer client sends fields that an older server has never heard of; protobuf promises that \
                  they are skipped. A server that refuses them breaks with the next release of its own \
                  clients.\n\n\
                  The request is sent without them, with them, and without them again; it fails only when the \
                  answer with them is like neither. Look for strict parsers, JSON transcoding that refuses \
                  unknown names, and signatures over raw bytes.\n\n\
                  Generated decoders skip what they do not know; it is code around them that refuses. In Rust \
                  look for a comparison of `encoded_len` with the bytes received, or serde with \
                  `deny_unknown_fields`; in Go for `ProtoReflect().GetUnknown()` and for `protojson` without \
                  `DiscardUnknown`; in Python for `UnknownFieldSet` and `json_format.Parse` without \
                  `ignore_unknown_fields`; in Java for `getUnknownFields` and a `JsonFormat.parser()` without \
                  `ignoringUnknownFields()`.",
        url: Some("https://protobuf.dev/programming-guides/proto3/#unknowns"),
    },
    applies: &[Class::UnknownFields],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    same_as_plain(seen)
}
