//! What the templates of the docs see: plain values, in the order they are shown.

use std::collections::BTreeMap;

use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor, Syntax,
};
use serde::Serialize;

use super::option_text::options;
use crate::codegen::rust::dedent;
use crate::schema::{File, Schema};

/// Everything.
#[derive(Debug, Serialize)]
pub struct Docs {
    /// The title of the page.
    pub title: String,
    /// In the order of their names.
    pub packages: Vec<Package>,
}

/// One package.
#[derive(Debug, Serialize)]
pub struct Package {
    /// The name; `(no package)` where there is none.
    pub name: String,
    /// The id of its heading.
    pub anchor: String,
    /// The files it is made of.
    pub files: Vec<String>,
    /// The comments above the `package` statements, CommonMark.
    pub comment: String,
    /// In the order of the files.
    pub services: Vec<Service>,
    /// Nested ones right after the one they are in.
    pub messages: Vec<Message>,
    /// Those of messages included.
    pub enums: Vec<Enum>,
}

/// What every element has.
#[derive(Debug, Serialize)]
pub struct Common {
    /// The name without the package: `Outer.Inner`.
    pub name: String,
    /// The full name, which is also the id of its heading.
    pub full_name: String,
    /// CommonMark, as written; raw HTML is for the template to escape.
    pub comment: String,
    /// Marked as deprecated.
    pub deprecated: bool,
    /// The options that are set.
    pub options: Vec<OptionText>,
}

/// One option that is set.
#[derive(Debug, Serialize)]
pub struct OptionText {
    /// `(buf.validate.field).string`.
    pub name: String,
    /// `{min_len: 1}`.
    pub value: String,
}

/// One service.
#[derive(Debug, Serialize)]
pub struct Service {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub methods: Vec<Method>,
}

/// One method.
#[derive(Debug, Serialize)]
pub struct Method {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// `unary`, `server streaming`, `client streaming` or `bidirectional streaming`.
    pub kind: &'static str,
    /// What it takes.
    pub request: TypeName,
    /// What it returns.
    pub response: TypeName,
    /// Whether the caller streams.
    pub client_streaming: bool,
    /// Whether the server streams.
    pub server_streaming: bool,
    /// What the schema promises about calling it again: `no side effects`, `idempotent` or nothing.
    pub idempotency: Option<&'static str>,
    /// The path of its HTTP/2 requests.
    pub path: String,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct Message {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub fields: Vec<Field>,
    /// The oneofs, synthetic ones left out.
    pub oneofs: Vec<Common>,
    /// Numbers and names that must not be used again: `2`, `5 to 9`, `"old"`.
    pub reserved: Vec<String>,
}

/// One field.
#[derive(Debug, Serialize)]
pub struct Field {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// The number on the wire.
    pub number: u32,
    /// `optional`, `required`, `repeated` or nothing.
    pub label: &'static str,
    /// The type, or the type of the values of a map.
    pub r#type: TypeName,
    /// The type of the keys, for a map.
    pub map_key: Option<String>,
    /// The oneof it is part of.
    pub oneof: Option<String>,
    /// The default, where the schema gives one.
    pub default: Option<String>,
}

/// A type, and where on this page it is.
#[derive(Debug, Serialize)]
pub struct TypeName {
    /// `string`, `UserRequest`, `google.protobuf.Empty`.
    pub name: String,
    /// The id of its heading, if it is described here.
    pub anchor: Option<String>,
}

/// One enum.
#[derive(Debug, Serialize)]
pub struct Enum {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// In the order of the schema.
    pub values: Vec<EnumValue>,
}

/// One value of an enum.
#[derive(Debug, Serialize)]
pub struct EnumValue {
    /// Name, comment, options.
    #[serde(flatten)]
    pub common: Common,
    /// The number on the wire.
    pub number: i32,
}

impl Docs {
    /// The view of the source's own files.
    pub fn new(schema: &Schema, title: &str) -> Docs {
        let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
        for file in schema.own_files() {
            let name = file.descriptor().package_name();
            let package = packages.entry(name).or_insert_with(|| Package::new(name));
            Builder { schema, file, package: name }.fill(package);
        }
        let packages = packages.into_values().filter(|package| !package.is_empty()).collect();
        Docs { title: title.to_owned(), packages }
    }
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
        }
    }

    fn is_empty(&self) -> bool {
        self.services.is_empty()
            && self.messages.is_empty()
            && self.enums.is_empty()
            && self.comment.is_empty()
    }
}

/// Reads one file.
struct Builder<'a> {
    schema: &'a Schema,
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

    fn enumeration(&self, kind: &EnumDescriptor) -> Enum {
        let values = kind.enum_descriptor_proto().value.iter().enumerate().filter_map(|(index, proto)| {
            let value = kind.values().find(|value| value.name() == proto.name())?;
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
        parts.join("\n\n")
    }

    fn type_name(&self, kind: &Kind, group: bool) -> TypeName {
        match kind {
            Kind::Message(message) if group => {
                TypeName { name: format!("group {}", message.name()), ..self.message_name(message) }
            }
            Kind::Message(message) => self.message_name(message),
            Kind::Enum(kind) => self.named(kind.full_name(), kind.parent_file().name()),
            scalar => TypeName { name: format!("{scalar:?}").to_lowercase(), anchor: None },
        }
    }

    fn message_name(&self, message: &MessageDescriptor) -> TypeName {
        self.named(message.full_name(), message.parent_file().name())
    }

    fn named(&self, full_name: &str, file: &str) -> TypeName {
        let here = self.schema.own_files().any(|own| own.name() == file);
        TypeName { name: self.local(full_name).to_owned(), anchor: here.then(|| full_name.to_owned()) }
    }

    fn local<'n>(&self, full_name: &'n str) -> &'n str {
        full_name
            .strip_prefix(self.package)
            .and_then(|rest| if self.package.is_empty() { Some(rest) } else { rest.strip_prefix('.') })
            .unwrap_or(full_name)
    }
}
