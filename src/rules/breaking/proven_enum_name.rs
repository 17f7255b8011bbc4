//! PROVEN_ENUM_NAME.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_ENUM_NAME",
        "A value of an enum keeps its name in ProtoJSON.",
        "JSON has the name of a value, and of several names for a number the one that is declared \
         first. A reader does not find a name that it does not declare, and drops the value. Aliases \
         that change places are read alike by whoever has the schema, and look like another value to \
         whoever has not.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  E e = 1;\n}\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {\n  E e = 1;\n}\nenum E {\n  ZERO = 0;\n  UNO = 1;\n}\n",
        )],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::EnumName && it.is_break() {
        say(it, "keep the old name, and keep it first", findings);
    }
}
