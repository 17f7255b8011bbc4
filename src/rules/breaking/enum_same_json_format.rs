//! ENUM_SAME_JSON_FORMAT.

use prost_reflect::EnumDescriptor;

use super::category::Category::{Csr, File, Package, WireJson};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use super::syntax::json_is_checked;

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_SAME_JSON_FORMAT",
        "An enum keeps its JSON support.",
        "proto3 promises JSON for everything it accepts. proto2 does so only as far as it goes: two \
         fields may have the same JSON name there, for one. Going from proto3 to proto2 loses the \
         promise.",
    ),
    categories: &[File, Package, WireJson, Csr],
    check: Check::EnumPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n}\n")],
        new: &[("a.proto", "syntax = \"proto2\";\nenum E {\n  ZERO = 0;\n}\n")],
    },
};

fn check(old: &EnumDescriptor, new: &EnumDescriptor, findings: &mut Findings) {
    if json_is_checked(old) && !json_is_checked(new) {
        findings
            .add(new.whole(), format!("enum `{}` changed JSON support from full to best effort", new.name()))
            .was(old.whole(), "it was full here")
            .help("keep `syntax = \"proto3\";`");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn only_going_to_proto2_counts() {
        says(
            &super::RULE,
            "enum M { Z = 0; }",
            "syntax = \"proto2\"; enum M { Z = 0; }",
            &[
                "1:20-1:37: enum `M` changed JSON support from full to best effort; 2:1-2:18: it was full here",
            ],
        );
    }

    #[test]
    fn going_to_proto3_does_not() {
        says(&super::RULE, "syntax = \"proto2\"; enum M { Z = 0; }", "enum M { Z = 0; }", &[]);
    }
}
