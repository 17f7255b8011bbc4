//! Values of protobuf as values of CEL, and back, by their descriptors.
//!
//! A message is a map with the names of its fields. A field without presence is always in it, with its default; one
//! with presence only when it is set, so that `has(req.name)` tells. An enum is its number. `Timestamp` and `Duration`
//! are those of CEL, and a wrapper is what is in it.

use cel::common::types::CelMapKey;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _,
    Value,
};
use protogate_validate::cel as cel_value;

pub(super) use cel_value::{Boxed, list, map};

use super::super::plain;

/// As CEL sees it.
pub(super) fn of(value: &Value) -> Boxed {
    cel_value::with(value, &as_map)
}

/// As CEL sees it.
pub(super) fn message(message: &DynamicMessage) -> Boxed {
    cel_value::well_known(message).unwrap_or_else(|| as_map(message))
}

fn as_map(message: &DynamicMessage) -> Boxed {
    let seen = |field: &FieldDescriptor| !field.supports_presence() || message.has_field(field);
    let fields = message.descriptor();
    let fields = fields.fields().filter(seen);
    map(fields.map(|field| (field.name().to_owned().into(), of(&message.get_field(&field)))))
}

/// As the key of a map; nothing for what cannot be one.
pub(super) fn as_key(value: &Value) -> Option<CelMapKey<'static>> {
    Some(match value {
        Value::EnumNumber(it) => i64::from(*it).into(),
        value => cel_value::key_of(&map_key(value.clone())?),
    })
}

fn map_key(value: Value) -> Option<MapKey> {
    Some(match value {
        Value::Bool(it) => MapKey::Bool(it),
        Value::I32(it) => MapKey::I32(it),
        Value::I64(it) => MapKey::I64(it),
        Value::U32(it) => MapKey::U32(it),
        Value::U64(it) => MapKey::U64(it),
        Value::String(it) => MapKey::String(it),
        _ => return None,
    })
}

/// The type that a variable of the model is declared with: a scalar type of protobuf, or the full name of a message or
/// of an enum.
pub(super) fn kind(name: &str, pool: &DescriptorPool) -> Option<Kind> {
    Some(match name {
        "double" => Kind::Double,
        "float" => Kind::Float,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "uint32" => Kind::Uint32,
        "uint64" => Kind::Uint64,
        "sint32" => Kind::Sint32,
        "sint64" => Kind::Sint64,
        "fixed32" => Kind::Fixed32,
        "fixed64" => Kind::Fixed64,
        "sfixed32" => Kind::Sfixed32,
        "sfixed64" => Kind::Sfixed64,
        "bool" => Kind::Bool,
        "string" => Kind::String,
        "bytes" => Kind::Bytes,
        name => match pool.get_message_by_name(name) {
            Some(desc) => Kind::Message(desc),
            None => Kind::Enum(pool.get_enum_by_name(name)?),
        },
    })
}

/// The value of this kind that CEL sees so.
///
/// # Errors
/// When it is none of that kind.
pub(super) fn back(value: &cel::Value, kind: &Kind) -> Result<Value, String> {
    let misfit = || format!("{} is no {}", value.type_of(), name(kind));
    let int = || match value {
        cel::Value::Int(it) => Ok(i128::from(*it)),
        cel::Value::UInt(it) => Ok(i128::from(*it)),
        _ => Err(misfit()),
    };
    let large = |it: i128| format!("{it} does not fit into {}", name(kind));
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            int().and_then(|it| it.try_into().map(Value::I32).map_err(|_| large(it)))
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            int().and_then(|it| it.try_into().map(Value::I64).map_err(|_| large(it)))
        }
        Kind::Uint32 | Kind::Fixed32 => {
            int().and_then(|it| it.try_into().map(Value::U32).map_err(|_| large(it)))
        }
        Kind::Uint64 | Kind::Fixed64 => {
            int().and_then(|it| it.try_into().map(Value::U64).map_err(|_| large(it)))
        }
        Kind::Enum(_) => int().and_then(|it| it.try_into().map(Value::EnumNumber).map_err(|_| large(it))),
        Kind::Message(desc) => message_back(value, desc).map(Value::Message),
        Kind::Double | Kind::Float | Kind::Bool | Kind::String | Kind::Bytes => match (kind, value) {
            (Kind::Double, cel::Value::Float(it)) => Ok(Value::F64(*it)),
            (Kind::Float, cel::Value::Float(it)) => Ok(Value::F32(*it as f32)),
            (Kind::Bool, cel::Value::Bool(it)) => Ok(Value::Bool(*it)),
            (Kind::String, cel::Value::String(it)) => Ok(Value::String(it.to_string())),
            (Kind::Bytes, cel::Value::Bytes(it)) => Ok(Value::Bytes(it.to_vec().into())),
            _ => Err(misfit()),
        },
    }
}

fn name(kind: &Kind) -> String {
    match kind {
        Kind::Message(desc) => desc.full_name().to_owned(),
        Kind::Enum(desc) => desc.full_name().to_owned(),
        kind => format!("{kind:?}").to_lowercase(),
    }
}

fn message_back(value: &cel::Value, desc: &MessageDescriptor) -> Result<DynamicMessage, String> {
    let mut message = DynamicMessage::new(desc.clone());
    let time = |seconds: i64, nanos: i32| [("seconds", Value::I64(seconds)), ("nanos", Value::I32(nanos))];
    let parts = match (desc.full_name(), value) {
        ("google.protobuf.Timestamp", cel::Value::Timestamp(it)) => {
            // Below a second there are at most 999 999 999 of them, or twice as many in a leap second.
            Some(time(it.timestamp(), it.timestamp_subsec_nanos().try_into().unwrap_or(i32::MAX)))
        }
        ("google.protobuf.Duration", cel::Value::Duration(it)) => {
            Some(time(it.num_seconds(), it.subsec_nanos()))
        }
        _ => None,
    };
    for (name, part) in parts.into_iter().flatten() {
        set(&mut message, &field(desc, name)?, part)?;
    }
    match value {
        cel::Value::Map(entries) => {
            for (key, value) in entries.map.iter().filter(|(_, value)| !matches!(value, cel::Value::Null)) {
                let field = field(desc, &key.to_string())?;
                set(&mut message, &field, field_back(value, &field)?)?;
            }
        }
        _ if parts_are_all(desc, value) => {}
        value if plain::wrapped(desc.full_name()).is_some() => {
            let field = field(desc, "value")?;
            set(&mut message, &field, field_back(value, &field)?)?;
        }
        value => return Err(format!("{} is no {}", value.type_of(), desc.full_name())),
    }
    Ok(message)
}

/// Whether it has its parts already.
fn parts_are_all(desc: &MessageDescriptor, value: &cel::Value) -> bool {
    matches!(
        (desc.full_name(), value),
        ("google.protobuf.Timestamp", cel::Value::Timestamp(_))
            | ("google.protobuf.Duration", cel::Value::Duration(_))
    )
}

fn field(desc: &MessageDescriptor, name: &str) -> Result<FieldDescriptor, String> {
    desc.get_field_by_name(name).ok_or_else(|| format!("{} has no field `{name}`", desc.full_name()))
}

/// A default that is always seen is not set: two messages that say the same are equal.
pub(super) fn set(message: &mut DynamicMessage, field: &FieldDescriptor, value: Value) -> Result<(), String> {
    if !field.supports_presence() && value.is_default_for_field(field) {
        return Ok(());
    }
    message.try_set_field(field, value).map_err(|error| error.to_string())
}

pub(super) fn field_back(value: &cel::Value, field: &FieldDescriptor) -> Result<Value, String> {
    let misfit = || format!("{} is not what `{}` holds", value.type_of(), field.name());
    let kind = field.kind();
    if field.is_list() {
        let cel::Value::List(items) = value else { return Err(misfit()) };
        return items.iter().map(|item| back(item, &kind)).collect::<Result<_, _>>().map(Value::List);
    }
    match kind {
        Kind::Message(entry) if field.is_map() => {
            let (of_key, of_value) =
                (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
            let cel::Value::Map(entries) = value else { return Err(misfit()) };
            let entries = entries.map.iter().map(|(key, value)| {
                let key = map_key(back(&cel::Value::from(key), &of_key)?).ok_or_else(misfit)?;
                Ok((key, back(value, &of_value)?))
            });
            entries.collect::<Result<_, String>>().map(Value::Map)
        }
        kind => back(value, &kind),
    }
}
