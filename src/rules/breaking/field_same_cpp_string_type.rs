//! FIELD_SAME_CPP_STRING_TYPE.

use prost_types::field_descriptor_proto::Type;
use prost_types::field_options::CType;

use super::category::Category::{File, Package};
use super::element::{Element, Field, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_CPP_STRING_TYPE",
        "A string or bytes field keeps its C++ type.",
        "`ctype` decides whether C++ code sees a `std::string`, a `Cord` or a `StringPiece`. Going from \
         `StringPiece` to `std::string` is fine.",
    ),
    categories: &[File, Package],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  string a = 1;\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  string a = 1 [ctype = CORD];\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (Some(was), Some(is)) = (ctype(old), ctype(new)) else { return };
    if was != is && (was, is) != (CType::StringPiece, CType::String) {
        let (was, is) = (was.as_str_name(), is.as_str_name());
        findings
            .add(
                new.token(token::FIELD_CTYPE),
                format!("{} changed C++ type from `{was}` to `{is}`", new.title()),
            )
            .was(old.token(token::FIELD_CTYPE), format!("it was `{was}` here"))
            .help(format!("write `[ctype = {was}]`"));
    }
}

/// What C++ makes of strings and bytes; nothing for other types. Map entries have no options.
fn ctype(field: &Field) -> Option<CType> {
    let field = field.proto();
    let is_text = matches!(field.r#type(), Type::String | Type::Bytes);
    is_text.then(|| field.options.as_ref().map_or_else(Default::default, |it| it.ctype()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn from_string_piece_to_string_is_fine() {
        says(
            &super::RULE,
            "message M { string a = 1 [ctype = STRING_PIECE]; bytes b = 2 [ctype = CORD]; }",
            "message M { string a = 1; bytes b = 2; }",
            &[
                "2:27-2:39: field 2 `b` of message `M` changed C++ type from `CORD` to `STRING`; 2:63-2:75: it was `CORD` here",
            ],
        );
    }
}
