//! The messages of `protogate/contract/v1/contract.proto`, read field by field: a schema may carry an older copy of the
//! file, so that nothing is taken for granted.

use prost_reflect::{DynamicMessage, Value};

pub(super) use crate::promise::option;

pub(super) fn text(of: &DynamicMessage, field: &str) -> String {
    let value = of.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or("").to_owned()
}

pub(super) fn number(of: &DynamicMessage, field: &str) -> i32 {
    let value = of.get_field_by_name(field);
    value.as_deref().and_then(Value::as_enum_number).unwrap_or(0)
}

/// The message in a field, where it is set.
pub(super) fn inner(of: &DynamicMessage, field: &str) -> Option<DynamicMessage> {
    match of.has_field_by_name(field) {
        true => of.get_field_by_name(field)?.as_message().cloned(),
        false => None,
    }
}

pub(super) fn list(of: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let value = of.get_field_by_name(field);
    let items = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

pub(super) fn texts(of: &DynamicMessage, field: &str) -> Vec<String> {
    let value = of.get_field_by_name(field);
    let items = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

pub(super) fn numbers(of: &DynamicMessage, field: &str) -> Vec<i32> {
    let value = of.get_field_by_name(field);
    let items = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(Value::as_enum_number).collect()
}
