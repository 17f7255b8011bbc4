//! ProtoJSON as any writer writes it, the same every time: fields by number, entries by key, and of an enum the name
//! that is declared first.

use base64::Engine as _;
use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, ReflectMessage as _, Value};
use serde_json::{Map, Value as Json};

use super::field::{Field, names_of};

/// Another name for a number of an enum than the one that writers take.
#[derive(Debug, Clone)]
pub(super) struct Spelling {
    pub of: String,
    pub number: i32,
    pub name: String,
}

/// The text; nothing for what ProtoJSON cannot say (a `Timestamp` out of its range, an `Any` of nothing known).
pub(super) fn write(message: &DynamicMessage, spelling: Option<&Spelling>) -> Option<String> {
    Some(of_message(message, spelling)?.to_string())
}

/// One value, as it stands behind its key.
pub(super) fn of_value(kind: &Kind, value: &Value, spelling: Option<&Spelling>) -> Option<Json> {
    Some(match value {
        Value::Bool(it) => Json::from(*it),
        Value::I32(it) => Json::from(*it),
        Value::U32(it) => Json::from(*it),
        Value::I64(it) => Json::from(it.to_string()),
        Value::U64(it) => Json::from(it.to_string()),
        // By its own digits: the same number as `double` has more of them. At the very edge they are rounded out of range.
        Value::F32(it) if it.abs() == f32::MAX => Json::from(f64::from(*it)),
        Value::F32(it) => float(f64::from(*it), &it.to_string()),
        Value::F64(it) => float(*it, &it.to_string()),
        Value::String(it) => Json::from(it.as_str()),
        Value::Bytes(it) => Json::from(base64::engine::general_purpose::STANDARD.encode(it)),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(it) => of_enum(it, *number, spelling),
            _ => Json::from(*number),
        },
        Value::Message(it) => of_message(it, spelling)?,
        Value::List(items) => {
            let items = items.iter().map(|item| of_value(kind, item, spelling));
            Json::Array(items.collect::<Option<Vec<Json>>>()?)
        }
        Value::Map(entries) => {
            let held = kind.as_message()?.map_entry_value_field().kind();
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            let mut object = Map::new();
            for (key, value) in sorted {
                let key = match Value::from(key.clone()) {
                    Value::String(key) => key,
                    Value::Bool(key) => key.to_string(),
                    Value::I32(key) => key.to_string(),
                    Value::I64(key) => key.to_string(),
                    Value::U32(key) => key.to_string(),
                    Value::U64(key) => key.to_string(),
                    _ => return None,
                };
                object.insert(key, of_value(&held, value, spelling)?);
            }
            Json::Object(object)
        }
    })
}

fn of_message(message: &DynamicMessage, spelling: Option<&Spelling>) -> Option<Json> {
    let desc = message.descriptor();
    // Their text is not that of their fields.
    if desc.full_name().starts_with("google.protobuf.") && desc.package_name() == "google.protobuf" {
        return serde_json::to_value(message).ok();
    }
    let mut object = Map::new();
    let members = message.fields().map(|(field, value)| (Field::Member(field), value));
    let extensions = message.extensions().map(|(field, value)| (Field::Extension(field), value));
    for (field, value) in members.chain(extensions) {
        object.insert(field.key().to_owned(), of_value(&field.kind(), value, spelling)?);
    }
    Some(Json::Object(object))
}

fn of_enum(it: &EnumDescriptor, number: i32, spelling: Option<&Spelling>) -> Json {
    if it.full_name() == "google.protobuf.NullValue" {
        return Json::Null;
    }
    if let Some(spelling) = spelling.filter(|told| told.of == it.full_name() && told.number == number) {
        return Json::from(spelling.name.as_str());
    }
    names_of(it, number).first().map_or_else(|| Json::from(number), |name| Json::from(name.as_str()))
}

fn float(value: f64, digits: &str) -> Json {
    match value {
        _ if value.is_nan() => Json::from("NaN"),
        f64::INFINITY => Json::from("Infinity"),
        f64::NEG_INFINITY => Json::from("-Infinity"),
        _ => digits.parse::<f64>().map_or(Json::Null, Json::from),
    }
}
