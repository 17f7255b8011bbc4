//! PROVEN_DELETED.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_DELETED",
        "What goes away was announced and is never used again.",
        "Old writers still write the field or value, and nobody hears them. That is not said of a field \
         that was deprecated and whose number and name are reserved now, and not of an enum value whose \
         number and name are reserved: those who had to know were told.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if matches!(it.nature, Nature::Deleted { .. } | Nature::EnumDeleted { .. }) && it.is_break() {
        say(it, "deprecate it first; when it goes, reserve its number and its name", findings);
    }
}
