//! Encodes a message as the same bytes every time.
//!
//! prost-reflect keeps a map in a `HashMap` and writes its entries in the order of the day. A case that is
//! named after its bytes needs one order: by key.

use prost::{
    Message as _,
    encoding::{WireType, encode_key, encode_varint},
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

/// The message in the protobuf wire format, fields by number, map entries by key.
pub fn encode(message: &DynamicMessage) -> Vec<u8> {
    let mut out = Vec::new();
    for (field, value) in message.fields() {
        match value {
            Value::Map(entries) => {
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| *key);
                let kind = field.kind();
                let Some(entry) = kind.as_message() else { continue };
                for (key, value) in sorted {
                    let mut pair = DynamicMessage::new(entry.clone());
                    pair.set_field(&entry.map_entry_key_field(), key.clone().into());
                    pair.set_field(&entry.map_entry_value_field(), value.clone());
                    nested(&field, &pair, &mut out);
                }
            }
            Value::Message(inner) => nested(&field, inner, &mut out),
            Value::List(items) if field.kind().as_message().is_some() => {
                items.iter().filter_map(Value::as_message).for_each(|inner| nested(&field, inner, &mut out));
            }
            scalar => {
                let mut alone = DynamicMessage::new(field.parent_message().clone());
                alone.set_field(&field, scalar.clone());
                out.extend(alone.encode_to_vec());
            }
        }
    }
    out
}

fn nested(field: &FieldDescriptor, inner: &DynamicMessage, out: &mut Vec<u8>) {
    let bytes = encode(inner);
    if field.is_group() {
        encode_key(field.number(), WireType::StartGroup, out);
        out.extend(bytes);
        encode_key(field.number(), WireType::EndGroup, out);
    } else {
        encode_key(field.number(), WireType::LengthDelimited, out);
        encode_varint(bytes.len() as u64, out);
        out.extend(bytes);
    }
}
