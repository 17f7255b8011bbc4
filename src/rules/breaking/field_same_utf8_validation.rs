//! FIELD_SAME_UTF8_VALIDATION.

use super::category::Category::{File, Package};
use super::element::{Element, Field};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use super::syntax::is_proto3;

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_UTF8_VALIDATION",
        "A string field keeps its UTF-8 check.",
        "proto3 refuses a string that is not UTF-8; proto2 lets it pass. Changing the syntax of a file \
         changes this for each of its string fields.",
    ),
    categories: &[File, Package],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional string a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  optional string a = 1;\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    if !(old.is_string() && new.is_string()) {
        return;
    }
    let mode = |field: &Field| if is_proto3(field) { "VERIFY" } else { "NONE" };
    let (was, is) = (mode(old), mode(new));
    if was != is {
        findings
            .add(new.whole(), format!("{} changed UTF-8 check from `{was}` to `{is}`", new.title()))
            .was(old.whole(), format!("it was `{was}` here"))
            .help("keep the syntax of the file");
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn every_string_field_of_the_file_changes() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { optional string a = 1; optional bytes b = 2; }",
            "message M { optional string a = 1; optional bytes b = 2; }",
            &[
                "2:13-2:35: field 1 `a` of message `M` changed UTF-8 check from `NONE` to `VERIFY`; 1:32-1:54: it was `NONE` here",
            ],
        );
    }
}
