//! RUST_ENUM_SAME_VARIANTS.

use super::category::Category;
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::{ItemKind, Surface};

pub static RULE: Rule = Rule {
    info: own(
        "RUST_ENUM_SAME_VARIANTS",
        "An enum keeps its variants and gets no others.",
        "An enum and a oneof both become an enum of Rust. A `match` over all of its variants does not compile when there \
         is one more, and neither does code that names one that is gone. The variant of a value has its name without \
         that of the enum in front, and values that share a number share the variant of the first.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nenum E {\n  ZERO = 0;\n  ONE = 1;\n}\n")],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    for (path, old, new) in old.pairs(new, ItemKind::Enum) {
        for (name, gone) in old.members.iter().filter(|(name, _)| !new.members.contains_key(*name)) {
            findings
                .add(new.home.whole(), format!("enum `{path}` has no variant `{name}` any more"))
                .was(gone.home.whole(), "it was made of this")
                .witness(Err("only code that names it minds".to_owned()))
                .help("keep it, or raise the major version of the crate");
        }
        for (name, added) in new.members.iter().filter(|(name, _)| !old.members.contains_key(*name)) {
            findings
                .add(added.home.whole(), format!("enum `{path}` has a variant `{name}` more"))
                .was(old.home.whole(), "it was without it here")
                .witness(Err("only a `match` over all variants minds".to_owned()))
                .help("ask callers for an arm `_`, or raise the version of the crate");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    #[test]
    fn values_and_members_of_oneofs_are_variants() {
        says(
            &RULE,
            "message M { oneof o { int32 a = 1; } }",
            "message M { oneof o { int32 a = 1; int32 b = 2; } }",
            &["2:36-2:48: enum `m::O` has a variant `B` more; 2:13-2:37: it was without it here"],
        );
        says(
            &RULE,
            "enum E { E_ZERO = 0; E_ONE = 1; }",
            "enum E { ZERO = 0; E_UNO = 1; }",
            &[
                "2:1-2:32: enum `E` has no variant `One` any more; 2:22-2:32: it was made of this",
                "2:20-2:30: enum `E` has a variant `Uno` more; 2:1-2:34: it was without it here",
            ],
        );
        says(
            &RULE,
            "enum E { option allow_alias = true; A = 0; B = 1; C = 1; }",
            "enum E { option allow_alias = true; A = 0; B = 1; C = 1; D = 1; }",
            &[],
        );
    }
}
