//! ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED.

use prost_reflect::EnumDescriptor;

use super::category::Category::{Csr, Wire, WireJson};
use super::element::Number;
use super::enum_value_no_delete::deleted;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "An enum value is not deleted without reserving its number.",
        "The binary encoding knows an enum value by its number. Without `reserved 1;` somebody will use \
         the number again for something else.",
    ),
    categories: &[WireJson, Wire, Csr],
    check: Check::NumberGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  reserved \"ONE\";\n  ZERO = 0;\n}\n")],
    },
};

fn check(gone: &Number, new: &EnumDescriptor, findings: &mut Findings) {
    if !new.reserved_ranges().any(|range| range.contains(&gone.number())) {
        deleted(gone, new, &format!(" without reserving the number {}", gone.number()), findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn only_the_reserved_number_helps() {
        says(
            &super::RULE,
            "enum E { Z = 0; A = 1; B = -1; C = 9; }",
            "enum E { Z = 0; reserved \"A\"; reserved -3 to -1, 5 to max; }",
            &[
                "2:1-2:61: value 1 (`A`) of enum `E` was deleted without reserving the number 1; 2:17-2:23: it was `A` here",
            ],
        );
    }
}
