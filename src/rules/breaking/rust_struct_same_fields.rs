//! RUST_STRUCT_SAME_FIELDS.

use super::category::Category;
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::{ItemKind, Surface};

pub static RULE: Rule = Rule {
    info: own(
        "RUST_STRUCT_SAME_FIELDS",
        "A struct keeps its fields and gets no others.",
        "The structs of prost have public fields. Code that reads one that is gone does not compile, and neither does \
         code that writes all of them out (`M { a: 1 }` without `..Default::default()`), or takes all of them apart, when \
         there is one more. A oneof is one field.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1;\n  int32 b = 2;\n}\n")],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    for (path, old, new) in old.pairs(new, ItemKind::Struct) {
        for (name, gone) in old.members.iter().filter(|(name, _)| !new.members.contains_key(*name)) {
            findings
                .add(new.home.whole(), format!("struct `{path}` has no field `{name}` any more"))
                .was(gone.home.whole(), "it was made of this")
                .witness(Err("only code that names it minds".to_owned()))
                .help("keep it, or raise the major version of the crate");
        }
        for (name, added) in new.members.iter().filter(|(name, _)| !old.members.contains_key(*name)) {
            findings
                .add(added.home.whole(), format!("struct `{path}` has a field `{name}` more"))
                .was(old.home.whole(), "it was without it here")
                .witness(Err("only code that writes all fields out minds".to_owned()))
                .help("ask callers to write `..Default::default()`, or raise the version of the crate");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    #[test]
    fn fields_are_known_by_their_names_in_rust() {
        says(
            &RULE,
            "message M { int32 aB = 1; int32 c = 2; oneof o { int32 x = 3; } }",
            "message M { int32 a_b = 1; int32 d = 2; oneof o { int32 x = 3; int32 y = 4; } }",
            &[
                "2:1-2:80: struct `M` has no field `c` any more; 2:27-2:39: it was made of this",
                "2:28-2:40: struct `M` has a field `d` more; 2:1-2:66: it was without it here",
            ],
        );
    }
}
