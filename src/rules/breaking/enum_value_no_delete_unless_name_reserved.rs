//! ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED.

use prost_reflect::EnumDescriptor;

use super::category::Category::{Csr, WireJson};
use super::element::Number;
use super::enum_value_no_delete::deleted;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        "An enum value is not deleted without reserving its names.",
        "JSON knows an enum value by its name. Without `reserved \"NAME\";` somebody will use the name \
         again for something else. Every alias of the number has to be reserved.",
    ),
    categories: &[WireJson, Csr],
    check: Check::NumberGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  reserved 1;\n  ZERO = 0;\n}\n")],
    },
};

fn check(gone: &Number, new: &EnumDescriptor, findings: &mut Findings) {
    let is_reserved = |name: &str| new.reserved_names().any(|it| it == name);
    if !gone.names().into_iter().all(is_reserved) {
        let word = if gone.values.len() > 1 { "names" } else { "name" };
        deleted(gone, new, &format!(" without reserving the {word} {}", gone.quoted_names()), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn every_alias_has_to_be_reserved() {
        says(
            &super::RULE,
            "enum E { option allow_alias = true; Z = 0; A = 1; B = 1; C = 2; }",
            "enum E { Z = 0; reserved \"A\", \"C\"; }",
            &[
                "2:1-2:37: value 1 (`A`, `B`) of enum `E` was deleted without reserving the names `A`, `B`; 2:44-2:50: it was `A` here; 2:51-2:57: it was `B` here",
            ],
        );
    }
}
