//! Whether a read says the same twice.

use super::super::compare;
use super::{Check, Class, Level, Seen, Verdict, ended, fail};
use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG127",
        name: "deterministic_read",
        summary: "A NO_SIDE_EFFECTS method answers the same request alike, with nothing written between.",
        explain: "The schema declares that the method changes nothing, so that caches and retries may repeat \
                  it. An answer that changes means that reading writes, that the order of a list is left to \
                  chance, or that replicas disagree.\n\n\
                  Sort lists by a key that is unique; do not answer from iteration over a hash map (Rust's and \
                  Go's are random on purpose, Java's and Python's sets are not stable); keep counters of reads \
                  elsewhere. A field that rightly changes belongs into another method, or is `volatile` in the contract.",
        url: Some("https://protobuf.dev/reference/protobuf/google.protobuf/#method-options"),
    },
    applies: &[Class::Repeat],
    level: Level::On,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    let [first] = seen.base else { return Verdict::Pass };
    if !seen.method.reads || ![first, seen.exchange].into_iter().all(ended) {
        return Verdict::Pass;
    }
    match compare::difference(seen.method, first, seen.exchange) {
        Some(what) => {
            fail("CHANGED", format!("the same request was answered otherwise the second time: {what}"))
        }
        None => Verdict::Pass,
    }
}
