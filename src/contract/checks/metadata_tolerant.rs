//! Whether metadata that nobody asked for changes the answer.

use super::{Check, Class, Level, Seen, Verdict, same_as_plain};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG120",
        name: "metadata_tolerant",
        summary: "Metadata that the method does not know changes nothing.",
        explain: "Tracing, proxies and newer clients add metadata. Values of `-bin` names are base64 with or \
                  without padding, and may be empty; all of it is below the 8 KiB that the specification \
                  suggests as a limit.\n\n\
                  Look for interceptors that parse every entry. In Rust use `get_bin` and ignore errors of \
                  names you do not own; in Go, Python and Java let the framework decode `-bin` values.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[Class::Metadata],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    same_as_plain(seen)
}
