//! `google.api.field_behavior`: who sets a field, and when.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

/// What the option says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behavior {
    /// The caller must set it.
    Required,
    /// Only the server sets it; what a caller sends in it is ignored.
    OutputOnly,
    /// No answer has it.
    InputOnly,
    /// Set once and never changed.
    Immutable,
    /// The name of the resource.
    Identifier,
}

/// Everything the option says of this field.
pub fn behaviors(field: &FieldDescriptor) -> Vec<Behavior> {
    let options = field.options();
    let declared = options.extensions().find(|(it, _)| it.full_name() == "google.api.field_behavior");
    let numbers =
        declared.and_then(|(_, value)| Some(value.as_list()?.iter().filter_map(Value::as_enum_number)));
    let known = |number| {
        Some(match number {
            2 => Behavior::Required,
            3 => Behavior::OutputOnly,
            4 => Behavior::InputOnly,
            5 => Behavior::Immutable,
            8 => Behavior::Identifier,
            _ => return None,
        })
    };
    numbers.into_iter().flatten().filter_map(known).collect()
}

/// Whether the option says this of the field.
pub fn is(field: &FieldDescriptor, behavior: Behavior) -> bool {
    behaviors(field).contains(&behavior)
}

/// Whether a field like this is in the type, or in a message of it.
pub fn has_field(desc: &MessageDescriptor, of: &dyn Fn(&FieldDescriptor) -> bool) -> bool {
    within(desc, of, DEPTH)
}

fn within(desc: &MessageDescriptor, of: &dyn Fn(&FieldDescriptor) -> bool, depth: u32) -> bool {
    desc.fields().any(|field| match field.kind() {
        _ if of(&field) => true,
        Kind::Message(inner) => depth > 0 && within(&inner, of, depth - 1),
        _ => false,
    })
}

/// How deep in a type a field is looked for.
const DEPTH: u32 = 3;

/// The message without the fields that are like this, at any depth.
pub fn without(message: &DynamicMessage, of: &dyn Fn(&FieldDescriptor) -> bool) -> DynamicMessage {
    let mut out = message.clone();
    let cleared = |value: &Value| match value {
        Value::Message(inner) => Value::Message(without(inner, of)),
        value => value.clone(),
    };
    for (field, value) in message.fields() {
        match value {
            _ if of(&field) => out.clear_field(&field),
            Value::Message(_) => out.set_field(&field, cleared(value)),
            Value::List(items) => out.set_field(&field, Value::List(items.iter().map(cleared).collect())),
            Value::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), cleared(value)));
                out.set_field(&field, Value::Map(entries.collect()));
            }
            _ => {}
        }
    }
    out
}

/// The values of the fields that are like this, at any depth, by the full name of the field.
pub fn values_of(message: &DynamicMessage, of: &dyn Fn(&FieldDescriptor) -> bool) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (field, value) in message.fields() {
        if of(&field) {
            out.push((field.full_name().to_owned(), value.clone()));
        }
        out.extend(inner(value).into_iter().flat_map(|inner| values_of(inner, of)));
    }
    out
}

fn inner(value: &Value) -> Vec<&DynamicMessage> {
    match value {
        Value::Message(inner) => vec![inner],
        Value::List(items) => items.iter().filter_map(Value::as_message).collect(),
        Value::Map(entries) => entries.values().filter_map(Value::as_message).collect(),
        _ => Vec::new(),
    }
}

/// The paths of the REQUIRED fields that are not there, in the message and in the messages that are. A number
/// without presence is never missing: nobody can tell its zero from its absence.
pub fn missing(message: &DynamicMessage) -> Vec<String> {
    let mut out = Vec::new();
    for field in message.descriptor().fields() {
        let text = matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Message(_));
        let tells = field.supports_presence() || field.is_list() || text;
        if !message.has_field(&field) {
            let asked = tells && field.containing_oneof().is_none_or(|oneof| oneof.is_synthetic());
            if asked && is(&field, Behavior::Required) {
                out.push(field.name().to_owned());
            }
            continue;
        }
        // Of a list the first one stands for all.
        let value = message.get_field(&field);
        for inner in inner(&value).into_iter().take(1) {
            out.extend(missing(inner).into_iter().map(|path| format!("{}.{path}", field.name())));
        }
    }
    out
}
