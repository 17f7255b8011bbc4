//! Whether a reply holds enum numbers that the schema does not have.

use super::{Check, Class, Level, Seen, Verdict, decoded, fail, inner};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::diag::RuleInfo;

pub(super) static CHECK: Check = Check {
    info: RuleInfo {
        id: "PG122",
        name: "response_enum_known",
        summary: "A reply has no enum number that its type does not declare.",
        explain: "A client of this schema sees a number it has no name for. While a new version is rolled out \
                  that is to be expected; otherwise the server writes a number where it should write a value \
                  of the enum.\n\n\
                  Look for casts from integers: `as i32` in Rust, `EnumType(n)` in Go, plain numbers in Python \
                  and `setXValue(int)` in Java.",
        url: Some("https://protobuf.dev/programming-guides/enum/"),
    },
    applies: &[Class::Valid, Class::Invalid],
    level: Level::Warn,
    check,
};

fn check(seen: &Seen<'_>) -> Verdict {
    for reply in decoded(seen) {
        if let Some((field, number)) = undeclared(&reply) {
            return fail(
                field.clone(),
                format!("`{field}` of a reply has the number {number}, which its enum does not declare"),
            );
        }
    }
    Verdict::Pass
}

fn undeclared(message: &DynamicMessage) -> Option<(String, i32)> {
    let of = |(field, value): (FieldDescriptor, &Value)| {
        let kind = field.kind();
        let desc = kind.as_enum()?;
        let numbers: Vec<i32> = match value {
            Value::List(items) => items.iter().filter_map(Value::as_enum_number).collect(),
            value => value.as_enum_number().into_iter().collect(),
        };
        let number = numbers.into_iter().find(|number| desc.get_value(*number).is_none())?;
        Some((field.full_name().to_owned(), number))
    };
    message.fields().find_map(of).or_else(|| inner(message).iter().find_map(|it| undeclared(it)))
}
