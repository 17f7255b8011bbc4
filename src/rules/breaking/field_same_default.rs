//! FIELD_SAME_DEFAULT.

use std::fmt;

use prost_reflect::{Kind, Value};

use super::category::Category::{Csr, File, Package, Wire, WireJson};
use super::element::Field;
use super::findings::Findings;
use super::rule::{Check, Example, Rule, info};

pub static RULE: Rule = Rule {
    info: info(
        "FIELD_SAME_DEFAULT",
        "A field keeps its default value.",
        "The default is not sent: each side puts in its own, and they no longer agree. The default of a \
         proto2 enum field without one is the first value of the enum, so reordering the enum changes it.",
    ),
    categories: &[File, Package, WireJson, Wire, Csr],
    check: Check::FieldPair(check),
    example: Example {
        old: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 1];\n}\n")],
        new: &[("a.proto", "syntax = \"proto2\";\nmessage M {\n  optional int32 a = 1 [default = 2];\n}\n")],
    },
};

fn check(old: &Field, new: &Field, findings: &mut Findings) {
    let (Some(was), Some(is)) = (Default::of(old), Default::of(new)) else { return };
    if was != is && !(was.is_zero() && is.is_zero()) {
        findings
            .add(new.default_spot(), format!("{} changed default from `{was}` to `{is}`", new.title()))
            .was(old.default_spot(), format!("it was `{was}` here"))
            .help(format!("write `[default = {was}]`"));
    }
}

/// The effective default of a field. Types may differ: FIELD_SAME_TYPE speaks about that.
enum Default {
    Text(Vec<u8>),
    /// Integers, booleans, and enums with the name of the value.
    Whole(i128, Option<String>),
    Float(f32),
    Double(f64),
}

impl Default {
    /// Nothing for what cannot have one: messages, lists, maps.
    fn of(field: &Field) -> Option<Default> {
        let enum_value = |number| match field.kind() {
            Kind::Enum(it) => it.get_value(number).map(|value| value.name().to_owned()),
            _ => None,
        };
        Some(match field.default_value() {
            Value::Bool(value) => Default::Whole(value.into(), None),
            Value::I32(value) => Default::Whole(value.into(), None),
            Value::I64(value) => Default::Whole(value.into(), None),
            Value::U32(value) => Default::Whole(value.into(), None),
            Value::U64(value) => Default::Whole(value.into(), None),
            Value::EnumNumber(value) => Default::Whole(value.into(), enum_value(value)),
            Value::F32(value) => Default::Float(value),
            Value::F64(value) => Default::Double(value),
            Value::String(value) => Default::Text(value.into()),
            Value::Bytes(value) => Default::Text(value.into()),
            Value::Message(_) | Value::List(_) | Value::Map(_) => return None,
        })
    }

    fn is_zero(&self) -> bool {
        match self {
            Default::Text(value) => value.is_empty(),
            Default::Whole(value, _) => *value == 0,
            Default::Float(value) => *value == 0.0,
            Default::Double(value) => *value == 0.0,
        }
    }
}

/// As buf compares: text with text, numbers by their exact value, but `float` with `double` as `float`.
impl PartialEq for Default {
    fn eq(&self, other: &Default) -> bool {
        match (self, other) {
            (Default::Text(one), Default::Text(two)) => one == two,
            (Default::Whole(one, _), Default::Whole(two, _)) => one == two,
            (Default::Float(one), Default::Float(two)) => one == two || (one.is_nan() && two.is_nan()),
            (Default::Double(one), Default::Double(two)) => one == two || (one.is_nan() && two.is_nan()),
            #[allow(clippy::cast_possible_truncation)] // that is how they are compared
            (Default::Float(float), Default::Double(double))
            | (Default::Double(double), Default::Float(float)) => {
                *float == *double as f32 || (float.is_nan() && double.is_nan())
            }
            (Default::Whole(whole, _), Default::Float(float))
            | (Default::Float(float), Default::Whole(whole, _)) => is_exactly(f64::from(*float), *whole),
            (Default::Whole(whole, _), Default::Double(double))
            | (Default::Double(double), Default::Whole(whole, _)) => is_exactly(*double, *whole),
            (Default::Text(_), _) | (_, Default::Text(_)) => false,
        }
    }
}

fn is_exactly(float: f64, whole: i128) -> bool {
    // Every whole number of a field is far inside `i128`, where the cast is exact; beyond, it saturates.
    #[allow(clippy::cast_possible_truncation)]
    let truncated = float as i128;
    float.fract() == 0.0 && truncated == whole
}

impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Default::Text(value) => write!(f, "\"{}\"", value.escape_ascii()),
            Default::Whole(_, Some(name)) => f.write_str(name),
            Default::Whole(value, None) => value.fmt(f),
            Default::Float(value) => value.fmt(f),
            Default::Double(value) => value.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::says;

    #[track_caller]
    fn change(old: &str, new: &str, said: &[(&str, &str)]) {
        let file = |field: &str| format!("syntax = \"proto2\";\nmessage M {{ optional {field} }}");
        let expected: Vec<String> = said.iter().map(|(was, is)| format!(
            "2:35-2:{}: field 1 `a` of message `M` changed default from `{was}` to `{is}`; 2:35-2:{}: it was `{was}` here",
            new.len() + 20, old.len() + 20
        )).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        says(&super::RULE, &file(old), &file(new), &expected);
    }

    #[test]
    fn numbers_are_compared_by_value_and_text_by_bytes() {
        change("int32 a = 1 [default=1];", "int32 a = 1 [default=7];", &[("1", "7")]);
        change("bytes a = 1 [default='\\001'];", "bytes a = 1 [default='x'];", &[("\"\\x01\"", "\"x\"")]);
        for (old, new) in [
            ("int32 a = 1 [default=1];", "double a = 1 [default=1];"),
            ("int32 a = 1 [default=1];", "bool a = 1 [default=true];"),
            ("float a = 1 [default=0.1];", "double a = 1 [default=0.1];"),
            ("float a = 1 [default=nan];", "double a = 1 [default=nan];"),
            ("string a = 1 [default='a'];", "bytes a = 1 [default='a'];"),
            ("string a = 1;", "int32 a = 1 [default=0];"),
            ("double a = 1 [default=-0];", "double a = 1;"),
        ] {
            change(old, new, &[]);
        }
    }

    #[test]
    fn a_reordered_proto2_enum_changes_the_default() {
        let file = |values: &str| {
            format!("syntax = \"proto2\"; message M {{ optional E e = 1; }} enum E {{ {values} }}")
        };
        says(
            &super::RULE,
            &file("A = 1; B = 2;"),
            &file("B = 2; A = 1;"),
            &[
                "1:32-1:49: field 1 `e` of message `M` changed default from `A` to `B`; 1:32-1:49: it was `A` here",
            ],
        );
    }
}
