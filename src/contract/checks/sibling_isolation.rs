//! Whether one slow reader keeps others waiting.

use super::super::streams::UNREAD;
use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{client::End, diag::RuleInfo};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG136",
        name: "sibling_isolation",
        summary: "A stream that is not read delays no other call.",
        explain: "One phone in a tunnel must not stop the service for everyone. A lock that is held while a \
                  message is sent does exactly that.\n\n\
                  Collect what you need under the lock, release it, then send. In Rust do not hold a guard \
                  across `.await`; in Go do not call `stream.Send` under a mutex; in Python and Java do not \
                  write to the stream inside `with lock` or `synchronized`.",
        url: Some("https://grpc.io/docs/guides/flow-control/"),
    },
    applies: &[Class::Backpressure],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [alone, meanwhile] = seen.base else { return Verdict::Pass };
    let blocked = meanwhile.elapsed > UNREAD.mul_f64(0.6) || meanwhile.end == End::Hang;
    if ended(alone) && alone.elapsed < UNREAD / 10 && blocked {
        let message = format!(
            "another call took {:?} while the response was not read, and {:?} before",
            meanwhile.elapsed, alone.elapsed
        );
        return fail("BLOCKED", message);
    }
    Verdict::Pass
}
