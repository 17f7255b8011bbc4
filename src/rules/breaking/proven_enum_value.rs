//! PROVEN_ENUM_VALUE.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_ENUM_VALUE",
        "What one side writes as a value of an enum the other reads as that value.",
        "A name that has another number means something else to each side. A closed enum (of a proto2 \
         file) drops numbers that it does not declare, so that a new value is lost at old readers, and \
         where the field is required they refuse the message. New values of open enums are kept: \
         nothing is said about them.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional E e = 1;\n}\nenum E {\n  ZERO = 0;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  optional E e = 1;\n}\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n",
        )],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::EnumValue && it.is_break() {
        say(
            it,
            "leave numbers as they are; before a closed enum gets a value, readers have to know it",
            findings,
        );
    }
}
