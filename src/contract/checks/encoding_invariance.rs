//! Whether it matters how a message is encoded.

use super::{Check, Class, Level, Seen, Verdict, same_as_plain};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG118",
        name: "encoding_invariance",
        summary: "The same message in another valid encoding is answered alike.",
        explain: "Fields may come in any order, a scalar twice (the last counts), lists packed or not, a \
                  message inside in parts, varints longer than they need be. Encoders of other languages and \
                  older versions write such bytes.\n\n\
                  Look for hand-written decoders, signatures over raw bytes and caches keyed by them. \
                  Generated code in Rust (prost), Go, Python and Java reads them all: decode first, then \
                  compare messages.",
        url: Some("https://protobuf.dev/programming-guides/encoding/"),
    },
    applies: &[Class::Encoding],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    same_as_plain(seen)
}
