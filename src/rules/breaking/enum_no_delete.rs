//! ENUM_NO_DELETE.

use super::category::Category::{Csr, File};
use super::declaration::gone_from_file;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ENUM_NO_DELETE",
        "An enum is not deleted from its file.",
        "Whoever uses the enum stops compiling. Moving it to another file counts, because others import \
         it from this one; moving it is fine in the category PACKAGE.",
    ),
    categories: &[File, Csr],
    check: Check::GoneFromFile(Kind::Enum, gone_from_file),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum D {\n  A = 0;\n}\nenum E {\n  Z = 0;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum D {\n  A = 0;\n}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_nearest_message_around_it_is_shown() {
        says(
            &super::RULE,
            "message A { enum E { Z = 0; } }\nenum F { Y = 0; }",
            "message A {}",
            &[
                "a.proto: enum `F` was deleted from the file; 3:1-3:18: it was here",
                "2:1-2:13: enum `A.E` was deleted from the file; 2:13-2:30: it was here",
            ],
        );
    }
}
