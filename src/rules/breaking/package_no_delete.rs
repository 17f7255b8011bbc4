//! PACKAGE_NO_DELETE.

use super::category::Category::Package;
use super::element::{Spot, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use crate::schema::File;

pub static RULE: Rule = Rule {
    info: info(
        "PACKAGE_NO_DELETE",
        "A package is not deleted.",
        "At least one file has to stay in every package: its name is part of every type name and every \
         rpc path. Imported packages count as well, but not `google.protobuf`: it is still there.",
    ),
    categories: &[Package],
    check: Check::PackageGone(check),
    example: Example {
        old: &[
            ("a.proto", "syntax = \"proto3\";\npackage p;\n"),
            ("b.proto", "syntax = \"proto3\";\npackage q;\n"),
        ],
        new: &[
            ("a.proto", "syntax = \"proto3\";\npackage p;\n"),
            ("b.proto", "syntax = \"proto3\";\npackage p;\n"),
        ],
    },
};

fn check(gone: &str, files: &[&File], findings: &mut Findings) {
    let Some(first) = files.first() else { return };
    let mut said = findings.add_gone(first.descriptor(), format!("package `{gone}` was deleted"));
    for file in files {
        said = said.was(Spot::part(file.descriptor(), token::PACKAGE), "it was here");
    }
    said.help(format!("keep a file that says `package {gone};`; deprecate what is in it instead"));
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_renamed_package_is_a_deleted_one() {
        says(
            &super::RULE,
            "syntax = \"proto3\"; package p;",
            "syntax = \"proto3\"; package q;",
            &["a.proto: package `p` was deleted; 1:20-1:30: it was here"],
        );
    }
}
