//! The types that expressions have, as far as CEL and the schema tell.

use std::{fmt, sync::Arc};

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::promise::plain::wrapped;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// Of what is in an empty list: goes with everything.
    Never,
    /// Only known when a call is judged; nothing is said about it.
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    Message(MessageDescriptor),
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    /// `old` and `new`: the variables of the model by name.
    Record(Arc<[(String, Type)]>),
}

impl Type {
    pub fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Box::new(key), Box::new(value))
    }

    pub fn of_field(field: &FieldDescriptor) -> Type {
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let of = |number| entry.get_field(number).map_or(Type::Dyn, |it| Type::of_kind(&it.kind()));
                Type::map(of(1), of(2))
            }
            kind if field.is_list() => Type::list(Type::of_kind(&kind)),
            kind => Type::of_kind(&kind),
        }
    }

    fn of_kind(kind: &Kind) -> Type {
        match kind {
            Kind::Double | Kind::Float => Type::Double,
            Kind::Int32 | Kind::Int64 | Kind::Sint32 | Kind::Sint64 | Kind::Sfixed32 | Kind::Sfixed64 => {
                Type::Int
            }
            Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64 => Type::Uint,
            Kind::Bool => Type::Bool,
            Kind::String => Type::String,
            Kind::Bytes => Type::Bytes,
            Kind::Enum(_) => Type::Int,
            Kind::Message(desc) => Type::of_message(desc),
        }
    }

    pub fn of_message(desc: &MessageDescriptor) -> Type {
        match desc.full_name() {
            "google.protobuf.Timestamp" => Type::Timestamp,
            "google.protobuf.Duration" => Type::Duration,
            // A wrapper is what is in it.
            name if wrapped(name).is_some() => {
                desc.get_field_by_name("value").map_or(Type::Dyn, |it| Type::of_field(&it))
            }
            _ => Type::Message(desc.clone()),
        }
    }

    /// A scalar type of protobuf, or the full name of a message or of an enum.
    pub fn of_name(name: &str, pool: &DescriptorPool) -> Option<Type> {
        Some(match name {
            "double" | "float" => Type::Double,
            "int32" | "int64" | "sint32" | "sint64" | "sfixed32" | "sfixed64" => Type::Int,
            "uint32" | "uint64" | "fixed32" | "fixed64" => Type::Uint,
            "bool" => Type::Bool,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            name if pool.get_enum_by_name(name).is_some() => Type::Int,
            name => Type::of_message(&pool.get_message_by_name(name)?),
        })
    }

    /// `an int`, `a list of string`
    pub fn a(&self) -> String {
        match self {
            Type::Int => "an int".to_owned(),
            Type::Never | Type::Dyn | Type::Null | Type::Record(_) => self.to_string(),
            other => format!("a {other}"),
        }
    }

    /// Nothing can be said against it.
    pub fn is_open(&self) -> bool {
        matches!(self, Type::Dyn | Type::Never)
    }

    pub fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Uint | Type::Double)
    }

    /// Whether CEL can find the two equal.
    pub fn compares(&self, other: &Type) -> bool {
        self.matches(other, true)
    }

    /// Whether a value of this type can stand where the other is declared.
    pub fn fits(&self, other: &Type) -> bool {
        self.matches(other, false)
    }

    fn matches(&self, other: &Type, equal: bool) -> bool {
        use Type::{Double, Duration, Int, List, Map, Message, Null, Record, String, Timestamp, Uint};
        match (self, other) {
            (a, b) if a.is_open() || b.is_open() || a == b => true,
            (Int, Uint) | (Uint, Int) => true,
            (Int | Uint, Double) | (Double, Int | Uint) => equal,
            (Null, Message(_) | Timestamp | Duration) | (Message(_) | Timestamp | Duration, Null) => equal,
            (List(a), List(b)) => a.matches(b, equal),
            (Map(a, c), Map(b, d)) => a.matches(b, equal) && c.matches(d, equal),
            // Expressions see a message as a map of its fields, and the model takes one for the other.
            (Map(key, _), Message(_)) => key.matches(&String, equal),
            (Message(_), Map(key, _)) => equal && key.matches(&String, equal),
            (Message(a), Message(b)) => within(a, b) && (!equal || within(b, a)),
            (Record(_), Record(_)) => true,
            _ => false,
        }
    }

    /// The type of what is one or the other.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (Type::Never, it) | (it, Type::Never) => it,
            (Type::List(a), Type::List(b)) => Type::list(a.or(*b)),
            (Type::Map(a, c), Type::Map(b, d)) => Type::map(a.or(*b), c.or(*d)),
            (a, b) if a == b => a,
            _ => Type::Dyn,
        }
    }
}

/// Whether every field that a message always shows is in the other.
fn within(one: &MessageDescriptor, other: &MessageDescriptor) -> bool {
    let mut shown = one.fields().filter(|field| !field.supports_presence());
    shown.all(|field| other.get_field_by_name(field.name()).is_some())
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Type::Never | Type::Dyn => "anything",
            Type::Null => "null",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::String => "string",
            Type::Bytes => "bytes",
            Type::Timestamp => "timestamp",
            Type::Duration => "duration",
            Type::Message(desc) => desc.full_name(),
            Type::List(of) => return write!(f, "list of {of}"),
            Type::Map(key, value) => return write!(f, "map of {key} to {value}"),
            Type::Record(_) => "the whole model",
        };
        f.write_str(word)
    }
}
