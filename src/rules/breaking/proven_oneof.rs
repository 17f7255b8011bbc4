//! PROVEN_ONEOF.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_ONEOF",
        "Fields that could be set together still can.",
        "A reader that knows two fields as members of one oneof keeps the last it meets and drops the \
         other; a reader of JSON refuses both. Moving a single field into a oneof of its own breaks \
         nobody.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  optional int32 a = 1;\n  optional int32 b = 2;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  oneof x {\n    int32 a = 1;\n    int32 b = 2;\n  }\n}\n",
        )],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Oneof && it.is_break() {
        say(it, "leave the fields where they were, and add new ones to the oneof", findings);
    }
}
