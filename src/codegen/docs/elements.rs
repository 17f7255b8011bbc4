//! Reads messages, enums and extensions into the view of the docs.

use std::collections::HashMap;

use prost_reflect::{EnumDescriptor, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Syntax};

use super::build::Builder;
use super::option_text;
use super::view::{Common, Enum, EnumValue, Extension, Field, Message, Package, TypeName};
use super::wire;
use crate::promise::words::{self, Asked, Words};

/// The largest field number there is (`descriptor.proto`).
const LAST_NUMBER: i32 = 536_870_911;

impl Builder<'_> {
    pub fn message(&self, message: &MessageDescriptor, package: &mut Package) {
        let proto = message.descriptor_proto();
        // Ends are exclusive for messages (descriptor.proto).
        let reserved = proto.reserved_range.iter().map(|it| range(it.start(), it.end() - 1, LAST_NUMBER));
        let open = proto.extension_range.iter().map(|it| range(it.start(), it.end() - 1, LAST_NUMBER));
        let names = proto.reserved_name.iter().map(|name| format!("\"{name}\""));
        let asked = if self.shared.has_rules { words::of(message) } else { Words::default() };
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic()).map(|oneof| {
            let mut common = self.common(oneof.full_name(), oneof.path(), &oneof.options());
            common.name = oneof.name().to_owned();
            common.options.retain(|it| !it.name.starts_with("(buf.validate.oneof)"));
            common
        });
        let mut common = self.common(message.full_name(), message.path(), &message.options());
        say(&asked.message, &mut common);
        package.messages.push(Message {
            common,
            // prost-reflect iterates in the order of the numbers; readers expect that of the file.
            fields: proto
                .field
                .iter()
                .filter_map(|field| message.get_field_by_name(field.name()))
                .map(|field| self.field(&field, asked.fields.get(field.name())))
                .collect(),
            oneofs: oneofs.collect(),
            reserved: reserved.chain(names).collect(),
            extension_ranges: open.collect(),
            sample: self.shared.samples.of(message).map(|it| format!("{:#}", it.json)),
        });
        for child in message.child_messages().filter(|child| !child.is_map_entry()) {
            self.message(&child, package);
        }
        package.enums.extend(message.child_enums().map(|kind| self.enumeration(&kind)));
        package.extensions.extend(message.child_extensions().map(|it| self.extension(&it)));
    }

    fn field(&self, field: &FieldDescriptor, asked: Option<&Asked>) -> Field {
        let mut common = self.common(field.full_name(), field.path(), &field.options());
        common.name = field.name().to_owned();
        let whole = Asked::default();
        say(asked.unwrap_or(&whole), &mut common);
        if let Some(promised) =
            self.shared.contract.services.values().find_map(|it| it.fields.get(field.full_name()))
        {
            common.rules.extend(promised.words());
            common.options.retain(|it| !option_text::is_contract(&it.name));
        }
        let entry = field.kind().as_message().filter(|_| field.is_map()).cloned();
        let packed =
            wire::is_packed(field.is_list(), &field.kind(), &field.options(), field.parent_file().syntax());
        Field {
            common,
            number: field.number(),
            label: wire::label(field),
            presence: wire::presence(field),
            wire: wire::wire_type(&field.kind(), packed, field.is_group()),
            packed,
            json_name: field.json_name().to_owned(),
            json_name_is_own: field.json_name() != wire::default_json_name(field.name()),
            r#type: match &entry {
                Some(entry) => self.type_name(&entry.map_entry_value_field().kind(), false),
                None => self.type_name(&field.kind(), field.is_group()),
            },
            map_key: entry.map(|entry| self.type_name(&entry.map_entry_key_field().kind(), false).name),
            oneof: field.containing_oneof().filter(|o| !o.is_synthetic()).map(|o| o.name().to_owned()),
            default: field.field_descriptor_proto().default_value.clone(),
        }
    }

    pub fn extension(&self, extension: &ExtensionDescriptor) -> Extension {
        let syntax = extension.parent_file().syntax();
        let packed = wire::is_packed(extension.is_list(), &extension.kind(), &extension.options(), syntax);
        let field = Field {
            common: self.common(extension.full_name(), extension.path(), &extension.options()),
            number: extension.number(),
            label: if extension.is_list() { "repeated" } else { "" },
            presence: if extension.is_list() { "repeated" } else { "explicit" },
            wire: wire::wire_type(&extension.kind(), packed, extension.is_group()),
            packed,
            // ProtoJSON knows an extension by its full name in brackets.
            json_name: format!("[{}]", extension.full_name()),
            json_name_is_own: false,
            r#type: self.type_name(&extension.kind(), extension.is_group()),
            map_key: None,
            oneof: None,
            default: extension.field_descriptor_proto().default_value.clone(),
        };
        Extension { field, extendee: self.named(extension.containing_message().full_name()) }
    }

    pub fn enumeration(&self, kind: &EnumDescriptor) -> Enum {
        let proto = kind.enum_descriptor_proto();
        let mut first: HashMap<i32, String> = HashMap::new();
        let values = proto.value.iter().enumerate().filter_map(|(index, proto)| {
            let value = kind.get_value_by_name(proto.name())?;
            // Field 2 of `EnumDescriptorProto`.
            let path = [kind.path(), &[2, i32::try_from(index).ok()?]].concat();
            let mut common = self.common(value.full_name(), &path, &value.options());
            common.name = value.name().to_owned();
            let alias_of = first.get(&value.number()).cloned();
            first.entry(value.number()).or_insert_with(|| value.name().to_owned());
            Some(EnumValue { common, number: value.number(), alias_of })
        });
        let values = values.collect();
        // Ends are inclusive for enums (descriptor.proto).
        let reserved = proto.reserved_range.iter().map(|it| range(it.start(), it.end(), i32::MAX));
        let names = proto.reserved_name.iter().map(|name| format!("\"{name}\""));
        Enum {
            common: self.common(kind.full_name(), kind.path(), &kind.options()),
            values,
            closed: kind.parent_file().syntax() == Syntax::Proto2,
            reserved: reserved.chain(names).collect(),
        }
    }

    fn type_name(&self, kind: &Kind, group: bool) -> TypeName {
        match kind {
            Kind::Message(message) if group => {
                TypeName { name: format!("group {}", message.name()), ..self.named(message.full_name()) }
            }
            Kind::Message(message) => self.named(message.full_name()),
            Kind::Enum(kind) => self.named(kind.full_name()),
            scalar => TypeName { name: format!("{scalar:?}").to_lowercase(), href: None },
        }
    }
}

/// The rules in words, and no option that they say all of.
fn say(asked: &Asked, common: &mut Common) {
    let comment = common.comment.to_lowercase();
    // Many comments begin with it already.
    let is_new =
        |it: &&String| !(matches!(it.as_str(), "required" | "optional") && comment.starts_with(it.as_str()));
    common.rules.extend(asked.phrases.iter().filter(is_new).cloned());
    common.options.retain(|it| {
        let is_behavior = it.name.starts_with("(google.api.field_behavior)");
        let is_rule =
            ["field", "message"].iter().any(|of| it.name.starts_with(&format!("(buf.validate.{of})")));
        !((is_rule && asked.whole || is_behavior) && !asked.phrases.is_empty())
    });
}

fn range(start: i32, end: i32, last: i32) -> String {
    match end {
        end if end == start => end.to_string(),
        end if end >= last => format!("{start} to max"),
        end => format!("{start} to {end}"),
    }
}
