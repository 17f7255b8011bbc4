//! Values of protobuf as values of CEL.
//!
//! A message is a value of its own: a field that is not set reads as its default, and `has` tells whether it is set, as the
//! specification of CEL has it. An enum is its number. `Timestamp` and `Duration` are those of CEL, a wrapper is what is in
//! it, or null, and `Struct` and its kin are maps, lists and what is in them. An `Any` stays the message it is: one in
//! another, and so on, would be as deep as its sender likes.

use std::{any::Any, collections::HashMap, sync::Arc};

use ::cel::{
    ExecutionError,
    common::{
        traits::Indexer,
        types::{
            CelBool, CelBytes, CelDouble, CelDuration, CelInt, CelList, CelMap, CelMapKey, CelNull,
            CelString, CelTimestamp, CelUInt, Type,
        },
        value::{CowVal, StaticVal, Val},
    },
};
use chrono::{DateTime, TimeDelta};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use crate::plain;

/// A value of CEL that nothing is borrowed from.
pub type Boxed = Box<dyn Val>;

/// From `0001-01-01` to the last second of 9999, as the specification of `Timestamp` has it. CEL's own sums never
/// leave what the clock behind them can hold as long as their parts stay within these bounds.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years, as the specification of `Duration` has it.
const SPAN: std::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;

/// As CEL sees it, with messages as [`Message`]s.
pub fn of(value: &Value) -> Boxed {
    with(value, &|message| Box::new(Message(Arc::new(message.clone()))))
}

/// As CEL sees it, with messages that CEL has no value of its own for as `message` makes them.
pub fn with(value: &Value, message: &dyn Fn(&DynamicMessage) -> Boxed) -> Boxed {
    match value {
        Value::Bool(it) => Box::new(CelBool::from(*it)),
        Value::I32(it) | Value::EnumNumber(it) => Box::new(CelInt::from(i64::from(*it))),
        Value::I64(it) => Box::new(CelInt::from(*it)),
        Value::U32(it) => Box::new(CelUInt::from(u64::from(*it))),
        Value::U64(it) => Box::new(CelUInt::from(*it)),
        Value::F32(it) => Box::new(CelDouble::from(f64::from(*it))),
        Value::F64(it) => Box::new(CelDouble::from(*it)),
        Value::String(it) => Box::new(CelString::from(it.clone())),
        Value::Bytes(it) => Box::new(CelBytes::from(it.to_vec())),
        Value::Message(it) => well_known(it).unwrap_or_else(|| message(it)),
        Value::List(items) => list(items.iter().map(|item| with(item, message))),
        Value::Map(entries) => map(entries.iter().map(|(key, value)| (key_of(key), with(value, message)))),
    }
}

/// A list of these.
pub fn list(items: impl Iterator<Item = Boxed>) -> Boxed {
    Box::new(CelList::from(items.collect::<Vec<_>>()))
}

/// A map of these.
pub fn map(entries: impl Iterator<Item = (CelMapKey<'static>, Boxed)>) -> Boxed {
    Box::new(CelMap::from(entries.collect::<HashMap<_, _>>()))
}

/// A type that CEL has a value of its own for; nothing where the value is none that the type allows.
pub fn well_known(message: &DynamicMessage) -> Option<Boxed> {
    let desc = message.descriptor();
    let part = |name: &str| message.get_field_by_name(name);
    let parts = || Some((part("seconds")?.as_i64()?, part("nanos")?.as_i32()?));
    match desc.full_name() {
        "google.protobuf.Timestamp" => {
            let (seconds, nanos) = parts()?;
            let nanos = u32::try_from(nanos).ok().filter(|it| *it < 1_000_000_000)?;
            let moment = DateTime::from_timestamp(seconds, nanos).filter(|_| SECONDS.contains(&seconds))?;
            Some(Box::new(CelTimestamp::from(moment.fixed_offset())))
        }
        "google.protobuf.Duration" => {
            let (seconds, nanos) = parts()?;
            let same_sign = seconds.signum() * i64::from(nanos.signum()) >= 0;
            let fits = SPAN.contains(&seconds) && nanos.unsigned_abs() < 1_000_000_000 && same_sign;
            let span = TimeDelta::try_seconds(seconds).filter(|_| fits)?;
            let span = span.checked_add(&TimeDelta::nanoseconds(nanos.into()))?;
            Some(Box::new(CelDuration::from(span)))
        }
        "google.protobuf.Struct" => {
            let fields = part("fields")?;
            let entries = fields.as_map()?.iter().map(|(key, value)| (key_of(key), of(value)));
            Some(map(entries))
        }
        "google.protobuf.ListValue" => Some(list(part("values")?.as_list()?.iter().map(of))),
        "google.protobuf.Value" => Some(match desc.fields().find(|field| message.has_field(field)) {
            Some(field) if field.name() != "null_value" => of(&message.get_field(&field)),
            _ => Box::new(CelNull),
        }),
        name => plain::wrapped(name).and_then(|_| part("value")).map(|value| of(&value)),
    }
}

/// A key of a map as CEL sees it.
pub fn key_of(key: &MapKey) -> CelMapKey<'static> {
    match key {
        MapKey::Bool(it) => (*it).into(),
        MapKey::I32(it) => i64::from(*it).into(),
        MapKey::I64(it) => (*it).into(),
        MapKey::U32(it) => u64::from(*it).into(),
        MapKey::U64(it) => (*it).into(),
        MapKey::String(it) => it.clone().into(),
    }
}

/// A message, whose fields are made into values when they are asked for.
#[derive(Debug, Clone)]
pub struct Message(Arc<DynamicMessage>);

static MESSAGE: Type = Type::new_unspecified_type("message");

impl Message {
    fn field(&self, name: &str) -> Option<FieldDescriptor> {
        self.0.descriptor().get_field_by_name(name)
    }

    /// Whether the field is set, by its own rule of presence; nothing where there is no such field.
    pub fn has(&self, name: &str) -> Option<bool> {
        self.field(name).map(|field| self.0.has_field(&field))
    }
}

impl Val for Message {
    fn get_type(&self) -> &Type {
        &MESSAGE
    }

    fn cel_type() -> &'static Type {
        &MESSAGE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn into_indexer<'v>(self: Box<Self>) -> Option<Box<dyn Indexer + 'v>>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Message>().is_some_and(|other| other.0 == self.0)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Message {}

impl Indexer for Message {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name =
            index.downcast_ref::<CelString<'_>>().map(|name| name.inner().to_string()).unwrap_or_default();
        let field = self.field(&name).ok_or_else(|| ExecutionError::NoSuchKey(Arc::new(name)))?;
        let is_null = !self.0.has_field(&field)
            && matches!(field.kind(), Kind::Message(desc) if plain::wrapped(desc.full_name()).is_some())
            && !field.is_list();
        let value: Boxed = if is_null { Box::new(CelNull) } else { of(&self.0.get_field(&field)) };
        Ok(value.into())
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}
