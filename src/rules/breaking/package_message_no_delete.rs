//! PACKAGE_MESSAGE_NO_DELETE.

use super::category::Category::Package;
use super::declaration::gone_from_package;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "PACKAGE_MESSAGE_NO_DELETE",
        "A message is not deleted from its package.",
        "It may move to another file of the package: in most languages its generated name stays the \
         same. A package that is gone as a whole is another question (PACKAGE_NO_DELETE). buf misses the \
         last one of a package; this rule does not.",
    ),
    categories: &[Package],
    check: Check::GoneFromPackage(Kind::Message, gone_from_package),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\nmessage N {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn moving_inside_the_package_is_fine() {
        says(
            &super::RULE,
            "message A { message B {} }",
            "message A {}",
            &["2:1-2:13: message `A.B` was deleted from package ``; 2:13-2:25: it was here"],
        );
    }
}
