//! FIELD_SAME_JAVA_UTF8_VALIDATION.

use super::category::Category::{File, Package};
use super::element::{Element, Field, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};
use super::syntax::is_proto3;

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_JAVA_UTF8_VALIDATION",
        "A string field keeps its UTF-8 check in Java.",
        "proto3 always checks; proto2 does with `option java_string_check_utf8 = true;`. The option \
         belongs to the file, and there is one finding for each of its string fields.",
    ),
    categories: &[File, Package],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional string a = 1;\n}\n")],
        new: &[(
            "a.proto",
            "syntax = \"proto2\";\noption java_string_check_utf8 = true;\nmessage M {\n  optional string a = 1;\n}\n",
        )],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    if !(old.is_string() && new.is_string()) {
        return;
    }
    let (was, is) = (mode(old), mode(new));
    if was != is {
        findings
            .add(
                new.part_of_file(token::FILE_JAVA_CHECK),
                format!("{} changed UTF-8 check in Java from `{was}` to `{is}`", new.title()),
            )
            .was(old.part_of_file(token::FILE_JAVA_CHECK), format!("it was `{was}` here"))
            .help("keep the syntax of the file and its option `java_string_check_utf8`");
    }
}

fn mode(field: &Field) -> &'static str {
    let file = field.file();
    let options = file.file_descriptor_proto().options.as_ref();
    let is_checked = is_proto3(field) || options.is_some_and(|it| it.java_string_check_utf8());
    if is_checked { "VERIFY" } else { "NONE" }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn the_option_is_shown() {
        says(
            &super::RULE,
            "syntax = \"proto2\"; message M { optional string a = 1; optional bytes b = 2; }",
            "syntax = \"proto2\"; option java_string_check_utf8 = true; message M { optional string a = 1; optional bytes b = 2; }",
            &[
                "1:20-1:57: field 1 `a` of message `M` changed UTF-8 check in Java from `NONE` to `VERIFY`; 1:32-1:54: it was `NONE` here",
            ],
        );
    }
}
