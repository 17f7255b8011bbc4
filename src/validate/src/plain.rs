//! Values as rules see them: integers are integers, a wrapper is what it wraps, a time is its nanoseconds.

use std::borrow::Cow;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

/// A value that owns what it is.
pub type Plain = Seen<'static>;

/// A value without its message. A text is seen where it is: it may be long.
#[expect(missing_docs, reason = "named as the types of values are")]
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Seen<'a> {
    /// Every integer, every enum number, and the nanoseconds of a time.
    Int(i128),
    Float(f64),
    Bool(bool),
    Text(Cow<'a, str>),
    Bytes(Bytes),
    /// Of a field mask.
    Paths(Vec<String>),
}

impl Seen<'_> {
    /// The same, with a text of its own.
    fn into_owned(self) -> Plain {
        match self {
            Seen::Int(it) => Seen::Int(it),
            Seen::Float(it) => Seen::Float(it),
            Seen::Bool(it) => Seen::Bool(it),
            Seen::Text(it) => Seen::Text(Cow::Owned(it.into_owned())),
            Seen::Bytes(it) => Seen::Bytes(it),
            Seen::Paths(it) => Seen::Paths(it),
        }
    }
}

/// Nothing for a message that rules cannot see into, and for a time outside of its range.
pub fn plain(value: &Value) -> Option<Plain> {
    seen(value).map(Seen::into_owned)
}

/// [`plain`], without a copy of a text.
pub fn seen(value: &Value) -> Option<Seen<'_>> {
    Some(match value {
        Value::Bool(it) => Plain::Bool(*it),
        Value::I32(it) | Value::EnumNumber(it) => Plain::Int((*it).into()),
        Value::I64(it) => Plain::Int((*it).into()),
        Value::U32(it) => Plain::Int((*it).into()),
        Value::U64(it) => Plain::Int((*it).into()),
        Value::F32(it) => Plain::Float((*it).into()),
        Value::F64(it) => Plain::Float(*it),
        Value::String(it) => Seen::Text(Cow::Borrowed(it)),
        Value::Bytes(it) => Plain::Bytes(it.clone()),
        Value::Message(message) => return of_message(message),
        Value::List(_) | Value::Map(_) => return None,
    })
}

fn of_message(message: &DynamicMessage) -> Option<Plain> {
    let first = || message.get_field_by_number(1);
    match message.descriptor().full_name() {
        "google.protobuf.Duration" => nanos(message, 315_576_000_000, -315_576_000_000),
        "google.protobuf.Timestamp" => nanos(message, 253_402_300_799, -62_135_596_800),
        "google.protobuf.Any" => plain(&*first()?),
        "google.protobuf.FieldMask" => {
            let paths = first()?.as_list()?.iter().filter_map(Value::as_str).map(String::from).collect();
            Some(Plain::Paths(paths))
        }
        name if wrapped(name).is_some() => plain(&*first()?),
        _ => None,
    }
}

fn nanos(message: &DynamicMessage, most: i64, least: i64) -> Option<Plain> {
    let seconds = message.get_field_by_number(1)?.as_i64()?;
    let nanos = message.get_field_by_number(2)?.as_i32()?;
    let is_duration = message.descriptor().name() == "Duration";
    let same_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    let fits = if is_duration {
        same_sign && nanos.abs() < 1_000_000_000
    } else {
        (0..1_000_000_000).contains(&nanos)
    };
    ((least..=most).contains(&seconds) && fits)
        .then(|| Plain::Int(i128::from(seconds) * 1_000_000_000 + i128::from(nanos)))
}

/// The family of rules that a wrapper of this name takes.
pub fn wrapped(name: &str) -> Option<&'static str> {
    Some(match name {
        "google.protobuf.BoolValue" => "bool",
        "google.protobuf.BytesValue" => "bytes",
        "google.protobuf.DoubleValue" => "double",
        "google.protobuf.FloatValue" => "float",
        "google.protobuf.Int32Value" => "int32",
        "google.protobuf.Int64Value" => "int64",
        "google.protobuf.StringValue" => "string",
        "google.protobuf.UInt32Value" => "uint32",
        "google.protobuf.UInt64Value" => "uint64",
        _ => return None,
    })
}

/// The value of this kind that is seen as this; nothing where it does not fit.
pub fn value(plain: &Plain, kind: &Kind) -> Option<Value> {
    Some(match (kind, plain) {
        (Kind::Bool, Plain::Bool(it)) => Value::Bool(*it),
        (Kind::String, Plain::Text(it)) => Value::String(it.to_string()),
        (Kind::Bytes, Plain::Bytes(it)) => Value::Bytes(it.clone()),
        (Kind::Float, Plain::Float(it)) => Value::F32(narrow(*it)),
        (Kind::Double, Plain::Float(it)) => Value::F64(*it),
        (Kind::Enum(_), Plain::Int(it)) => Value::EnumNumber((*it).try_into().ok()?),
        (Kind::Int32 | Kind::Sint32 | Kind::Sfixed32, Plain::Int(it)) => Value::I32((*it).try_into().ok()?),
        (Kind::Int64 | Kind::Sint64 | Kind::Sfixed64, Plain::Int(it)) => Value::I64((*it).try_into().ok()?),
        (Kind::Uint32 | Kind::Fixed32, Plain::Int(it)) => Value::U32((*it).try_into().ok()?),
        (Kind::Uint64 | Kind::Fixed64, Plain::Int(it)) => Value::U64((*it).try_into().ok()?),
        (Kind::Message(desc), plain) => {
            let mut message = DynamicMessage::new(desc.clone());
            match (desc.full_name(), plain) {
                ("google.protobuf.Duration", Plain::Int(it)) => {
                    set(&mut message, 1, Value::I64((it / 1_000_000_000).try_into().ok()?));
                    set(&mut message, 2, Value::I32((it % 1_000_000_000).try_into().ok()?));
                }
                ("google.protobuf.Timestamp", Plain::Int(it)) => {
                    set(&mut message, 1, Value::I64(it.div_euclid(1_000_000_000).try_into().ok()?));
                    set(&mut message, 2, Value::I32(it.rem_euclid(1_000_000_000).try_into().ok()?));
                }
                ("google.protobuf.Any", Plain::Text(it)) => {
                    set(&mut message, 1, Value::String(it.to_string()))
                }
                ("google.protobuf.FieldMask", Plain::Paths(paths)) => {
                    let paths = paths.iter().cloned().map(Value::String).collect();
                    set(&mut message, 1, Value::List(paths));
                }
                (name, plain) if wrapped(name).is_some() => {
                    let inner = value(plain, &desc.get_field(1)?.kind())?;
                    set(&mut message, 1, inner);
                }
                _ => return None,
            }
            Value::Message(message)
        }
        _ => return None,
    })
}

#[allow(clippy::cast_possible_truncation)] // the nearest float is what is wanted
fn narrow(it: f64) -> f32 {
    it as f32
}

fn set(message: &mut DynamicMessage, number: u32, value: Value) {
    // A file of one's own may declare these types otherwise.
    let _ = message.try_set_field_by_number(number, value);
}

/// Whether an element is what `ignore` leaves out.
pub fn is_zero(value: &Value, kind: &Kind) -> bool {
    match value {
        Value::Message(message) => is_empty(message),
        Value::EnumNumber(number) => *number == 0,
        Value::F32(it) => it.to_bits() == 0,
        Value::F64(it) => it.to_bits() == 0,
        value => *value == Value::default_value(kind),
    }
}

fn is_empty(message: &DynamicMessage) -> bool {
    message.fields().next().is_none() && message.unknown_fields().next().is_none()
}
