//! The two plain messages of a type: the emptiest, and one a person would have sent.

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{Manner, manner, wkt};

/// Only what must be set is: the required fields of proto2, and a kind in `google.protobuf.Value`.
pub fn minimal(desc: &MessageDescriptor) -> DynamicMessage {
    emptiest(desc, &mut Vec::new())
}

/// `around`: the types that this one is a required part of. One that is a required part of itself has no finite message,
/// and nothing helps there; with two such fields, the tries to make one would double at each turn.
fn emptiest(desc: &MessageDescriptor, around: &mut Vec<MessageDescriptor>) -> DynamicMessage {
    let mut message = DynamicMessage::new(desc.clone());
    if desc.full_name() == "google.protobuf.Value" {
        message.set_field_by_number(1, Value::EnumNumber(0));
    }
    if !around.contains(desc) {
        around.push(desc.clone());
        for field in desc.fields().filter(is_required) {
            message.set_field(&field, least(&field, around));
        }
        around.pop();
    }
    message
}

pub(super) fn is_required(field: &FieldDescriptor) -> bool {
    field.cardinality() == Cardinality::Required
}

fn least(field: &FieldDescriptor, around: &mut Vec<MessageDescriptor>) -> Value {
    match field.kind() {
        Kind::Message(desc) => Value::Message(emptiest(&desc, around)),
        Kind::Enum(desc) => Value::EnumNumber(desc.default_value().number()),
        kind => Value::default_value(&kind),
    }
}

/// Every scalar field holds something plausible for its name, nested messages two levels deep are there, and
/// of each oneof one arm. Different salts differ in their strings, different manners in what else is plausible.
pub fn typical(desc: &MessageDescriptor, salt: u64, manner: &Manner) -> DynamicMessage {
    usual(desc, salt, manner, 2)
}

fn usual(desc: &MessageDescriptor, salt: u64, manner: &Manner, depth: u32) -> DynamicMessage {
    if let Some(known) = wkt::edges(desc).into_iter().next() {
        return known;
    }
    let nested = |desc: &MessageDescriptor| match depth {
        0 => None,
        depth => Some(Value::Message(usual(desc, salt, manner, depth - 1))),
    };
    let mut message = minimal(desc);
    for field in desc.fields() {
        let is_set = field.containing_oneof().is_none_or(|oneof| manner.arm(&oneof).as_ref() == Some(&field));
        let value = if is_set { manner::value(&field, salt, manner, &nested) } else { None };
        if let Some(value) = value {
            message.set_field(&field, value);
        }
    }
    message
}
