//! PROVEN_JSON_VALUE.

use super::category::Category::Proven;
use super::findings::Findings;
use super::proven::{ours, say};
use super::rule::{Check, Example, Rule};
use crate::rules::witness::{Difference, Nature};

pub static RULE: Rule = Rule {
    info: ours(
        "PROVEN_JSON_VALUE",
        "What one side writes into a field the other reads from its ProtoJSON.",
        "The bytes keep their meaning, but the JSON does not: another key, or another form of the \
         value. Who speaks gRPC in its binary encoding only can leave this rule out.",
    ),
    categories: &[Proven],
    check: Check::Shown(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 b = 1;\n}\n")],
    },
};

fn check(it: &Difference, findings: &mut Findings) {
    if it.nature == Nature::Json && it.is_break() {
        say(it, "keep the key with `json_name`, or leave the field as it was and add a new one", findings);
    }
}
