//! PROVEN_PRESENCE.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_PRESENCE",
        "A field that tells unset from its default still does.",
        "Old writers set the field to its default on purpose, and new readers can no longer tell that \
         from a field that was not set: a patch that sets a number to 0 does nothing. The other way is \
         harmless: who never heard of presence misses nothing.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  optional int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Presence && it.is_break() {
        say(it, "keep `optional`", findings);
    }
}
