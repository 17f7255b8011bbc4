//! Whether a cancelled call leaves the method as it was.

use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::{
    client::{Code, End},
    diag::RuleInfo,
};

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG131",
        name: "cancel_survives",
        summary: "After a cancelled call the next one is answered as before.",
        explain: "A client may go away at any moment. A lock that is never released, a transaction left open \
                  or a task that panics on a closed channel then hits the next caller.\n\n\
                  Release what a handler holds in its destructor: RAII in Rust, `defer` in Go, `finally` in \
                  Python and Java; and do not treat a failed send to the client as a bug. \
                  What is still refused for want of room a second after the cancelled calls is a warning: a place \
                  they never gave back, or a limit of calls a minute.",
        url: Some("https://grpc.io/docs/guides/cancellation/"),
    },
    applies: &[Class::Cancel],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [before, _] = seen.base else { return Verdict::Pass };
    let after = seen.exchange;
    // Told to calm down after resets of our own making.
    if after.end == End::GoAway(11) || !ended(before) {
        return Verdict::Pass;
    }
    let status = after.status();
    let fault = !ended(after) || matches!(status.code, Code::Unknown | Code::Internal | Code::DataLoss);
    if fault && after.outcome() != before.outcome() {
        let (before, after) = (before.outcome(), after.outcome());
        return fail(&*after, format!("{before} before a cancelled call, {after} behind it"));
    }
    let is_busy = |code: Code| matches!(code, Code::ResourceExhausted | Code::Unavailable);
    if is_busy(status.code) && before.status().code == Code::Ok {
        // A limit of calls a second has let go by now; one a minute has not, and the two look the same.
        let message =
            format!("OK before cancelled calls, {} behind them, a second later as well", status.code);
        return Verdict::Doubt { cause: "KEPT".to_owned(), message };
    }
    Verdict::Pass
}
