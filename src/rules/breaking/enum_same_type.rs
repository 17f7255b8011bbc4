//! ENUM_SAME_TYPE.

use prost_reflect::EnumDescriptor;

use super::category::Category::{File, Package};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use super::syntax::is_proto3;

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_SAME_TYPE",
        "An enum stays open or closed.",
        "An open enum (proto3) keeps numbers it does not know. A closed one (proto2) puts them among the \
         unknown fields and reads as its default. Code that meets such a number behaves differently.",
    ),
    categories: &[File, Package],
    check: Check::EnumPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nenum E {\n  ZERO = 0;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n}\n")],
    },
};

fn check(old: &EnumDescriptor, new: &EnumDescriptor, findings: &mut Findings) {
    let state = |it: &EnumDescriptor| if is_proto3(it) { "open" } else { "closed" };
    let (was, is) = (state(old), state(new));
    if was != is {
        findings
            .add(new.whole(), format!("enum `{}` changed from {was} to {is}", new.name()))
            .was(old.whole(), format!("it was {was} here"))
            .help("keep the syntax of the file it is in");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn both_directions_count() {
        says(
            &super::RULE,
            "enum E { Z = 0; }",
            "syntax = \"proto2\"; enum E { Z = 0; }",
            &["1:20-1:37: enum `E` changed from open to closed; 2:1-2:18: it was open here"],
        );
    }
}
