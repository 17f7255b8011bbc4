//! PROVEN_DEFAULT.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_DEFAULT",
        "A field that is absent has the same value on both sides.",
        "A field that holds its default is not written, so each side fills in its own. The default of a \
         closed enum is its first value, whatever its number.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 1];\n}\n")],
        new: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 2];\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Default && it.is_break() {
        say(it, "put the default back; code can fill in another one", findings);
    }
}
