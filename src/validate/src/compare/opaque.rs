//! The options that rules are written in, and what of them cannot be judged by trying values.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, OneofDescriptor, Value};

use crate::read::option;

pub(super) fn field_options(field: &FieldDescriptor) -> Option<DynamicMessage> {
    field.field_descriptor_proto().options.as_ref()?;
    option(&field.options(), "buf.validate.field")
}

pub(super) fn message_options(message: &MessageDescriptor) -> Option<DynamicMessage> {
    message.descriptor_proto().options.as_ref()?;
    option(&message.options(), "buf.validate.message")
}

pub(super) fn oneof_options(oneof: &OneofDescriptor) -> Option<DynamicMessage> {
    oneof.oneof_descriptor_proto().options.as_ref()?;
    option(&oneof.options(), "buf.validate.oneof")
}

/// Longer texts and lists are not made.
const LONGEST: u64 = 70_000;
const MANY: u64 = 2_000;

/// The rules of which no value shows what they accept, each in words: expressions, patterns of which too little was
/// drawn, limits too large to try, what this version does not know.
pub(super) fn opaque(rules: Option<&DynamicMessage>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(rules) = rules {
        collect(rules, &mut found);
    }
    found
}

fn collect(rules: &DynamicMessage, found: &mut BTreeSet<String>) {
    for (extension, value) in rules.extensions() {
        found.insert(format!("the predefined rule `{} = {value}`", extension.full_name()));
    }
    if rules.unknown_fields().next().is_some() {
        found.insert("a rule of another version of buf.validate".to_owned());
    }
    for (field, value) in rules.fields() {
        match (field.name(), value) {
            ("cel", Value::List(items)) => {
                found.extend(items.iter().filter_map(Value::as_message).map(expression));
            }
            ("cel_expression", Value::List(items)) => {
                found.extend(
                    items.iter().filter_map(Value::as_str).map(|it| format!("the expression `{it}`")),
                );
            }
            ("pattern", Value::String(pattern)) => {
                found.insert(format!("the pattern `{pattern}`"));
            }
            ("min_items" | "max_items" | "min_pairs" | "max_pairs", Value::U64(limit)) if *limit > MANY => {
                found.insert(format!("`{} = {limit}`", field.name()));
            }
            ("len" | "min_len" | "max_len" | "len_bytes" | "min_bytes" | "max_bytes", Value::U64(limit))
                if *limit > LONGEST =>
            {
                found.insert(format!("`{} = {limit}`", field.name()));
            }
            (_, Value::Message(inner)) => collect(inner, found),
            _ => {}
        }
    }
}

fn expression(rule: &DynamicMessage) -> String {
    let text = |name: &str| {
        let value = rule.get_field_by_name(name);
        value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    match text("id") {
        id if id.is_empty() => format!("the expression `{}`", text("expression")),
        id => format!("the expression `{}` ({id})", text("expression")),
    }
}
