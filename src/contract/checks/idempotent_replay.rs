//! Whether a method that is declared idempotent can be sent twice.

use super::super::compare;
use super::{Check, Class, Level, Seen, Verdict, fail};
use crate::{client::Code, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG128",
        name: "idempotent_replay",
        summary: "An IDEMPOTENT method answers a repetition as if it were the first.",
        explain: "A client that lost the answer sends the request again, because the schema says that it may. \
                  A conflict or a server error then looks to it like a failure of a call that has worked.\n\n\
                  Nor may each repetition have an effect of its own: what grows or counts up with every \
                  answer is the effect of many. Times, versions and the like may change.\n\n\
                  Remember the outcome by a request id (AIP-155), or make the write a replacement: in SQL an \
                  upsert instead of `SET n = n + 1`, in code an assignment instead of an append (`extend` in \
                  Rust and Python, `append` in Go, `addAll` in Java). NOT_FOUND for a second deletion is \
                  accepted.",
        url: Some("https://google.aip.dev/155"),
    },
    applies: &[Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [first, second] = seen.base else { return Verdict::Pass };
    if !seen.method.idempotent || first.status().code != Code::Ok {
        return Verdict::Pass;
    }
    for (again, time) in [(second, "second"), (seen.exchange, "third")] {
        let code = again.status().code;
        if !matches!(code, Code::Ok | Code::NotFound | Code::Unavailable | Code::ResourceExhausted) {
            let message = format!("the same request was answered with OK, and the {time} time with {code}");
            return fail(code.name(), message);
        }
    }
    match compare::grown(seen.method, [first, second, seen.exchange]) {
        Some(what) => fail("GROWS", format!("each repetition of the same request had an effect: {what}")),
        None => Verdict::Pass,
    }
}
