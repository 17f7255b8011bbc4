//! A field of a message or an extension of one, as both encodings know it.

use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, ExtensionDescriptor, FieldDescriptor, FileDescriptor, Kind,
    MessageDescriptor, OneofDescriptor, Syntax, Value,
};

/// A field of a message, or an extension of one.
#[derive(Debug, Clone)]
pub enum Field {
    /// Declared in the message.
    Member(FieldDescriptor),
    /// Declared elsewhere.
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

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    Many,
    Map,
}

impl Field {
    /// Every field of a message, those that extend it last.
    pub(super) fn all(message: &MessageDescriptor) -> Vec<Field> {
        let mut all: Vec<Field> = message.fields().map(Field::Member).collect();
        all.extend(message.extensions().map(Field::Extension));
        all
    }

    /// The field of this number.
    pub(super) fn by_number(message: &MessageDescriptor, number: u32) -> Option<Field> {
        let member = message.get_field(number).map(Field::Member);
        member.or_else(|| message.get_extension(number).map(Field::Extension))
    }

    /// The field that a reader of ProtoJSON takes a key for.
    pub(super) fn by_key(message: &MessageDescriptor, key: &str) -> Option<Field> {
        let member = message.get_field_by_json_name(key).or_else(|| message.get_field_by_name(key));
        let extension = || message.get_extension_by_json_name(key).map(Field::Extension);
        member.map(Field::Member).or_else(extension)
    }

    pub(super) fn number(&self) -> u32 {
        either!(self, field => field.number())
    }

    /// What code calls it; of an extension the full name.
    pub(super) fn name(&self) -> &str {
        match self {
            Field::Member(field) => field.name(),
            Field::Extension(field) => field.full_name(),
        }
    }

    /// `package.Message.field`.
    pub fn full_name(&self) -> &str {
        either!(self, field => field.full_name())
    }

    /// Its key in ProtoJSON.
    pub(super) fn key(&self) -> &str {
        either!(self, field => field.json_name())
    }

    /// The type it has.
    pub fn kind(&self) -> Kind {
        either!(self, field => field.kind())
    }

    pub(super) fn file(&self) -> FileDescriptor {
        either!(self, field => field.parent_file())
    }

    pub(super) fn shape(&self) -> Shape {
        if either!(self, field => field.is_map()) {
            Shape::Map
        } else if either!(self, field => field.is_list()) {
            Shape::Many
        } else {
            Shape::One
        }
    }

    pub(super) fn is_group(&self) -> bool {
        either!(self, field => field.is_group())
    }

    pub(super) fn is_packed(&self) -> bool {
        either!(self, field => field.is_packed())
    }

    pub(super) fn is_required(&self) -> bool {
        either!(self, field => field.cardinality()) == Cardinality::Required
    }

    /// Is absence another thing than the default?
    pub(super) fn has_presence(&self) -> bool {
        either!(self, field => field.supports_presence())
    }

    pub(super) fn is_deprecated(&self) -> bool {
        let proto = either!(self, field => field.field_descriptor_proto());
        proto.options.as_ref().is_some_and(|options| options.deprecated())
    }

    /// Must what a string holds be UTF-8? Strings of proto2 are only supposed to.
    pub(super) fn checks_utf8(&self) -> bool {
        self.file().syntax() != Syntax::Proto2
    }

    /// The value of its kind when nothing is set; of lists and maps the empty one.
    pub(super) fn default(&self) -> Value {
        either!(self, field => field.default_value())
    }

    /// The oneof that somebody wrote around it.
    pub(super) fn oneof(&self) -> Option<OneofDescriptor> {
        match self {
            Field::Member(field) => field.containing_oneof().filter(|oneof| !oneof.is_synthetic()),
            Field::Extension(_) => None,
        }
    }

    /// What a message holds in it; nothing where it is absent, or has the default and no presence.
    pub(super) fn get(&self, message: &DynamicMessage) -> Option<Value> {
        match self {
            Field::Member(field) => message.has_field(field).then(|| message.get_field(field).into_owned()),
            Field::Extension(field) => {
                message.has_extension(field).then(|| message.get_extension(field).into_owned())
            }
        }
    }

    pub(super) fn set(&self, message: &mut DynamicMessage, value: Value) {
        match self {
            Field::Member(field) => message.set_field(field, value),
            Field::Extension(field) => message.set_extension(field, value),
        }
    }

    pub(super) fn clear(&self, message: &mut DynamicMessage) {
        match self {
            Field::Member(field) => message.clear_field(field),
            Field::Extension(field) => message.clear_extension(field),
        }
    }

    /// Key and value of a map.
    pub(super) fn entry(&self) -> Option<(FieldDescriptor, FieldDescriptor)> {
        match self.kind() {
            Kind::Message(entry) if self.shape() == Shape::Map => {
                Some((entry.map_entry_key_field(), entry.map_entry_value_field()))
            }
            _ => None,
        }
    }

    /// The kind of what it holds: of a map, of its values.
    pub fn held(&self) -> Kind {
        self.entry().map_or_else(|| self.kind(), |(_, value)| value.kind())
    }
}

/// A closed enum takes no number that it does not declare: those of proto2 files are closed.
pub(super) fn is_closed(it: &EnumDescriptor) -> bool {
    it.parent_file().syntax() == Syntax::Proto2
}

/// The names of a number in the order they are declared. Writers of JSON take the first.
pub(super) fn names_of(it: &EnumDescriptor, number: i32) -> Vec<String> {
    let mut named: Vec<_> = it.values().filter(|value| value.number() == number).collect();
    named.sort_by(|a, b| a.path().cmp(b.path()));
    named.iter().map(|value| value.name().to_owned()).collect()
}
