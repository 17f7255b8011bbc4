//! PROVEN_UTF8.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_UTF8",
        "A string that was read is still read.",
        "Strings of proto2 may hold bytes that are no UTF-8, and those of proto3 may not: a reader \
         refuses the whole message.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional string a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  optional string a = 1;\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Utf8 && it.is_break() {
        say(
            it,
            "make sure that every writer writes UTF-8 before you move the message to proto3, or make the field `bytes`",
            findings,
        );
    }
}
