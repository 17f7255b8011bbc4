//! The numbers and names of one schema.

use std::collections::BTreeMap;

use prost_reflect::{
    EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor,
};

use super::Holder;
use super::life::{Item, ReservedNow};
use crate::schema::{File, Origin, Schema};

/// Everything that holds numbers or names.
pub(super) struct Inventory {
    /// Kind, full name, content. A message may be there twice: once with its fields, once with extensions.
    pub holders: Vec<(Holder, String, Found)>,
}

/// The content of one of them.
#[derive(Default)]
pub(super) struct Found {
    pub numbers: BTreeMap<i32, Item>,
    pub names: BTreeMap<String, Item>,
    pub reserved: ReservedNow,
}

impl Inventory {
    /// Of the schema's own files: what is only imported has releases of its own.
    pub(super) fn of(schema: &Schema) -> Inventory {
        let mut inventory = Inventory { holders: Vec::new() };
        for file in schema.files().iter().filter(|file| file.origin() == Origin::Own) {
            inventory.file(file);
        }
        inventory
    }

    fn file(&mut self, file: &File) {
        let descriptor = file.descriptor();
        descriptor.messages().for_each(|it| self.message(&it));
        descriptor.enums().for_each(|it| self.r#enum(&it));
        descriptor.extensions().for_each(|it| self.extension(&it));
        descriptor.services().for_each(|it| self.service(&it));
    }

    /// The compiler bounds how deep messages nest. Nobody wrote the message of a map field.
    fn message(&mut self, message: &MessageDescriptor) {
        if message.is_map_entry() {
            return;
        }
        let mut found = Found { reserved: reserved_in_message(message), ..Found::default() };
        for field in message.fields() {
            let file = message.parent_file().name().to_owned();
            let (name, number) = (field.name().to_owned(), field.number());
            let deprecated =
                field.field_descriptor_proto().options.as_ref().is_some_and(|it| it.deprecated());
            found.add(number, name, shape(&field), deprecated, file);
        }
        self.holders.push((Holder::Message, message.full_name().to_owned(), found));
        message.child_messages().for_each(|it| self.message(&it));
        message.child_enums().for_each(|it| self.r#enum(&it));
        message.child_extensions().for_each(|it| self.extension(&it));
    }

    fn extension(&mut self, extension: &ExtensionDescriptor) {
        let mut found = Found::default();
        let options = extension.field_descriptor_proto().options.as_ref();
        let deprecated = options.is_some_and(|it| it.deprecated());
        let file = extension.parent_file().name().to_owned();
        let repeated = if extension.is_list() { "repeated " } else { "" };
        let shape = format!("{repeated}{}", type_name(&extension.kind()));
        found.add(extension.number(), extension.full_name().to_owned(), shape, deprecated, file);
        self.holders.push((Holder::Message, extension.containing_message().full_name().to_owned(), found));
    }

    fn r#enum(&mut self, r#enum: &EnumDescriptor) {
        let mut found = Found::default();
        let ranges = r#enum.reserved_ranges().map(|range| (*range.start(), *range.end()));
        found.reserved.numbers.extend(ranges);
        found.reserved.names.extend(r#enum.reserved_names().map(str::to_owned));
        let file = r#enum.parent_file().name().to_owned();
        for value in r#enum.values() {
            let options = value.enum_value_descriptor_proto().options.as_ref();
            let deprecated = options.is_some_and(|it| it.deprecated());
            let (number, name) = (value.number(), value.name().to_owned());
            let known = found.numbers.entry(number).or_insert_with(|| Item {
                deprecated: true,
                file: file.clone(),
                ..Item::default()
            });
            // Of a number with several names, all have to be deprecated.
            known.deprecated &= deprecated;
            known.is.insert(name.clone());
            let is = [number.to_string()].into();
            found.names.insert(name, Item { is, deprecated, file: file.clone(), ..Item::default() });
        }
        self.holders.push((Holder::Enum, r#enum.full_name().to_owned(), found));
    }

    fn service(&mut self, service: &ServiceDescriptor) {
        let mut found = Found::default();
        for method in service.methods() {
            let stream = |is: bool| if is { "stream " } else { "" };
            let shape = format!(
                "({}{}) returns ({}{})",
                stream(method.is_client_streaming()),
                method.input().full_name(),
                stream(method.is_server_streaming()),
                method.output().full_name()
            );
            let options = method.method_descriptor_proto().options.as_ref();
            let deprecated = options.is_some_and(|it| it.deprecated());
            let file = service.parent_file().name().to_owned();
            let item = Item { shape, deprecated, file, ..Item::default() };
            found.names.insert(method.name().to_owned(), item);
        }
        self.holders.push((Holder::Service, service.full_name().to_owned(), found));
    }
}

impl Found {
    fn add(&mut self, number: u32, name: String, shape: String, deprecated: bool, file: String) {
        // No field has a number above 2^29 (<https://protobuf.dev/programming-guides/proto3/#assigning>).
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let item =
            |is: String| Item { is: [is].into(), shape: shape.clone(), deprecated, file: file.clone() };
        self.names.insert(name.clone(), item(number.to_string()));
        self.numbers.insert(number, item(name));
    }
}

fn reserved_in_message(message: &MessageDescriptor) -> ReservedNow {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let ranges =
        message.reserved_ranges().map(|range| (number(range.start), number(range.end.saturating_sub(1))));
    ReservedNow { numbers: ranges.collect(), names: message.reserved_names().map(str::to_owned).collect() }
}

/// The type of a field as it is written: `repeated p.M`, `map<string, int32>`. Presence is left out: it changes
/// nothing about what a number or name means.
fn shape(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            format!("map<{}, {}>", type_name(&key.kind()), type_name(&value.kind()))
        }
        kind if field.is_list() => format!("repeated {}", type_name(&kind)),
        kind => type_name(&kind),
    }
}

fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(r#enum) => r#enum.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}
