//! MESSAGE_NO_DELETE.

use super::category::Category::{Csr, File};
use super::declaration::gone_from_file;
use super::element::Kind;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "MESSAGE_NO_DELETE",
        "A message is not deleted from its file.",
        "Whoever uses the message stops compiling, and `google.protobuf.Any` no longer finds it by its \
         name. Moving it to another file counts, because others import it from this one; moving it is fine \
         in the category PACKAGE. The message that a map field generates does not count: nobody wrote it.",
    ),
    categories: &[File, Csr],
    check: Check::GoneFromFile(Kind::Message, gone_from_file),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\nmessage N {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\n")],
    },
};

#[cfg(test)]
mod tests {
    use super::super::tests::{says, says_of_files};

    #[test]
    fn the_nearest_message_around_it_is_shown() {
        says(
            &super::RULE,
            "message A { message B { message C {} } message D {} }",
            "message A { }",
            &[
                "2:1-2:14: message `A.B.C` was deleted from the file; 2:25-2:37: it was here",
                "2:1-2:14: message `A.B` was deleted from the file; 2:13-2:39: it was here",
                "2:1-2:14: message `A.D` was deleted from the file; 2:40-2:52: it was here",
            ],
        );
        says(
            &super::RULE,
            "message M {}",
            "",
            &["a.proto: message `M` was deleted from the file; 2:1-2:13: it was here"],
        );
    }

    #[test]
    fn the_name_inside_the_package_counts_and_other_files_do_not() {
        let file = |package: &str, rest: &str| format!("syntax = \"proto3\"; package {package}; {rest}");
        let (here, there) = (file("p", "message M {}"), file("p", ""));
        says(&super::RULE, &here, &file("q", "message M {}"), &[]);
        says_of_files(
            &super::RULE,
            &[("a.proto", &here), ("b.proto", &there)],
            &[("a.proto", &there), ("b.proto", &here)],
            &["a.proto: message `M` was deleted from the file; 1:31-1:43: it was here"],
        );
        says_of_files(&super::RULE, &[("a.proto", &here)], &[("b.proto", &there)], &[]);
    }
}
