//! The edges of one field, in a fixed order: what deterministic coverage sends. Draws nothing.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};

use super::{minimal, scalar, typical, wkt};

/// The most elements a list of edges is given.
const MANY: usize = 100;

/// Every value worth sending in this field alone. All are valid for it; a value that equals the field's
/// absence is included only where presence can be told.
pub fn boundaries(field: &FieldDescriptor) -> Vec<Value> {
    let values = if field.is_map() {
        entries(field).into_iter().map(|(key, value)| Value::Map(HashMap::from([(key, value)]))).collect()
    } else if field.is_list() {
        let singles = of_kind(&field.kind());
        let many = singles.first().map(|first| Value::List(vec![first.clone(); MANY]));
        let each = singles.into_iter().map(|value| Value::List(vec![value]));
        each.chain(many).collect()
    } else {
        of_kind(&field.kind())
    };
    let keep = |value: &Value| field.supports_presence() || !value.is_default_for_field(field);
    values.into_iter().filter(keep).collect()
}

fn of_kind(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Message(desc) => messages(desc),
        kind => scalar::edges(kind),
    }
}

fn messages(desc: &MessageDescriptor) -> Vec<Value> {
    let known = wkt::edges(desc);
    let values = if known.is_empty() {
        vec![minimal(desc), typical(desc, 1, &super::Manner::default())]
    } else {
        known
    };
    values.into_iter().map(Value::Message).collect()
}

/// Each key with a plain value, then a plain key with each value.
fn entries(field: &FieldDescriptor) -> Vec<(prost_reflect::MapKey, Value)> {
    let kind = field.kind();
    let Some(entry) = kind.as_message() else { return Vec::new() };
    let keys: Vec<_> = scalar::edges(&entry.map_entry_key_field().kind())
        .into_iter()
        .filter_map(Value::into_map_key)
        .collect();
    let values = of_kind(&entry.map_entry_value_field().kind());
    let (Some(key), Some(value)) = (keys.first().cloned(), values.first().cloned()) else {
        return Vec::new();
    };
    let by_key = keys.into_iter().map(|key| (key, value.clone()));
    by_key.chain(values.iter().skip(1).map(|value| (key.clone(), value.clone()))).collect()
}
