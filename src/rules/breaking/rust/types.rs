//! Types of fields and methods as Rust code sees them.

use std::collections::HashSet;

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use super::names::{item, module, snake};

/// The type of a struct's field.
pub(super) fn field_type(field: &FieldDescriptor) -> String {
    if let (Kind::Message(entry), true) = (field.kind(), field.is_map()) {
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        return format!("HashMap<{}, {}>", payload(&key), payload(&value));
    }
    let payload = payload(field);
    match field.cardinality() {
        Cardinality::Repeated => format!("Vec<{payload}>"),
        Cardinality::Required => payload,
        Cardinality::Optional if field.supports_presence() => format!("Option<{payload}>"),
        Cardinality::Optional => payload,
    }
}

/// The type of one value of a field.
pub(super) fn payload(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Double => "f64".to_owned(),
        Kind::Float => "f32".to_owned(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "i32".to_owned(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "i64".to_owned(),
        Kind::Uint32 | Kind::Fixed32 => "u32".to_owned(),
        Kind::Uint64 | Kind::Fixed64 => "u64".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::String => "String".to_owned(),
        Kind::Bytes => "Vec<u8>".to_owned(),
        Kind::Message(message) if is_boxed(field, &message) => format!("Box<{}>", message_type(&message)),
        Kind::Message(message) => message_type(&message),
        Kind::Enum(r#enum) => {
            let scope = scope(r#enum.package_name(), r#enum.parent_message());
            // The methods that read and set it are of that type.
            format!("i32 of {}", item(&scope, r#enum.name()))
        }
    }
}

/// Whether prost puts a message on the heap because it may hold, without a list between, the message that the field is
/// in (`is_nested` of prost-build's `message_graph.rs`, which follows no groups).
fn is_boxed(field: &FieldDescriptor, held: &MessageDescriptor) -> bool {
    if field.cardinality() == Cardinality::Repeated {
        return false;
    }
    let mut seen = HashSet::from([held.full_name().to_owned()]);
    let mut waiting = vec![held.clone()];
    while let Some(message) = waiting.pop() {
        if message == *field.parent_message() {
            return true;
        }
        for inner in message.fields().filter(|it| it.cardinality() != Cardinality::Repeated && !it.is_group())
        {
            if let Kind::Message(next) = inner.kind()
                && seen.insert(next.full_name().to_owned())
            {
                waiting.push(next);
            }
        }
    }
    false
}

/// What a server's method takes and gives.
pub(super) fn method_type(method: &MethodDescriptor) -> String {
    let side = |message: MessageDescriptor, streams: bool| {
        let of = message_type(&message);
        if streams { format!("Streaming<{of}>") } else { of }
    };
    format!(
        "({}) -> {}",
        side(method.input(), method.is_client_streaming()),
        side(method.output(), method.is_server_streaming())
    )
}

fn message_type(message: &MessageDescriptor) -> String {
    // prost has types of its own, and of Rust, for those of protobuf.
    let own = match message.full_name() {
        "google.protobuf.BoolValue" => "bool",
        "google.protobuf.BytesValue" => "Vec<u8>",
        "google.protobuf.DoubleValue" => "f64",
        "google.protobuf.Empty" => "()",
        "google.protobuf.FloatValue" => "f32",
        "google.protobuf.Int32Value" => "i32",
        "google.protobuf.Int64Value" => "i64",
        "google.protobuf.StringValue" => "String",
        "google.protobuf.UInt32Value" => "u32",
        "google.protobuf.UInt64Value" => "u64",
        _ => return item(&scope(message.package_name(), message.parent_message()), message.name()),
    };
    own.to_owned()
}

/// The module of what is declared in this message, or in the package.
fn scope(package: &str, outer: Option<MessageDescriptor>) -> String {
    match outer {
        Some(message) => {
            let around = scope(package, message.parent_message());
            format!("{around}{}::", snake(message.name()))
        }
        None => module(package),
    }
}
