//! Values for rules that are expressions: nobody can turn one around, so ordinary values are tried until it is kept.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{Rules, plain};

/// The most messages that are tried.
const TRIALS: usize = 2000;
/// So deep a field may be in messages of messages.
const DEPTH: usize = 4;

const TEXTS: [&str; 16] = [
    "",
    "a",
    "abc",
    "Ada",
    "1",
    "a@example.com",
    "example.com",
    "example.com:80",
    "127.0.0.1",
    "::1",
    "10.0.0.0/8",
    "2001:db8::/32",
    "https://example.com/",
    "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    "2000-01-01",
    "abcdefghijklmnop",
];
const NUMBERS: [i64; 14] = [0, 1, 2, 3, 4, 5, 6, 10, 12, 100, 1000, -1, -10, 1_000_000];

/// The message, with other values in fields until it breaks none of its rules, or as few as are found.
pub(super) fn settled(rules: &Rules, message: DynamicMessage, salt: u64) -> DynamicMessage {
    let mut best = message;
    let mut least = rules.violations(&best).len();
    let mut trials = 0;
    let mut went_on = true;
    while went_on && least > 0 {
        went_on = false;
        let mut places = Vec::new();
        within(&best, &mut Vec::new(), &mut places);
        let asked: Vec<String> = rules.violations(&best).into_iter().map(|it| it.path).collect();
        // What is blamed is most likely what has to change.
        places.sort_by_key(|place| !asked.iter().any(|path| path.starts_with(place[place.len() - 1].name())));
        for place in places {
            let mut values = candidates(&place[place.len() - 1], salt);
            values.insert(0, None);
            for value in values {
                trials += 1;
                if trials > TRIALS {
                    return best;
                }
                let mut trial = best.clone();
                put(&mut trial, &place, value);
                let count = rules.violations(&trial).len();
                if count < least {
                    (best, least, went_on) = (trial, count, true);
                }
                if least == 0 {
                    return best;
                }
            }
        }
    }
    best
}

/// The paths of its fields and of those of the messages in it.
fn within(message: &DynamicMessage, path: &mut Vec<FieldDescriptor>, out: &mut Vec<Vec<FieldDescriptor>>) {
    for field in message.descriptor().fields() {
        path.push(field.clone());
        out.push(path.clone());
        let is_open = message.has_field(&field) && !field.is_list() && !field.is_map() && path.len() < DEPTH;
        if is_open && let Value::Message(inner) = &*message.get_field(&field) {
            within(inner, path, out);
        }
        path.pop();
    }
}

/// Sets the field at the end of the path, or takes its value away.
fn put(message: &mut DynamicMessage, path: &[FieldDescriptor], value: Option<Value>) {
    match (path, value) {
        ([field], Some(value)) => message.set_field(field, value),
        ([field], None) => message.clear_field(field),
        ([field, rest @ ..], value) => {
            if let Some(inner) = message.get_field_mut(field).as_message_mut() {
                put(inner, rest, value);
            }
        }
        ([], _) => {}
    }
}

/// Of lists and maps only that they may be empty is tried, or have one element.
fn candidates(field: &FieldDescriptor, salt: u64) -> Vec<Option<Value>> {
    let kind = field.kind();
    let singles = || of_kind(&kind, salt).into_iter();
    match (field.is_map(), field.is_list()) {
        (true, _) => Vec::new(),
        (_, true) => singles().map(|value| Some(Value::List(vec![value]))).collect(),
        _ => singles().map(Some).collect(),
    }
}

fn of_kind(kind: &Kind, salt: u64) -> Vec<Value> {
    let integers = |of: fn(i64) -> Option<Value>| NUMBERS.into_iter().filter_map(of).collect();
    match kind {
        Kind::Double => NUMBERS.map(|n| Value::F64(n as f64)).into(),
        Kind::Float => NUMBERS.map(|n| Value::F32(n as f32)).into(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => integers(|n| n.try_into().ok().map(Value::I32)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => integers(|n| Some(Value::I64(n))),
        Kind::Uint32 | Kind::Fixed32 => integers(|n| n.try_into().ok().map(Value::U32)),
        Kind::Uint64 | Kind::Fixed64 => integers(|n| n.try_into().ok().map(Value::U64)),
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Kind::String => {
            // A word that no other call has, where that is all right.
            let own = Value::String(format!("v{salt:x}"));
            [own].into_iter().chain(TEXTS.map(|text| Value::String(text.to_owned()))).collect()
        }
        Kind::Bytes => ["", "a", "abc"].map(|text| Value::Bytes(text.into())).into(),
        Kind::Enum(desc) => desc.values().map(|value| Value::EnumNumber(value.number())).collect(),
        Kind::Message(desc) => match desc.full_name() {
            "google.protobuf.Timestamp" => in_seconds(desc, &[0, 946_684_799, 1_000_000_000, 4_000_000_000]),
            "google.protobuf.Duration" => in_seconds(desc, &[0, 1, 10, 60, 3600, 86_400]),
            name if plain::wrapped(name).is_some() => {
                let Some(field) = desc.get_field_by_name("value") else { return Vec::new() };
                of_kind(&field.kind(), salt).into_iter().map(|value| with(desc, &field, value)).collect()
            }
            _ => vec![Value::Message(DynamicMessage::new(desc.clone()))],
        },
    }
}

fn in_seconds(desc: &MessageDescriptor, all: &[i64]) -> Vec<Value> {
    let Some(field) = desc.get_field_by_name("seconds") else { return Vec::new() };
    all.iter().map(|seconds| with(desc, &field, Value::I64(*seconds))).collect()
}

/// A message of which only this field is set.
fn with(desc: &MessageDescriptor, field: &FieldDescriptor, value: Value) -> Value {
    let mut message = DynamicMessage::new(desc.clone());
    message.set_field(field, value);
    Value::Message(message)
}
