//! A method as the other files of this room look at it.

use prost_reflect::{FieldDescriptor, Kind as Type, MessageDescriptor, MethodDescriptor};
use prost_types::method_options::IdempotencyLevel;

use super::kind::{self, Kind};

/// A method with what its name says.
pub(super) struct Shape {
    /// `package.Service/Method`.
    pub name: String,
    pub desc: MethodDescriptor,
    pub kind: Kind,
    /// What it is done to, such as `User`; empty for methods of another kind.
    pub noun: String,
    /// What speaks for the kind.
    pub evidence: String,
}

impl Shape {
    pub fn of(desc: MethodDescriptor) -> Shape {
        let (mut kind, noun) = kind::of(desc.name());
        let streams = desc.is_client_streaming();
        // Many of them in one call is another thing, whatever its name.
        if streams && kind != Kind::Import {
            kind = if kind == Kind::Create { Kind::Import } else { Kind::Other };
        }
        let http = kind::http(&desc).map_or(String::new(), |it| format!(", {it}"));
        Shape {
            name: format!("{}/{}", desc.parent_service().full_name(), desc.name()),
            kind,
            noun,
            evidence: format!("the name {}{http}", desc.name()),
            desc,
        }
    }

    /// Declared to change nothing.
    pub fn only_reads(&self) -> bool {
        let options = &self.desc.method_descriptor_proto().options;
        options.as_ref().is_some_and(|it| it.idempotency_level() == IdempotencyLevel::NoSideEffects)
            || matches!(self.kind, Kind::Get | Kind::List)
    }
}

/// A field that holds one value and no message.
pub(super) fn is_scalar(field: &FieldDescriptor) -> bool {
    !field.is_list() && !field.is_map() && !matches!(field.kind(), Type::Message(_))
}

pub(super) fn is_text(field: &FieldDescriptor) -> bool {
    is_scalar(field) && field.kind() == Type::String
}

pub(super) fn is_integer(field: &FieldDescriptor) -> bool {
    let signed = matches!(
        field.kind(),
        Type::Int32 | Type::Int64 | Type::Sint32 | Type::Sint64 | Type::Sfixed32 | Type::Sfixed64
    );
    is_scalar(field) && signed
}

/// The name of a scalar type as `state` writes it.
pub(super) fn type_name(field: &FieldDescriptor) -> Option<&'static str> {
    Some(match field.kind() {
        Type::String => "string",
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Uint32 => "uint32",
        Type::Uint64 => "uint64",
        _ => return None,
    })
}

/// The first field with one of these names.
pub(super) fn named(desc: &MessageDescriptor, names: &[&str]) -> Option<FieldDescriptor> {
    names.iter().find_map(|name| desc.get_field_by_name(name))
}

/// The value of a field that nobody has set.
pub(super) fn zero(field: &FieldDescriptor) -> &'static str {
    match field.kind() {
        Type::String => "''",
        Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 => "0u",
        _ => "0",
    }
}
