//! What rules compare and point at: prost-reflect's descriptors, and three thin ones of our own.

use prost_reflect::{
    Cardinality, DescriptorPool, EnumDescriptor, EnumValueDescriptor, ExtensionDescriptor, FieldDescriptor,
    FileDescriptor, Kind as ProtoKind, MessageDescriptor, MethodDescriptor, OneofDescriptor,
    ServiceDescriptor, Value,
};
use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Type;

use super::symbol::symbol;
use crate::diag::Place;
use crate::schema::Schema;

/// Tokens inside an element, as the tails of `SourceCodeInfo.Location.path`: the field numbers of
/// `google/protobuf/descriptor.proto`.
pub(super) mod token {
    pub const PACKAGE: &[i32] = &[2];
    pub const SYNTAX: &[i32] = &[12];
    pub const FILE_JAVA_CHECK: &[i32] = &[8, 27];
    pub const MESSAGE_NO_ACCESSOR: &[i32] = &[7, 2];
    pub const FIELD_NAME: &[i32] = &[1];
    pub const FIELD_DEFAULT: &[i32] = &[7];
    pub const FIELD_JSON_NAME: &[i32] = &[10];
    pub const FIELD_CTYPE: &[i32] = &[8, 1];
    pub const FIELD_JSTYPE: &[i32] = &[8, 6];
    pub const VALUE_NUMBER: &[i32] = &[2];
    pub const METHOD_IDEMPOTENCY: &[i32] = &[4, 34];
    pub const FIELD_TYPE: &[i32] = &[5];
    pub const FIELD_TYPE_NAME: &[i32] = &[6];
    pub const METHOD_INPUT: &[i32] = &[2];
    pub const METHOD_OUTPUT: &[i32] = &[3];
}

/// Somewhere in a schema: paths of one file, best first.
pub(super) struct Spot {
    file: FileDescriptor,
    paths: Vec<Vec<i32>>,
    /// The word that the first path starts with, where protox leaves it out and buf does not.
    first_word: Option<&'static str>,
}

impl Spot {
    /// The file as a whole.
    pub(super) fn file(file: &FileDescriptor) -> Spot {
        Spot { file: file.clone(), paths: Vec::new(), first_word: None }
    }

    /// A token of a file; the file as a whole where the token is not written.
    pub(super) fn part(file: &FileDescriptor, token: &[i32]) -> Spot {
        Spot { file: file.clone(), paths: vec![token.to_vec()], first_word: None }
    }

    pub(super) fn into_file(self) -> FileDescriptor {
        self.file
    }

    /// The full name of the element it is in.
    pub(super) fn symbol(&self) -> Option<String> {
        self.paths.iter().find_map(|path| symbol(&self.file, path))
    }

    /// The first path that the source knows, else the file.
    pub(super) fn resolve(&self, schema: &Schema) -> Place {
        let Some(file) = schema.file(self.file.name()) else { return Place::file(self.file.name()) };
        let known = self.paths.iter().position(|path| file.location(path).is_some());
        // No field of a file has the number 0, so this is a path that is nowhere: the file as a whole.
        let place = file.place(known.map_or(&[0], |known| &self.paths[known]));
        match self.first_word {
            Some(word) if known == Some(0) => place.from_word(word),
            _ => place,
        }
    }
}

/// Anything that stands in a file.
pub(super) trait Element {
    fn file(&self) -> FileDescriptor;

    fn path(&self) -> &[i32];

    /// The map field that generated it, if one did.
    fn map_field(&self) -> Option<FieldDescriptor> {
        None
    }

    /// All of it, from its first token to its last.
    fn whole(&self) -> Spot {
        self.spot(None)
    }

    /// A token of it; all of it where the token is not written.
    fn token(&self, token: &[i32]) -> Spot {
        self.spot(Some([self.path(), token].concat()))
    }

    /// A token of it; the file as a whole where the token is not written.
    fn only(&self, token: &[i32]) -> Spot {
        Spot { file: self.file(), paths: vec![[self.path(), token].concat()], first_word: None }
    }

    /// A token of its file; all of it where the token is not written.
    fn part_of_file(&self, token: &[i32]) -> Spot {
        self.spot(Some(token.to_vec()))
    }

    /// The path, else all of it, else the `map<…>` that generated it.
    fn spot(&self, path: Option<Vec<i32>>) -> Spot {
        let generator = self.map_field().map(|field| [field.path(), token::FIELD_TYPE_NAME].concat());
        let paths = path.into_iter().chain([self.path().to_vec()]).chain(generator);
        Spot { file: self.file(), paths: paths.collect(), first_word: None }
    }
}

/// The field whose `map<…>` made this message.
fn map_field(entry: &MessageDescriptor) -> Option<FieldDescriptor> {
    let outer = entry.parent_message().filter(|_| entry.is_map_entry())?;
    outer.fields().find(|field| matches!(field.kind(), ProtoKind::Message(it) if it == *entry))
}

macro_rules! elements {
    ($($Descriptor:ident $({ $generator:item })?)*) => {$(
        impl Element for $Descriptor {
            $($generator)?

            fn file(&self) -> FileDescriptor {
                self.parent_file()
            }

            fn path(&self) -> &[i32] {
                $Descriptor::path(self)
            }
        }
    )*};
}

elements! {
    MessageDescriptor {
        fn map_field(&self) -> Option<FieldDescriptor> {
            map_field(self)
        }
    }
    FieldDescriptor ExtensionDescriptor OneofDescriptor EnumDescriptor
    EnumValueDescriptor ServiceDescriptor MethodDescriptor
}

/// A field of a message, or an extension of one.
#[derive(Debug, Clone)]
pub(super) enum Field {
    Member(FieldDescriptor),
    Extension(ExtensionDescriptor),
}

macro_rules! either {
    ($self:ident, $field:ident => $value:expr) => {
        match $self {
            Field::Member($field) => $value,
            Field::Extension($field) => $value,
        }
    };
}

impl Field {
    pub(super) fn proto(&self) -> &FieldDescriptorProto {
        either!(self, field => field.field_descriptor_proto())
    }

    pub(super) fn is_extension(&self) -> bool {
        matches!(self, Field::Extension(_))
    }

    pub(super) fn number(&self) -> u32 {
        either!(self, field => field.number())
    }

    /// The name; the full name of an extension, which has no other outside its file.
    pub(super) fn name(&self) -> &str {
        match self {
            Field::Member(field) => field.name(),
            Field::Extension(field) => field.full_name(),
        }
    }

    pub(super) fn json_name(&self) -> &str {
        either!(self, field => field.json_name())
    }

    pub(super) fn kind(&self) -> ProtoKind {
        either!(self, field => field.kind())
    }

    pub(super) fn is_string(&self) -> bool {
        self.proto().r#type() == Type::String
    }

    pub(super) fn is_in_map_entry(&self) -> bool {
        match self {
            Field::Member(field) => field.parent_message().is_map_entry(),
            Field::Extension(_) => false,
        }
    }

    pub(super) fn is_group(&self) -> bool {
        either!(self, field => field.is_group())
    }

    pub(super) fn is_map(&self) -> bool {
        either!(self, field => field.is_map())
    }

    /// The default that is written, or that the type has.
    pub(super) fn default_value(&self) -> Value {
        either!(self, field => field.default_value())
    }

    pub(super) fn cardinality(&self) -> Cardinality {
        either!(self, field => field.cardinality())
    }

    pub(super) fn supports_presence(&self) -> bool {
        either!(self, field => field.supports_presence())
    }

    /// The oneof that the author wrote: `optional` in proto3 makes one that nobody sees.
    pub(super) fn written_oneof(&self) -> Option<OneofDescriptor> {
        match self {
            Field::Member(field) => field.containing_oneof().filter(|oneof| !oneof.is_synthetic()),
            Field::Extension(_) => None,
        }
    }

    /// How a sentence starts: field 2 `b` of message `M`.
    pub(super) fn title(&self) -> String {
        format!("{} `{}` of {}", self.numbered(), self.name(), self.home())
    }

    /// "field 2".
    pub(super) fn numbered(&self) -> String {
        let word = if self.is_extension() { "extension" } else { "field" };
        format!("{word} {}", self.number())
    }

    /// "message `M`".
    pub(super) fn home(&self) -> String {
        match self {
            Field::Member(field) => format!("message `{}`", field.parent_message().name()),
            Field::Extension(field) => format!("message `{}`", field.containing_message().full_name()),
        }
    }

    /// The type as it is written: `int32`, `pkg.M`.
    pub(super) fn type_name(&self) -> String {
        match self.kind() {
            ProtoKind::Message(message) if self.is_group() => format!("group {}", message.full_name()),
            ProtoKind::Message(message) => message.full_name().to_owned(),
            ProtoKind::Enum(r#enum) => r#enum.full_name().to_owned(),
            scalar => format!("{scalar:?}"),
        }
    }

    /// The same type: the same scalar, or the same kind and full name.
    pub(super) fn has_type_of(&self, other: &Field) -> bool {
        // Both are filled in and fully qualified when a schema is linked.
        let (one, two) = (self.proto(), other.proto());
        one.r#type == two.r#type && one.type_name == two.type_name
    }

    /// `default = …`.
    pub(super) fn default_spot(&self) -> Spot {
        Spot { first_word: Some("default"), ..self.token(token::FIELD_DEFAULT) }
    }

    /// `json_name = …`.
    pub(super) fn json_name_spot(&self) -> Spot {
        Spot { first_word: Some("json_name"), ..self.token(token::FIELD_JSON_NAME) }
    }

    /// The token of the type; of a group, the word `group`.
    pub(super) fn type_spot(&self) -> Spot {
        match self.kind() {
            ProtoKind::Message(_) if self.is_group() => self.token(token::FIELD_TYPE),
            ProtoKind::Message(_) | ProtoKind::Enum(_) => self.token(token::FIELD_TYPE_NAME),
            _ => self.token(token::FIELD_TYPE),
        }
    }
}

impl Element for Field {
    fn file(&self) -> FileDescriptor {
        either!(self, field => field.parent_file())
    }

    fn path(&self) -> &[i32] {
        either!(self, field => field.path())
    }

    fn map_field(&self) -> Option<FieldDescriptor> {
        match self {
            Field::Member(field) => map_field(field.parent_message()),
            Field::Extension(_) => None,
        }
    }
}

/// All values of one number of an enum: more than one with `allow_alias`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'a> {
    /// Never empty, all of one number.
    pub values: &'a [EnumValueDescriptor],
}

impl<'a> Number<'a> {
    pub(super) fn number(&self) -> i32 {
        self.values[0].number()
    }

    /// The names, sorted.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.values.iter().map(EnumValueDescriptor::name).collect();
        names.sort_unstable();
        names
    }

    /// "`A`, `B`".
    pub(super) fn quoted_names(&self) -> String {
        self.names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// What can be declared at the top of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Message,
    Enum,
    Extension,
    Service,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Message => "message",
            Kind::Enum => "enum",
            Kind::Extension => "extension",
            Kind::Service => "service",
        }
    }

    /// The file in which a schema declares a full name as this kind.
    pub(super) fn file_of(self, schema: &Schema, full_name: &str) -> Option<FileDescriptor> {
        self.file_in(schema.pool(), full_name)
    }

    /// The same for a pool.
    pub(super) fn file_in(self, pool: &DescriptorPool, full_name: &str) -> Option<FileDescriptor> {
        match self {
            Kind::Message => pool.get_message_by_name(full_name).map(|it| it.parent_file()),
            Kind::Enum => pool.get_enum_by_name(full_name).map(|it| it.parent_file()),
            Kind::Extension => pool.get_extension_by_name(full_name).map(|it| it.parent_file()),
            Kind::Service => pool.get_service_by_name(full_name).map(|it| it.parent_file()),
        }
    }
}

/// A message, enum, extension or service that is gone.
#[derive(Debug, Clone)]
pub(super) struct Declaration {
    pub kind: Kind,
    pub full_name: String,
    pub file: FileDescriptor,
    pub path: Vec<i32>,
}

impl Declaration {
    /// The name inside the package: `Outer.Inner`.
    pub(super) fn nested_name(&self) -> &str {
        nested_name(&self.full_name, self.file.package_name())
    }
}

impl Element for Declaration {
    fn file(&self) -> FileDescriptor {
        self.file.clone()
    }

    fn path(&self) -> &[i32] {
        &self.path
    }
}

/// A full name without its package.
pub(super) fn nested_name<'a>(full_name: &'a str, package: &str) -> &'a str {
    match package {
        "" => full_name,
        _ => full_name.get(package.len() + 1..).unwrap_or(full_name),
    }
}

/// A name inside a package.
pub(super) fn full_name(package: &str, nested: &str) -> String {
    match package {
        "" => nested.to_owned(),
        _ => format!("{package}.{nested}"),
    }
}
