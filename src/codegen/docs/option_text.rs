//! Options as text, the way they are written in a `.proto` file.

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, Value};

use super::view::OptionText;

/// What the docs say in words, and what only matters to generators of other languages.
const SAID_ELSEWHERE: [&str; 4] = ["deprecated", "idempotency_level", "map_entry", "json_name"];

/// Whether an option is one of the contract, which the docs say in words.
pub(super) fn is_contract(name: &str) -> bool {
    name.starts_with("(protogate.contract.v1.")
}

/// Every option that is set: the custom ones by their full name in parentheses, as in
/// `(buf.validate.field).string`.
pub(super) fn options(message: &DynamicMessage) -> Vec<OptionText> {
    let own = message.fields().filter(|(field, _)| !SAID_ELSEWHERE.contains(&field.name())).map(
        |(field, value)| OptionText { name: field.name().to_owned(), value: text(value, &field.kind()) },
    );
    let custom = message.extensions().map(|(extension, value)| {
        let name = format!("({})", extension.full_name());
        shorten(name, value, &extension.kind())
    });
    own.chain(custom).collect()
}

/// `(x) = {string: {min_len: 1}}` is easier to read as `(x).string.min_len = 1`.
fn shorten(name: String, value: &Value, kind: &Kind) -> OptionText {
    match only_field(value) {
        Some((field, inner)) => shorten(format!("{name}.{}", field.name()), inner, &field.kind()),
        None => OptionText { name, value: text(value, kind) },
    }
}

/// The field of a message that has nothing else.
fn only_field(value: &Value) -> Option<(FieldDescriptor, &Value)> {
    let message = value.as_message()?;
    let mut fields = message.fields();
    let only = fields.next().filter(|(field, _)| !field.is_list() && !field.is_map())?;
    (fields.next().is_none() && message.extensions().next().is_none()).then_some(only)
}

fn text(value: &Value, kind: &Kind) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::String(value) => quoted(value),
        Value::Bytes(value) => format!("\"{}\"", value.escape_ascii()),
        Value::EnumNumber(number) => {
            match kind.as_enum().and_then(|kind: &EnumDescriptor| kind.get_value(*number)) {
                Some(value) => value.name().to_owned(),
                None => number.to_string(),
            }
        }
        Value::Message(message) => {
            let own = message
                .fields()
                .map(|(field, value)| format!("{}: {}", field.name(), text(value, &field.kind())));
            let custom = message
                .extensions()
                .map(|(field, value)| format!("[{}]: {}", field.full_name(), text(value, &field.kind())));
            format!("{{{}}}", own.chain(custom).collect::<Vec<_>>().join(", "))
        }
        Value::List(values) => {
            format!("[{}]", values.iter().map(|value| text(value, kind)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let value_kind = kind.as_message().map(|entry| entry.map_entry_value_field().kind());
            let mut pairs: Vec<_> = entries.iter().collect();
            pairs.sort_by(|a, b| a.0.cmp(b.0));
            let pairs = pairs.into_iter().map(|(key, value)| {
                format!("{}: {}", key_text(key), text(value, value_kind.as_ref().unwrap_or(kind)))
            });
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => quoted(key),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
