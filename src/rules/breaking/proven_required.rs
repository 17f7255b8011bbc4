//! PROVEN_REQUIRED.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_REQUIRED",
        "No message is refused because a required field is missing.",
        "A reader refuses a message without a required field. A field that becomes required, or comes \
         required, breaks every writer that leaves it out; one that is required no longer, or is gone, \
         breaks the readers of before.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {}\n")],
        new: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  required int32 a = 1;\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Required && it.is_break() {
        say(it, "a field that is required stays so for ever, and new ones are `optional`", findings);
    }
}
