//! FIELD_SAME_JSON_NAME.

use super::category::Category::{Csr, File, Package, WireJson};
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_JSON_NAME",
        "A field keeps its JSON name.",
        "JSON knows a field by it: the `json_name` option, or the name in lowerCamelCase without one. \
         Extensions have no JSON name of their own.",
    ),
    categories: &[File, Package, WireJson, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1 [json_name = \"x\"];\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a = 1 [json_name = \"y\"];\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (was, is) = (old.json_name(), new.json_name());
    if was != is && !old.is_extension() {
        findings
            .add(new.json_name_spot(), format!("{} changed JSON name from `{was}` to `{is}`", new.title()))
            .was(old.json_name_spot(), format!("it was `{was}` here"))
            .help(format!("write `[json_name = \"{was}\"]`"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn derived_and_written_names_are_one() {
        says(
            &super::RULE,
            "message M { int32 a_b = 1; int32 c = 2; int32 d = 3 [json_name = \"d\"]; }",
            "message M { int32 aB = 1; int32 c = 2 [json_name = \"x\"]; int32 d = 3; }",
            &[
                "2:40-2:55: field 2 `c` of message `M` changed JSON name from `c` to `x`; 2:28-2:40: it was `c` here",
            ],
        );
    }
}
