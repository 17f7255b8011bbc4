//! FIELD_SAME_NAME.

use super::category::Category::{Csr, File, Package, WireJson};
use super::element::{Element, Field, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_NAME",
        "A field keeps its name.",
        "Generated code and JSON know a field by its name; only the binary encoding knows it by its number. \
         Keeping the `json_name` saves JSON, not the code.",
    ),
    categories: &[File, Package, WireJson, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1 [json_name = \"a\"];\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 b = 1 [json_name = \"a\"];\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (was, is) = (old.name(), new.name());
    if was != is {
        let message = format!("{} of {} changed name from `{was}` to `{is}`", new.numbered(), new.home());
        findings
            .add(new.token(token::FIELD_NAME), message)
            .was(old.token(token::FIELD_NAME), format!("it was `{was}` here"))
            .help(format!("call it `{was}` again, or add `{is}` under a new number"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_name_is_shown() {
        says(
            &super::RULE,
            "message M { int32 a = 1; int32 x = 2; }",
            "message M { int32 x = 3; repeated M bc = 1; }",
            &["2:37-2:39: field 1 of message `M` changed name from `a` to `bc`; 2:19-2:20: it was `a` here"],
        );
    }

    #[test]
    fn an_extension_is_known_by_its_full_name() {
        let file = |scope: &str| {
            format!(
                "syntax = \"proto2\"; message M {{ extensions 1; }}\nmessage {scope} {{ extend M {{ optional int32 e = 1; }} }}"
            )
        };
        says(
            &super::RULE,
            &file("A"),
            &file("B"),
            &["2:39-2:40: extension 1 of message `M` changed name from `A.e` to `B.e`; \
               2:39-2:40: it was `A.e` here"],
        );
    }
}
