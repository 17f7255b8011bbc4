//! EXTENSION_NO_DELETE.

use super::category::Category::File;
use super::declaration::gone_from_file;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "EXTENSION_NO_DELETE",
        "An extension is not deleted from its file.",
        "Whoever sets or reads the extension stops compiling, and what old peers send in it becomes an \
         unknown field.",
    ),
    categories: &[File],
    check: Check::GoneFromFile(Kind::Extension, gone_from_file),
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
    fn its_scope_is_part_of_its_name() {
        says(
            &super::RULE,
            "syntax = \"proto2\";\nmessage M { extensions 1 to 9; extend M { optional int32 e = 1; } }",
            "syntax = \"proto2\";\nmessage M { extensions 1 to 9; }\nextend M { optional int32 e = 1; }",
            &["2:1-2:33: extension `M.e` was deleted from the file; 2:43-2:64: it was here"],
        );
    }
}
