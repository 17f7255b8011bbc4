//! PACKAGE_SERVICE_NO_DELETE.

use super::category::Category::Package;
use super::declaration::gone_from_package;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "PACKAGE_SERVICE_NO_DELETE",
        "A service is not deleted from its package.",
        "It may move to another file of the package: in most languages its generated name stays the \
         same. A package that is gone as a whole is another question (PACKAGE_NO_DELETE).",
    ),
    categories: &[Package],
    check: Check::GoneFromPackage(Kind::Service, gone_from_package),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nservice S {}\nservice T {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nservice S {}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_renamed_service_is_a_deleted_one() {
        says(
            &super::RULE,
            "service S {}",
            "service T {}",
            &["a.proto: service `S` was deleted from package ``; 2:1-2:13: it was here"],
        );
    }
}
