//! FILE_SAME_SYNTAX.

use prost_reflect::{FileDescriptor, Syntax};

use super::category::Category::{Csr, File, Package};
use super::element::{Spot, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FILE_SAME_SYNTAX",
        "A file keeps its syntax.",
        "proto2 and proto3 differ in presence, defaults, closed enums and UTF-8 checks, and so does generated \
         code. A file that does not say is proto2.",
    ),
    categories: &[File, Package, Csr],
    check: Check::FilePair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\n")],
        new: &[("a.proto", "syntax = \"proto3\";\n")],
    },
};

fn check(old: &FileDescriptor, new: &FileDescriptor, findings: &mut Findings) {
    let (was, is) = (old.syntax(), new.syntax());
    if was != is {
        let word = |syntax| if syntax == Syntax::Proto3 { "proto3" } else { "proto2" };
        let (was, is) = (word(was), word(is));
        findings
            .add(Spot::part(new, token::SYNTAX), format!("file changed syntax from {was} to {is}"))
            .was(Spot::part(old, token::SYNTAX), format!("it was {was} here"))
            .help(format!("write `syntax = \"{was}\";`"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_file_that_does_not_say_is_proto2() {
        says(&super::RULE, "syntax = \"proto2\";", "syntax = \"proto2\"; message M {}", &[]);
        super::super::tests::says_of_files(
            &super::RULE,
            &[("a.proto", "")],
            &[("a.proto", " syntax = \"proto3\";")],
            &["1:2-1:20: file changed syntax from proto2 to proto3; a.proto: it was proto2 here"],
        );
    }
}
