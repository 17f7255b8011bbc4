//! Reads a schema into the view of the docs.

use std::collections::{BTreeMap, HashSet};

use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind,
    MessageDescriptor, MethodDescriptor, ServiceDescriptor, Syntax,
};

use super::links;
use super::option_text::options;
use super::view::{
    Common, Docs, Enum, EnumValue, Extension, Field, Message, Method, Package, Service, TypeName,
};
use crate::codegen::rust::dedent;
use crate::schema::{File, Origin, Schema};

/// The view of the source's own files.
pub(super) fn docs(schema: &Schema, title: &str) -> Docs {
    let described = described(schema);
    let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
    for file in schema.own_files() {
        let name = file.descriptor().package_name();
        let package = packages.entry(name).or_insert_with(|| Package::new(name));
        Builder { described: &described, file, package: name }.fill(package);
    }
    let packages = packages.into_values().filter(|package| !package.is_empty()).collect();
    Docs { title: title.to_owned(), packages }
}

/// The full name of everything that has a heading or a row of its own.
fn described(schema: &Schema) -> HashSet<String> {
    let pool = schema.pool();
    let own = |file: FileDescriptor| schema.file(file.name()).is_some_and(|it| it.origin() == Origin::Own);
    let mut names = HashSet::new();
    for service in pool.services().filter(|it| own(it.parent_file())) {
        names.extend(service.methods().map(|it| it.full_name().to_owned()));
        names.insert(service.full_name().to_owned());
    }
    for message in pool.all_messages().filter(|it| own(it.parent_file()) && !it.is_map_entry()) {
        names.extend(message.fields().map(|it| it.full_name().to_owned()));
        names.insert(message.full_name().to_owned());
    }
    for kind in pool.all_enums().filter(|it| own(it.parent_file())) {
        names.extend(kind.values().map(|it| it.full_name().to_owned()));
        names.insert(kind.full_name().to_owned());
    }
    let extensions = pool.all_extensions().filter(|it| own(it.parent_file()));
    names.extend(extensions.map(|it| it.full_name().to_owned()));
    names
}

impl Package {
    fn new(name: &str) -> Package {
        Package {
            name: if name.is_empty() { "(no package)".to_owned() } else { name.to_owned() },
            // No element has a colon in its name.
            anchor: format!("package:{name}"),
            files: Vec::new(),
            comment: String::new(),
            services: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.services.is_empty()
            && self.messages.is_empty()
            && self.enums.is_empty()
            && self.extensions.is_empty()
            && self.comment.is_empty()
    }
}

/// Reads one file.
struct Builder<'a> {
    described: &'a HashSet<String>,
    file: &'a File,
    package: &'a str,
}

impl Builder<'_> {
    fn fill(&self, package: &mut Package) {
        package.files.push(self.file.name().to_owned());
        // Field 2 of `FileDescriptorProto` is the package; its comment describes it.
        let comment = self.comment(&[2]);
        if !comment.is_empty() && !package.comment.is_empty() {
            package.comment.push_str("\n\n");
        }
        package.comment.push_str(&comment);
        let file = self.file.descriptor();
        package.services.extend(file.services().map(|service| self.service(&service)));
        for message in file.messages() {
            self.message(&message, package);
        }
        package.enums.extend(file.enums().map(|kind| self.enumeration(&kind)));
        package.extensions.extend(file.extensions().map(|it| self.extension(&it)));
    }

    fn service(&self, service: &ServiceDescriptor) -> Service {
        Service {
            common: self.common(service.full_name(), service.path(), &service.options()),
            methods: service.methods().map(|method| self.method(&method)).collect(),
        }
    }

    fn method(&self, method: &MethodDescriptor) -> Method {
        let options = method.options();
        let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
            (false, false) => "unary",
            (false, true) => "server streaming",
            (true, false) => "client streaming",
            (true, true) => "bidirectional streaming",
        };
        // `MethodOptions.IdempotencyLevel` of descriptor.proto: 1 and 2.
        let idempotency = options.get_field_by_name("idempotency_level");
        let idempotency = match idempotency.and_then(|level| level.as_enum_number()) {
            Some(1) => Some("no side effects"),
            Some(2) => Some("idempotent"),
            _ => None,
        };
        let mut common = self.common(method.full_name(), method.path(), &options);
        common.name = method.name().to_owned();
        Method {
            common,
            kind,
            request: self.message_name(&method.input()),
            response: self.message_name(&method.output()),
            client_streaming: method.is_client_streaming(),
            server_streaming: method.is_server_streaming(),
            idempotency,
            path: format!("/{}/{}", method.parent_service().full_name(), method.name()),
        }
    }

    fn message(&self, message: &MessageDescriptor, package: &mut Package) {
        let proto = message.descriptor_proto();
        // `ReservedRange.end` is exclusive for messages (descriptor.proto).
        let ranges = proto.reserved_range.iter().map(|range| match range.end() - 1 {
            end if end == range.start() => end.to_string(),
            end => format!("{} to {end}", range.start()),
        });
        let names = proto.reserved_name.iter().map(|name| format!("\"{name}\""));
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic()).map(|oneof| {
            let mut common = self.common(oneof.full_name(), oneof.path(), &oneof.options());
            common.name = oneof.name().to_owned();
            common
        });
        package.messages.push(Message {
            common: self.common(message.full_name(), message.path(), &message.options()),
            // prost-reflect iterates in the order of the numbers; readers expect that of the file.
            fields: proto
                .field
                .iter()
                .filter_map(|field| message.get_field_by_name(field.name()))
                .map(|field| self.field(&field))
                .collect(),
            oneofs: oneofs.collect(),
            reserved: ranges.chain(names).collect(),
        });
        for child in message.child_messages().filter(|child| !child.is_map_entry()) {
            self.message(&child, package);
        }
        package.enums.extend(message.child_enums().map(|kind| self.enumeration(&kind)));
        package.extensions.extend(message.child_extensions().map(|it| self.extension(&it)));
    }

    fn field(&self, field: &FieldDescriptor) -> Field {
        let mut common = self.common(field.full_name(), field.path(), &field.options());
        common.name = field.name().to_owned();
        let entry = field.kind().as_message().filter(|_| field.is_map()).cloned();
        let proto3 = field.parent_file().syntax() == Syntax::Proto3;
        let proto = field.field_descriptor_proto();
        let label = match field.cardinality() {
            _ if entry.is_some() => "",
            Cardinality::Repeated => "repeated",
            Cardinality::Required => "required",
            Cardinality::Optional if proto3 && !proto.proto3_optional() => "",
            Cardinality::Optional if !proto3 && field.containing_oneof().is_some() => "",
            Cardinality::Optional => "optional",
        };
        Field {
            common,
            number: field.number(),
            label,
            r#type: match &entry {
                Some(entry) => self.type_name(&entry.map_entry_value_field().kind(), false),
                None => self.type_name(&field.kind(), field.is_group()),
            },
            map_key: entry.map(|entry| self.type_name(&entry.map_entry_key_field().kind(), false).name),
            oneof: field.containing_oneof().filter(|o| !o.is_synthetic()).map(|o| o.name().to_owned()),
            default: proto.default_value.clone(),
        }
    }

    fn extension(&self, extension: &ExtensionDescriptor) -> Extension {
        let field = Field {
            common: self.common(extension.full_name(), extension.path(), &extension.options()),
            number: extension.number(),
            label: if extension.is_list() { "repeated" } else { "" },
            r#type: self.type_name(&extension.kind(), extension.is_group()),
            map_key: None,
            oneof: None,
            default: extension.field_descriptor_proto().default_value.clone(),
        };
        Extension { field, extendee: self.message_name(&extension.containing_message()) }
    }

    fn enumeration(&self, kind: &EnumDescriptor) -> Enum {
        let values = kind.enum_descriptor_proto().value.iter().enumerate().filter_map(|(index, proto)| {
            let value = kind.get_value_by_name(proto.name())?;
            // Field 2 of `EnumDescriptorProto`.
            let path = [kind.path(), &[2, i32::try_from(index).ok()?]].concat();
            let mut common = self.common(value.full_name(), &path, &value.options());
            common.name = value.name().to_owned();
            Some(EnumValue { common, number: value.number() })
        });
        Enum { common: self.common(kind.full_name(), kind.path(), &kind.options()), values: values.collect() }
    }

    fn common(&self, full_name: &str, path: &[i32], set: &DynamicMessage) -> Common {
        Common {
            name: self.local(full_name).to_owned(),
            full_name: full_name.to_owned(),
            comment: self.comment(path),
            deprecated: set
                .get_field_by_name("deprecated")
                .is_some_and(|value| value.as_bool() == Some(true)),
            options: options(set),
        }
    }

    /// The comments above and behind an element, without their margin.
    fn comment(&self, path: &[i32]) -> String {
        let Some(location) = self.file.location(path) else { return String::new() };
        let parts = [location.leading_comments.as_deref(), location.trailing_comments.as_deref()];
        let parts: Vec<String> =
            parts.into_iter().flatten().map(dedent).filter(|text| !text.is_empty()).collect();
        links::resolve(&parts.join("\n\n"), |name| self.described.contains(name))
    }

    fn type_name(&self, kind: &Kind, group: bool) -> TypeName {
        match kind {
            Kind::Message(message) if group => {
                TypeName { name: format!("group {}", message.name()), ..self.message_name(message) }
            }
            Kind::Message(message) => self.message_name(message),
            Kind::Enum(kind) => self.named(kind.full_name()),
            scalar => TypeName { name: format!("{scalar:?}").to_lowercase(), anchor: None },
        }
    }

    fn message_name(&self, message: &MessageDescriptor) -> TypeName {
        self.named(message.full_name())
    }

    fn named(&self, full_name: &str) -> TypeName {
        let anchor = self.described.get(full_name).cloned();
        TypeName { name: self.local(full_name).to_owned(), anchor }
    }

    fn local<'n>(&self, full_name: &'n str) -> &'n str {
        full_name
            .strip_prefix(self.package)
            .and_then(|rest| if self.package.is_empty() { Some(rest) } else { rest.strip_prefix('.') })
            .unwrap_or(full_name)
    }
}
