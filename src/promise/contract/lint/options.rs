//! The messages of `protogate/contract/v1/contract.proto`, read field by field: a schema may carry an older copy of the
//! file, so that nothing is taken for granted.

use prost_reflect::{DynamicMessage, Value};

/// The message that an option of a service or method holds.
pub(in super::super) fn option(options: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let mut all = options.extensions();
    let (_, value) = all.find(|(it, _)| it.full_name() == name)?;
    value.as_message().cloned()
}

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

/// The name of a status.
pub(super) fn status(number: i32) -> &'static str {
    let name = usize::try_from(number).ok().and_then(|number| STATUSES.get(number));
    name.copied().unwrap_or("a status that gRPC does not have")
}

const STATUSES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
