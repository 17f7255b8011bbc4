//! RUST_NAME_COLLISION.

use super::category::Category;
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::Surface;

pub static RULE: Rule = Rule {
    info: own(
        "RUST_NAME_COLLISION",
        "No two names become one in Rust.",
        "prost writes types in `UpperCamelCase` and fields in `snake_case`: messages `HTTP` and `Http`, fields `fooBar` \
         and `foo_bar`, values `E_A` and `A` of an enum `E` are one name each, and generated code that declares it twice \
         does not compile. What collided before is not told again.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage HTTP {}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage HTTP {}\nmessage Http {}\n")],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    for (path, first, second) in &new.twice {
        if old.twice.iter().any(|(known, _, _)| known == path) {
            continue;
        }
        findings
            .add(second.whole(), format!("`{path}` is declared twice in Rust"))
            .see(first.whole(), "the other one is made of this")
            .witness(Err("the generated code does not compile".to_owned()))
            .help("give one of them a name that differs in more than case and underscores");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    #[test]
    fn case_and_underscores_do_not_tell_names_apart() {
        says(
            &RULE,
            "message HTTP {}",
            "message HTTP {} enum Http { Z = 0; }",
            &["2:17-2:37: `Http` is declared twice in Rust; 2:1-2:16: the other one is made of this"],
        );
        says(
            &RULE,
            "message M { int32 a_b = 1; }",
            "message M { int32 a_b = 1; oneof aB { int32 c = 2; } }",
            &["2:28-2:53: `M::a_b` is declared twice in Rust; 2:13-2:27: the other one is made of this"],
        );
        says(&RULE, "message A {} enum a { Z = 0; }", "message A {} enum a { Z = 0; } message B {}", &[]);
    }
}
