//! ENUM_VALUE_NO_DELETE.

use prost_reflect::EnumDescriptor;

use super::category::Category::{Csr, File, Package};
use super::element::{Element, Number};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_VALUE_NO_DELETE",
        "An enum value is not deleted.",
        "Code that names the value stops compiling, and peers that send it are no longer understood. A value \
         is known by its number: deleting one of two aliases is another question (ENUM_VALUE_SAME_NAME), and \
         reserving the number does not make this rule silent.",
    ),
    categories: &[File, Package, Csr],
    check: Check::NumberGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n}\n")],
    },
};

fn check(gone: &Number, new: &EnumDescriptor, findings: &mut Findings) {
    deleted(gone, new, "", findings);
}

/// Says that a number of an enum has no value any more.
pub(super) fn deleted(gone: &Number, new: &EnumDescriptor, without: &str, findings: &mut Findings) {
    let (number, names) = (gone.number(), gone.quoted_names());
    let mut said = findings
        .add(new.whole(), format!("value {number} ({names}) of enum `{}` was deleted{without}", new.name()));
    for value in gone.values {
        said = said.was(value.whole(), format!("it was `{}` here", value.name()));
    }
    let reserve: Vec<String> = gone.names().iter().map(|name| format!("\"{name}\"")).collect();
    said.help(format!(
        "keep it with `[deprecated = true]`; if it has to go, write `reserved {number}; reserved {};`",
        reserve.join(", ")
    ));
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_number_without_a_value_is_shown_at_the_enum() {
        says(
            &super::RULE,
            "enum E { option allow_alias = true; A = 0; B = -2; C = -2; D = 4; }",
            "enum E { A = 0; B = 4; reserved -2; }",
            &["2:1-2:38: value -2 (`B`, `C`) of enum `E` was deleted; 2:44-2:51: it was `B` here; \
               2:52-2:59: it was `C` here"],
        );
    }

    #[test]
    fn one_of_two_aliases_may_go_and_values_may_come() {
        says(
            &super::RULE,
            "enum E { option allow_alias = true; A = 0; B = 0; }",
            "enum E { B = 0; C = 1; }",
            &[],
        );
    }
}
