//! ONEOF_NO_DELETE.

use prost_reflect::{MessageDescriptor, OneofDescriptor};

use super::category::Category::{Csr, File, Package};
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "ONEOF_NO_DELETE",
        "A oneof is not deleted.",
        "Generated code has a type of its own for every oneof, known by its name. Renaming it deletes \
         it. The oneof that proto3 makes for an `optional` field does not count.",
    ),
    categories: &[File, Package, Csr],
    check: Check::OneofGone(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  oneof x {\n    int32 a = 1;\n  }\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  reserved 1;\n}\n")],
    },
};

fn check(gone: &OneofDescriptor, message: &MessageDescriptor, findings: &mut Findings) {
    if !gone.is_synthetic() {
        findings
            .add(
                message.whole(),
                format!("oneof `{}` of message `{}` was deleted", gone.name(), message.name()),
            )
            .was(gone.whole(), "it was here")
            .help("keep it, with its name and its fields");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn renaming_deletes_and_proto3_optional_does_not_count() {
        says(
            &super::RULE,
            "message M { oneof x { int32 a = 1; } optional int32 b = 2; }",
            "message M { oneof y { int32 a = 1; } int32 b = 2; }",
            &["2:1-2:52: oneof `x` of message `M` was deleted; 2:13-2:37: it was here"],
        );
    }
}
