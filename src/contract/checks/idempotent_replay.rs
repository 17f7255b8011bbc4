//! Whether a method that is declared idempotent can be sent twice.

use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG128",
        name: "idempotent_replay",
        summary: "An IDEMPOTENT method answers a repetition as if it were the first.",
        explain: "A client that lost the answer sends the request again, because the schema says that it may. \
                  A conflict or a server error then looks to it like a failure of a call that has worked.\n\n\
                  Remember the outcome by a request id (AIP-155), or make the write a replacement. NOT_FOUND \
                  for a second deletion is accepted.",
        url: Some("https://google.aip.dev/155"),
    },
    applies: &[Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [first] = seen.base else { return Verdict::Pass };
    let (first, second) = (first.status().code, seen.exchange.status().code);
    let fine = matches!(second, Code::Ok | Code::NotFound | Code::Unavailable | Code::ResourceExhausted);
    if !seen.method.idempotent || first != Code::Ok || fine {
        return Verdict::Pass;
    }
    fail(second.name(), format!("the same request was answered with OK, and the second time with {second}"))
}
