//! Whether the text of an error can be read.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG124",
        name: "error_message_wellformed",
        summary: "`grpc-message` is printable ASCII that percent-decodes to UTF-8.",
        explain: "HTTP/2 headers are no place for other bytes: proxies drop them or refuse the response, and \
                  clients show garbage or fail.\n\n\
                  Let the framework encode the message: `Status::new` in tonic, `status.Error` in Go, \
                  `context.abort` in Python, `withDescription` in Java. Look for layers and proxies that write \
                  the header themselves.",
        url: Some("https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md"),
    },
    applies: &[
        Class::Valid,
        Class::Invalid,
        Class::EmptyStream,
        Class::UnknownEnum,
        Class::Malformed,
        Class::BadUtf8,
    ],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let Some(raw) = seen.exchange.trailer("grpc-message") else { return Verdict::Pass };
    if let Some(byte) = raw.iter().find(|byte| !(0x20..=0x7e).contains(*byte)) {
        return fail(
            "RAW",
            format!("grpc-message carries the raw byte {byte:#04x}: `{}`", raw.escape_ascii()),
        );
    }
    match percent_encoding::percent_decode(raw).decode_utf8() {
        Ok(_) => Verdict::Pass,
        Err(_) => {
            fail("NOT_UTF8", format!("grpc-message does not decode to UTF-8: `{}`", raw.escape_ascii()))
        }
    }
}
