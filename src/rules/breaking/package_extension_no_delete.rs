//! PACKAGE_EXTENSION_NO_DELETE.

use super::category::Category::Package;
use super::declaration::gone_from_package;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "PACKAGE_EXTENSION_NO_DELETE",
        "An extension is not deleted from its package.",
        "It may move to another file of the package: in most languages its generated name stays the \
         same. A package that is gone as a whole is another question (PACKAGE_NO_DELETE). buf misses the \
         last one of a package; this rule does not.",
    ),
    categories: &[Package],
    check: Check::GoneFromPackage(Kind::Extension, gone_from_package),
    example: Example {
        old: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  extensions 1 to 9;\n}\nextend M {\n  optional int32 d = 1;\n  optional int32 e = 2;\n}\n",
        )],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\nmessage M {\n  extensions 1 to 9;\n}\nextend M {\n  optional int32 d = 1;\n}\n",
        )],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_last_one_counts() {
        says(
            &super::RULE,
            "syntax = \"proto2\";\nmessage M { extensions 1 to 9; extend M { optional int32 e = 1; } }",
            "syntax = \"proto2\";\nmessage M { extensions 1 to 9; }",
            &["2:1-2:33: extension `M.e` was deleted from package ``; 2:43-2:64: it was here"],
        );
    }
}
