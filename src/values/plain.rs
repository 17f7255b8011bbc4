//! The two plain messages of a type: the emptiest, and one a person would have sent.

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{scalar, text, wkt};

/// A required field can only recurse in a type of which no finite message exists; nothing helps there.
const DEEPEST_REQUIRED: u32 = 20;

/// Only what must be set is: the required fields of proto2, and a kind in `google.protobuf.Value`.
pub fn minimal(desc: &MessageDescriptor) -> DynamicMessage {
    emptiest(desc, DEEPEST_REQUIRED)
}

fn emptiest(desc: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(desc.clone());
    if desc.full_name() == "google.protobuf.Value" {
        message.set_field_by_number(1, Value::EnumNumber(0));
    }
    if depth > 0 {
        for field in desc.fields().filter(is_required) {
            message.set_field(&field, least(&field, depth - 1));
        }
    }
    message
}

pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    field.cardinality() == Cardinality::Required
}

fn least(field: &FieldDescriptor, depth: u32) -> Value {
    match field.kind() {
        Kind::Message(desc) => Value::Message(emptiest(&desc, depth)),
        Kind::Enum(desc) => Value::EnumNumber(desc.default_value().number()),
        kind => Value::default_value(&kind),
    }
}

/// Every scalar field holds something plausible for its name, nested messages two levels deep are there, and
/// of each oneof the first arm. Different salts differ in their strings.
pub fn typical(desc: &MessageDescriptor, salt: u64) -> DynamicMessage {
    usual(desc, salt, 2)
}

fn usual(desc: &MessageDescriptor, salt: u64, depth: u32) -> DynamicMessage {
    if let Some(known) = wkt::edges(desc).into_iter().next() {
        return known;
    }
    let mut message = minimal(desc);
    for field in desc.fields() {
        let first_arm =
            field.containing_oneof().is_none_or(|oneof| oneof.fields().next().as_ref() == Some(&field));
        if !first_arm || field.is_map() {
            continue;
        }
        let Some(value) = ordinary(&field, salt, depth) else { continue };
        let value = if field.is_list() { Value::List(vec![value]) } else { value };
        message.set_field(&field, value);
    }
    message
}

fn ordinary(field: &FieldDescriptor, salt: u64, depth: u32) -> Option<Value> {
    Some(match field.kind() {
        Kind::Message(_) if depth == 0 => return None,
        Kind::Message(desc) => Value::Message(usual(&desc, salt, depth - 1)),
        Kind::String => Value::String(text::plausible(field.name(), salt)),
        Kind::Bytes => Value::Bytes(bytes::Bytes::from_static(b"a")),
        Kind::Bool => Value::Bool(true),
        Kind::Float => Value::F32(1.0),
        Kind::Double => Value::F64(1.0),
        Kind::Enum(desc) => Value::EnumNumber(desc.values().nth(1).unwrap_or(desc.default_value()).number()),
        kind => scalar::integer(&kind, 1)?,
    })
}
