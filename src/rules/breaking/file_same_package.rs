//! FILE_SAME_PACKAGE.

use prost_reflect::FileDescriptor;

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::{Spot, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FILE_SAME_PACKAGE",
        "A file keeps its package.",
        "The package is part of every type name, every rpc path and every `google.protobuf.Any`. What is in \
         the file is not compared any further: all of it has another name now.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::FilePair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\npackage p;\n")],
        new: &[("a.proto", "syntax = \"proto3\";\npackage q;\n")],
    },
};

fn check(old: &FileDescriptor, new: &FileDescriptor, findings: &mut Findings) {
    let (was, is) = (old.package_name(), new.package_name());
    if was != is {
        findings
            .add(Spot::part(new, token::PACKAGE), format!("file changed package from `{was}` to `{is}`"))
            .was(Spot::part(old, token::PACKAGE), format!("it was `{was}` here"))
            .help("leave the file as it was and put the new package into a new file");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn a_package_that_is_gone_leaves_no_place() {
        says(
            &super::RULE,
            "package p;",
            "",
            &["a.proto: file changed package from `p` to ``; 2:1-2:11: it was `p` here"],
        );
    }
}
