//! PROVEN_BINARY_VALUE.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_BINARY_VALUE",
        "What one side writes into a field the other reads from its bytes.",
        "A value of the field is written under one schema and read under the other, and the reader has \
         something else: it was cut off, dropped, refused, or taken for another value. The witness has \
         the bytes.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int64 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Binary && it.is_break() {
        say(it, "leave the field as it was, and add a new one with a number of its own", findings);
    }
}
