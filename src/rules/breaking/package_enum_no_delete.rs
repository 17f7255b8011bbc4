//! PACKAGE_ENUM_NO_DELETE.

use super::category::Category::Package;
use super::declaration::gone_from_package;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "PACKAGE_ENUM_NO_DELETE",
        "An enum is not deleted from its package.",
        "It may move to another file of the package: in most languages its generated name stays the \
         same. A package that is gone as a whole is another question (PACKAGE_NO_DELETE). buf misses the \
         last one of a package; this rule does not.",
    ),
    categories: &[Package],
    check: Check::GoneFromPackage(Kind::Enum, gone_from_package),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum D {\n  A = 0;\n}\nenum E {\n  Z = 0;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum D {\n  A = 0;\n}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_last_one_counts() {
        says(
            &super::RULE,
            "enum E { Z = 0; }",
            "message M {}",
            &["a.proto: enum `E` was deleted from package ``; 2:1-2:18: it was here"],
        );
    }
}
