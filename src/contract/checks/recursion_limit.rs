//! Whether deep nesting can end the server.

use super::{Check, Class, DEAD, Level, Seen, Verdict, fail, left, unanswered};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG116",
        name: "recursion_limit",
        summary: "Messages inside messages end the call, never the server.",
        explain: "A parser that calls itself for each level runs out of stack, and the process is gone: a few \
                  hundred bytes are enough for that.\n\n\
                  Google's parsers stop at a depth of 100. In Rust keep prost's recursion limit on; in Go, \
                  Python and Java do not raise theirs (`SetRecursionLimit`, `setRecursionLimit`), and limit \
                  the depth of recursive code of your own.",
        url: Some("https://protobuf.dev/programming-guides/encoding/"),
    },
    applies: &[Class::Nesting],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    if !seen.alive {
        fail(DEAD, "the server answered no call after a nested message")
    } else if let Some(cause) = unanswered(seen) {
        left(seen, cause, format!("a nested message was left unanswered for {:?}", seen.deadline))
    } else {
        Verdict::Pass
    }
}
