//! Everything that a schema declares, by what it is paired by.

use std::collections::BTreeMap;

use prost_reflect::{
    EnumDescriptor, ExtensionDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, ReflectMessage,
    ServiceDescriptor,
};

use super::change::Element;
use super::facts::{Facts, of_enum, of_extension, of_field, put, put_options};
use crate::diag::Place;
use crate::schema::{File, Schema};

/// What an element is paired by.
pub(super) type Id = (Element, String);

/// A declaration.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The full name; of what has none, that of what holds it.
    pub symbol: String,
    /// What it is, where it has no name of its own.
    pub text: Option<String>,
    /// What it comes and goes with.
    pub parent: Option<Id>,
    pub facts: Facts,
    pub comment: String,
    pub place: Option<Place>,
}

/// All declarations of a schema's own files.
pub(super) type Items = BTreeMap<Id, Item>;

pub(super) fn collect(schema: &Schema) -> Items {
    let mut collector = Collector { schema, items: Items::new() };
    schema.own_files().for_each(|file| collector.file(file));
    collector.items
}

struct Collector<'a> {
    schema: &'a Schema,
    items: Items,
}

/// What an item is made of.
struct New<'a> {
    id: Id,
    symbol: String,
    text: Option<String>,
    parent: Option<&'a Id>,
    facts: Facts,
    file: &'a FileDescriptor,
    path: &'a [i32],
}

impl Collector<'_> {
    fn add(&mut self, new: New<'_>) {
        let New { id, symbol, text, parent, facts, file, path } = new;
        let source = self.schema.file(file.name());
        // What is reserved stands at what reserves it, whose comment is its own.
        let has_comment = id.0 != Element::Reserved && !path.is_empty();
        let location = source.filter(|_| has_comment).and_then(|source| source.location(path));
        let comment =
            location.map_or(String::new(), |it| [it.leading_comments(), it.trailing_comments()].concat());
        let place = source
            .map(|source| if path.is_empty() { Place::file(source.shown()) } else { source.place(path) });
        let item = Item { symbol, text, parent: parent.cloned(), facts, comment, place };
        self.items.entry(id).or_insert(item);
    }

    fn file(&mut self, source: &File) {
        let file = source.descriptor();
        let proto = file.file_descriptor_proto();
        let id = (Element::File, file.name().to_owned());
        let mut facts = Facts::new();
        put(&mut facts, "package", file.package_name());
        put(
            &mut facts,
            "syntax",
            match proto.syntax() {
                "" => "proto2",
                syntax => syntax,
            },
        );
        put_options(&mut facts, &file.options());
        // What it imports comes and goes with the file, whatever declares the same.
        for (index, import) in source.imports().enumerate() {
            let is_in = |list: &[i32]| list.iter().any(|it| usize::try_from(*it) == Ok(index));
            let mut facts = Facts::new();
            put(&mut facts, "public", is_in(&proto.public_dependency));
            put(&mut facts, "weak", is_in(&proto.weak_dependency));
            let path = [3, i32::try_from(index).unwrap_or(i32::MAX)];
            self.add(New {
                id: (Element::Import, format!("{} {import}", file.name())),
                symbol: file.name().to_owned(),
                text: Some(import.to_owned()),
                parent: Some(&id),
                facts,
                file,
                path: &path,
            });
        }
        let package = file.package_name().to_owned();
        self.add(New {
            id: (Element::Package, package.clone()),
            symbol: package,
            text: None,
            parent: None,
            facts: Facts::new(),
            file,
            path: &[2],
        });
        self.add(New {
            symbol: file.name().to_owned(),
            text: None,
            parent: None,
            facts,
            file,
            path: &[],
            id,
        });
        file.messages().for_each(|it| self.message(&it, None));
        file.enums().for_each(|it| self.r#enum(&it, None));
        file.extensions().for_each(|it| self.extension(&it, None));
        file.services().for_each(|it| self.service(&it));
    }

    /// The compiler bounds how deep messages nest. The message of a map field is part of the field's type.
    fn message(&mut self, message: &MessageDescriptor, parent: Option<&Id>) {
        if message.is_map_entry() {
            return;
        }
        let file = message.parent_file();
        let id = (Element::Message, message.full_name().to_owned());
        let mut facts = Facts::new();
        put(&mut facts, "file", file.name());
        put_options(&mut facts, &message.options());
        self.add(New {
            id: id.clone(),
            symbol: message.full_name().to_owned(),
            text: None,
            parent,
            facts,
            file: &file,
            path: message.path(),
        });
        message.fields().for_each(|it| self.field(&it, &id));
        for oneof in message.oneofs().filter(|it| !it.is_synthetic()) {
            let mut facts = Facts::new();
            put_options(&mut facts, &oneof.options());
            self.add(New {
                id: (Element::Oneof, oneof.full_name().to_owned()),
                symbol: oneof.full_name().to_owned(),
                text: None,
                parent: Some(&id),
                facts,
                file: &file,
                path: oneof.path(),
            });
        }
        let proto = message.descriptor_proto();
        let ranges = proto.reserved_range.iter().map(|it| (it.start(), it.end().saturating_sub(1)));
        self.reserved(&id, ranges, &proto.reserved_name, &file, message.path());
        for (index, range) in proto.extension_range.iter().enumerate() {
            let text = span(range.start(), range.end().saturating_sub(1));
            let mut facts = Facts::new();
            if let Some(options) = &range.options {
                put_options(&mut facts, &options.transcode_to_dynamic());
            }
            let path = [message.path(), &[5, i32::try_from(index).unwrap_or(i32::MAX)]].concat();
            self.add(New {
                id: (Element::ExtensionRange, format!("{} {text}", message.full_name())),
                symbol: message.full_name().to_owned(),
                text: Some(text),
                parent: Some(&id),
                facts,
                file: &file,
                path: &path,
            });
        }
        message.child_messages().for_each(|it| self.message(&it, Some(&id)));
        message.child_enums().for_each(|it| self.r#enum(&it, Some(&id)));
        message.child_extensions().for_each(|it| self.extension(&it, Some(&id)));
    }

    fn field(&mut self, field: &FieldDescriptor, parent: &Id) {
        self.add(New {
            id: (Element::Field, format!("{} {}", parent.1, field.number())),
            symbol: field.full_name().to_owned(),
            text: Some(field.number().to_string()),
            parent: Some(parent),
            facts: of_field(field),
            file: &field.parent_message().parent_file(),
            path: field.path(),
        });
    }

    fn extension(&mut self, extension: &ExtensionDescriptor, parent: Option<&Id>) {
        let file = extension.parent_file();
        let mut facts = of_extension(extension);
        put(&mut facts, "file", file.name());
        let home = extension.containing_message();
        self.add(New {
            id: (Element::Extension, format!("{} {}", home.full_name(), extension.number())),
            symbol: extension.full_name().to_owned(),
            text: Some(extension.number().to_string()),
            parent,
            facts,
            file: &file,
            path: extension.path(),
        });
    }

    fn r#enum(&mut self, r#enum: &EnumDescriptor, parent: Option<&Id>) {
        let file = r#enum.parent_file();
        let id = (Element::Enum, r#enum.full_name().to_owned());
        let mut facts = of_enum(r#enum);
        put(&mut facts, "file", file.name());
        self.add(New {
            id: id.clone(),
            symbol: r#enum.full_name().to_owned(),
            text: None,
            parent,
            facts,
            file: &file,
            path: r#enum.path(),
        });
        for value in r#enum.values() {
            let mut facts = Facts::new();
            put(&mut facts, "number", value.number());
            put_options(&mut facts, &value.options());
            // Inside its enum, where a reader looks for it.
            let symbol = format!("{}.{}", r#enum.full_name(), value.name());
            self.add(New {
                id: (Element::Value, symbol.clone()),
                symbol,
                text: None,
                parent: Some(&id),
                facts,
                file: &file,
                path: value.path(),
            });
        }
        let proto = r#enum.enum_descriptor_proto();
        let ranges = proto.reserved_range.iter().map(|it| (it.start(), it.end()));
        self.reserved(&id, ranges, &proto.reserved_name, &file, r#enum.path());
    }

    fn reserved(
        &mut self,
        home: &Id,
        ranges: impl Iterator<Item = (i32, i32)>,
        names: &[String],
        file: &FileDescriptor,
        path: &[i32],
    ) {
        let texts =
            ranges.map(|(start, end)| span(start, end)).chain(names.iter().map(|name| format!("\"{name}\"")));
        for text in texts.collect::<Vec<_>>() {
            self.add(New {
                id: (Element::Reserved, format!("{} {text}", home.1)),
                symbol: home.1.clone(),
                text: Some(text),
                parent: Some(home),
                facts: Facts::new(),
                file,
                path,
            });
        }
    }

    fn service(&mut self, service: &ServiceDescriptor) {
        let file = service.parent_file();
        let id = (Element::Service, service.full_name().to_owned());
        let mut facts = Facts::new();
        put(&mut facts, "file", file.name());
        put_options(&mut facts, &service.options());
        self.add(New {
            id: id.clone(),
            symbol: service.full_name().to_owned(),
            text: None,
            parent: None,
            facts,
            file: &file,
            path: service.path(),
        });
        for method in service.methods() {
            let mut facts = Facts::new();
            put(&mut facts, "request", method.input().full_name());
            put(&mut facts, "response", method.output().full_name());
            put(&mut facts, "client streaming", method.is_client_streaming());
            put(&mut facts, "server streaming", method.is_server_streaming());
            put_options(&mut facts, &method.options());
            let symbol = format!("{}/{}", service.full_name(), method.name());
            self.add(New {
                id: (Element::Rpc, symbol.clone()),
                symbol,
                text: None,
                parent: Some(&id),
                facts,
                file: &file,
                path: method.path(),
            });
        }
    }
}

/// `2` or `2 to 5`.
fn span(start: i32, end: i32) -> String {
    if start == end { start.to_string() } else { format!("{start} to {end}") }
}
