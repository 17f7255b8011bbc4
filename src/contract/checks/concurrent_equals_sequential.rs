//! Whether calls at once are answered like calls one after the other.

use super::super::compare;
use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG129",
        name: "concurrent_equals_sequential",
        summary: "A NO_SIDE_EFFECTS method answers several calls at once as it answers one.",
        explain: "State that handlers share without care shows only under load: one caller gets another's \
                  buffer, or half of an update.\n\n\
                  Look for module-level variables, shared builders and connections without a pool. In Rust for \
                  `unsafe` and for locks taken twice; in Go run the race detector; in Python and Java for \
                  mutable fields of the servicer.",
        url: Some("https://protobuf.dev/reference/protobuf/google.protobuf/#method-options"),
    },
    applies: &[Class::Parallel],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [alone, after] = seen.base else { return Verdict::Pass };
    let all = [alone, after, seen.exchange];
    if !seen.method.reads
        || !all.into_iter().all(ended)
        || compare::difference(seen.method, alone, after).is_some()
    {
        return Verdict::Pass;
    }
    match compare::difference(seen.method, alone, seen.exchange) {
        Some(what) => fail("CHANGED", format!("one of several calls at once was answered otherwise: {what}")),
        None => Verdict::Pass,
    }
}
