//! RUST_TRAIT_SAME_METHODS.

use super::category::Category;
use super::element::Element;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, own};
use super::rust::{ItemKind, Surface};

pub static RULE: Rule = Rule {
    info: own(
        "RUST_TRAIT_SAME_METHODS",
        "The trait of a service keeps its methods and gets no others.",
        "tonic makes a trait of each service, with a method for each rpc and without bodies: a server that implements it \
         does not compile when there is one more, and neither do servers and clients when one is gone or takes \
         something else.",
    ),
    categories: &[Category::Rust],
    check: Check::Surfaces(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {}\nservice S {}\n")],
        new: &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage M {}\nservice S {\n  rpc Get(M) returns (M);\n}\n",
        )],
    },
};

fn check(old: &Surface, new: &Surface, findings: &mut Findings) {
    let source_only = || Err("only code that implements or calls it minds".to_owned());
    let help = "raise the version of the crate that servers are built on";
    for (path, old, new) in old.pairs(new, ItemKind::Trait) {
        for (name, was) in &old.members {
            let (spot, message) = match new.members.get(name) {
                None => (new.home.whole(), format!("trait `{path}` has no method `{name}` any more")),
                Some(is) if is.r#type != was.r#type => {
                    let message = format!(
                        "method `{name}` of trait `{path}` was `{}` and is `{}` now",
                        was.r#type, is.r#type
                    );
                    (is.home.whole(), message)
                }
                Some(_) => continue,
            };
            let said = findings.add(spot, message).was(was.home.whole(), "it was made of this");
            said.witness(source_only()).help(help);
        }
        for (name, added) in new.members.iter().filter(|(name, _)| !old.members.contains_key(*name)) {
            findings
                .add(added.home.whole(), format!("trait `{path}` has a method `{name}` more"))
                .was(old.home.whole(), "it was without it here")
                .witness(source_only())
                .help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;
    use super::RULE;

    #[test]
    fn servers_implement_all_methods_and_no_others() {
        says(
            &RULE,
            "message M {} message N {} service S { rpc A(M) returns (M); rpc B(M) returns (M); }",
            "message M {} message N {} service S { rpc A(M) returns (stream M); rpc C(M) returns (M); }",
            &[
                "2:27-2:91: trait `s_server::S` has no method `b` any more; 2:61-2:82: it was made of this",
                "2:39-2:67: method `a` of trait `s_server::S` was `(M) -> M` and is `(M) -> Streaming<M>` now; \
                 2:39-2:60: it was made of this",
                "2:68-2:89: trait `s_server::S` has a method `c` more; 2:27-2:84: it was without it here",
            ],
        );
        says(
            &RULE,
            "message M {} service S { rpc GetURL(M) returns (M); }",
            "message M {} service S { rpc GetUrl(M) returns (M); }",
            &[],
        );
    }
}
