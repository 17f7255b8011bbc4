//! What there is to know of an element beside its name.

use std::collections::BTreeMap;

use prost_reflect::{
    DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, SerializeOptions,
};
use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Label;
use serde_json::Value;

/// Names of facts, and their values as text. A fact that is not written is not there.
pub(super) type Facts = BTreeMap<String, String>;

/// The fact that a value of an enum, and a list of them, is compared by its first.
pub(super) const FIRST: &str = "first value";
/// The same for the names of one number: serialisers write the first.
pub(super) const NAMES: &str = "order of the names of ";

/// Adds a fact that is written.
pub(super) fn put(facts: &mut Facts, name: &str, value: impl ToString) {
    facts.insert(name.to_owned(), value.to_string());
}

/// Every option that is set: `deprecated`, `(buf.validate.field).string.min_len`.
pub(super) fn put_options(facts: &mut Facts, options: &DynamicMessage) {
    let style = SerializeOptions::new().use_proto_field_name(true);
    match options.serialize_with_options(serde_json::value::Serializer, &style) {
        Ok(Value::Object(object)) => {
            for (name, value) in object {
                // `[my.option]` in JSON, `(my.option)` in a schema.
                let name = name.replace('[', "(").replace(']', ")");
                let name = if name == "deprecated" { name } else { format!("option {name}") };
                put_value(facts, name, &value);
            }
        }
        // What has no JSON is compared as it is printed.
        _ => put(facts, "options", format!("{options:?}")),
    }
    let unknown: Vec<String> = options.unknown_fields().map(|field| format!("{field:?}")).collect();
    if !unknown.is_empty() {
        put(facts, "options that nobody declares", unknown.join(", "));
    }
}

fn put_value(facts: &mut Facts, name: String, value: &Value) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            object.iter().for_each(|(key, value)| put_value(facts, format!("{name}.{key}"), value));
        }
        Value::String(text) => {
            facts.insert(name, text.clone());
        }
        other => {
            facts.insert(name, other.to_string());
        }
    }
}

/// The facts of a field of a message.
pub(super) fn of_field(field: &FieldDescriptor) -> Facts {
    let mut facts = Facts::new();
    let r#type = match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            format!("map<{}, {}>", type_name(&key.kind(), false), type_name(&value.kind(), false))
        }
        kind => type_name(&kind, field.is_group()),
    };
    put(&mut facts, "type", r#type);
    put_proto(&mut facts, field.field_descriptor_proto(), field.is_map());
    put(&mut facts, "JSON name", field.json_name());
    if let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
        put(&mut facts, "oneof", oneof.name());
    }
    put_options(&mut facts, &field.options());
    facts
}

/// The facts of an extension.
pub(super) fn of_extension(field: &ExtensionDescriptor) -> Facts {
    let mut facts = Facts::new();
    put(&mut facts, "type", type_name(&field.kind(), field.is_group()));
    put_proto(&mut facts, field.field_descriptor_proto(), false);
    put(&mut facts, "JSON name", field.json_name());
    put_options(&mut facts, &field.options());
    facts
}

/// How often, and the default.
fn put_proto(facts: &mut Facts, proto: &FieldDescriptorProto, is_map: bool) {
    let label = match proto.label() {
        _ if is_map => "",
        Label::Required => "required",
        Label::Repeated => "repeated",
        Label::Optional if proto.proto3_optional() => "optional",
        Label::Optional => "singular",
    };
    put(facts, "label", label);
    if let Some(default) = &proto.default_value {
        put(facts, "default", default);
    }
}

/// `int32`, `pkg.M`, `group pkg.M`.
fn type_name(kind: &Kind, is_group: bool) -> String {
    match kind {
        Kind::Message(message) if is_group => format!("group {}", message.full_name()),
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(r#enum) => r#enum.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

/// The facts of an enum. The order of values says two things: the first one is the default of closed enums, and the
/// first name of a number is the one that JSON writes.
pub(super) fn of_enum(r#enum: &EnumDescriptor) -> Facts {
    let mut facts = Facts::new();
    put_options(&mut facts, &r#enum.options());
    // As written: the descriptors of values are sorted by their numbers.
    let values = &r#enum.enum_descriptor_proto().value;
    let mut by_number: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
    values.iter().for_each(|value| by_number.entry(value.number()).or_default().push(value.name()));
    let all: Vec<&str> = values.iter().map(|value| value.name()).collect();
    put(&mut facts, FIRST, all.join(", "));
    for (number, names) in by_number {
        put(&mut facts, &format!("{NAMES}{number}"), names.join(", "));
    }
    facts
}

/// Whether a fact about order says something else: another one comes first although the first is still there, or
/// of the names of a number two have changed places.
pub(super) fn is_reordered(fact: &str, old: &str, new: &str) -> bool {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split(", ").collect(), new.split(", ").collect());
    let another_first = new.first() != old.first() && old.first().is_some_and(|first| new.contains(first));
    let common = |these: &[&str], those: &[&str]| -> Vec<String> {
        these.iter().filter(|it| those.contains(it)).map(|it| (*it).to_owned()).collect()
    };
    another_first || fact.starts_with(NAMES) && common(&old, &new) != common(&new, &old)
}
