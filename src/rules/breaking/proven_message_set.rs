//! PROVEN_MESSAGE_SET.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_MESSAGE_SET",
        "A message stays a MessageSet, or stays none.",
        "With `message_set_wire_format` the extensions of a message are written as items of a group, without it as \
         fields with their own numbers. A reader of one finds nothing in the bytes of the other.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  extensions 4 to max;\n}\n")],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  option message_set_wire_format = true;\n  extensions 4 to max;\n}\n",
        )],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::MessageSet && it.is_break() {
        say(it, "leave the option as it was", findings);
    }
}
