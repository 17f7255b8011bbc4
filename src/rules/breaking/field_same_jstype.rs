//! FIELD_SAME_JSTYPE.

use prost_types::field_descriptor_proto::Type;
use prost_types::field_options::JsType;

use super::category::Category::{File, Package};
use super::element::{Element, Field, token};
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_JSTYPE",
        "A 64-bit integer field keeps its `jstype`.",
        "JavaScript code reads the field as a string or as a number, depending on it.",
    ),
    categories: &[File, Package],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int64 a = 1 [jstype = JS_STRING];\n}\n")],
        new: &[("a.proto", "syntax = \"proto3\";\nmessage M {\n  int64 a = 1 [jstype = JS_NUMBER];\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (Some(was), Some(is)) = (jstype(old), jstype(new)) else { return };
    if was != is {
        let (was, is) = (was.as_str_name(), is.as_str_name());
        findings
            .add(
                new.token(token::FIELD_JSTYPE),
                format!("{} changed jstype from `{was}` to `{is}`", new.title()),
            )
            .was(old.token(token::FIELD_JSTYPE), format!("it was `{was}` here"))
            .help(format!("write `[jstype = {was}]`"));
    }
}

/// What JavaScript makes of a 64-bit integer; nothing for other types.
fn jstype(field: &Field) -> Option<JsType> {
    let field = field.proto();
    let is_wide =
        matches!(field.r#type(), Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64);
    is_wide.then(|| field.options.as_ref().map_or_else(Default::default, |it| it.jstype()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[test]
    fn only_64_bit_integers_count() {
        says(
            &super::RULE,
            "message M { int64 a = 1; int32 b = 2; fixed64 c = 3 [jstype = JS_STRING]; }",
            "message M { sint64 a = 1 [jstype = JS_NORMAL]; int64 b = 2 [jstype = JS_STRING]; fixed64 c = 3; }",
            &[
                "2:82-2:96: field 3 `c` of message `M` changed jstype from `JS_STRING` to `JS_NORMAL`; 2:54-2:72: it was `JS_STRING` here",
            ],
        );
    }
}
