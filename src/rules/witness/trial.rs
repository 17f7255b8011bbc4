//! What is written to see whether the other side reads it: for each field the few small values at which types part.

use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::field::{Field, Shape, is_closed};
use super::meaning::agreed_numbers;
use super::pairing::Pairing;
use super::text::Spelling;
use crate::values::{Manner, encode, minimal, typical};

/// What a trial is after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A value of the field.
    Value,
    /// A value that only presence tells from none.
    Presence,
    /// The field is not there.
    Absence,
    /// Another field is there too.
    Both,
    /// A string that is no text.
    Utf8,
}

/// Something to write.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub cause: Cause,
    pub message: DynamicMessage,
    /// Bytes behind those of the message: a string that no message can hold.
    pub raw: Vec<u8>,
    pub spelling: Option<Spelling>,
    /// The name of the field that is there too: what becomes of it is told as well.
    pub partner: Option<String>,
}

impl Trial {
    pub(super) fn of(cause: Cause, message: DynamicMessage) -> Trial {
        Trial { cause, message, raw: Vec::new(), spelling: None, partner: None }
    }
}

/// The least message of the writer that a reader is not missing anything in, as far as the writer knows it.
/// The writer is the first of the pairing.
pub(super) fn base(writer: &MessageDescriptor, pairing: &Pairing) -> DynamicMessage {
    let mut message = minimal(writer);
    for (writer, reader) in
        pairing.both.iter().filter(|(writer, reader)| writer.is_required() || reader.is_required())
    {
        let must = writer.kind().as_enum().is_some() || !writer.is_required();
        if let Some(value) = first(writer, reader).filter(|_| must) {
            writer.set(&mut message, value);
        }
    }
    message
}

fn first(writer: &Field, reader: &Field) -> Option<Value> {
    let value = elements(&writer.kind(), &reader.kind()).into_iter().next()?;
    match writer.shape() {
        Shape::One => Some(value),
        Shape::Many => Some(Value::List(vec![value])),
        Shape::Map => None,
    }
}

/// What to write to see how a reader takes a field of the writer.
pub(super) fn trials(writer: &Field, reader: &Field, base: &DynamicMessage) -> Vec<Trial> {
    let with = |cause, value| {
        let mut message = base.clone();
        writer.set(&mut message, value);
        Trial::of(cause, message)
    };
    let mut all = Vec::new();
    let (was, is) = (writer.kind(), read_as(writer, reader));
    let zero = Value::default_value(&was);
    match writer.shape() {
        Shape::One => {
            all.extend(elements(&was, &is).into_iter().map(|value| with(Cause::Value, value)));
            if writer.has_presence() && was.as_message().is_none() && is_zero_agreed(&was, &is) {
                all.push(with(Cause::Presence, zero));
            }
        }
        Shape::Many => {
            let some = elements(&was, &is);
            if let [one, other, ..] = some.as_slice() {
                all.push(with(Cause::Value, Value::List(vec![one.clone(), other.clone()])));
            }
            if let Some(one) = some.first() {
                all.push(with(Cause::Value, Value::List(vec![one.clone(), one.clone()])));
            }
            all.extend(some.into_iter().map(|value| with(Cause::Value, Value::List(vec![value]))));
            if was.as_message().is_none() && is_zero_agreed(&was, &is) {
                all.push(with(Cause::Presence, Value::List(vec![zero])));
            }
        }
        Shape::Map => all.extend(maps(writer, reader).into_iter().map(|value| with(Cause::Value, value))),
    }
    if !writer.is_required() {
        let mut without = base.clone();
        writer.clear(&mut without);
        all.push(Trial::of(Cause::Absence, without));
    }
    if was == Kind::String && is == Kind::String && !writer.checks_utf8() && reader.checks_utf8() {
        let mut raw = Vec::new();
        prost::encoding::bytes::encode(writer.number(), &vec![0xff_u8], &mut raw);
        let mut without = base.clone();
        writer.clear(&mut without);
        all.push(Trial { raw, ..Trial::of(Cause::Utf8, without) });
    }
    all
}

/// The type that a reader has for the values of the writer. Values of enums are a question of their own, which is only
/// asked of fields that hold as many: elsewhere each number is as good as any.
fn read_as(writer: &Field, reader: &Field) -> Kind {
    match (writer.kind(), reader.kind()) {
        (Kind::Enum(_), Kind::Enum(_)) if writer.shape() != reader.shape() => Kind::Int32,
        (_, kind) => kind,
    }
}

/// The zero of an enum may be a value that the other side does not know, which is another question.
fn is_zero_agreed(was: &Kind, is: &Kind) -> bool {
    match (was, is) {
        (Kind::Enum(was), Kind::Enum(is)) => agreed_numbers(was, is).contains(&was.default_value().number()),
        (Kind::Enum(was), _) => was.get_value(0).is_some(),
        _ => true,
    }
}

/// One entry with each key and value worth trying.
fn maps(writer: &Field, reader: &Field) -> Vec<Value> {
    let Some((key, value)) = writer.entry() else { return Vec::new() };
    let (is_key, is_value) =
        reader.entry().map_or_else(|| (key.kind(), reader.kind()), |(key, value)| (key.kind(), value.kind()));
    let keys: Vec<MapKey> =
        elements(&key.kind(), &is_key).into_iter().filter_map(Value::into_map_key).collect();
    let values = elements(&value.kind(), &is_value);
    let (Some(one_key), Some(one)) = (keys.first(), values.first()) else { return Vec::new() };
    let of = |key: &MapKey, value: &Value| Value::Map([(key.clone(), value.clone())].into());
    let mut all: Vec<Value> = keys.iter().map(|key| of(key, one)).collect();
    all.extend(values.iter().skip(1).map(|value| of(one_key, value)));
    if let Some(other) = keys.get(1) {
        all.push(Value::Map([(one_key.clone(), one.clone()), (other.clone(), one.clone())].into()));
    }
    all
}

/// Values of a kind at which it parts from the other, the plainest first.
pub(super) fn elements(was: &Kind, is: &Kind) -> Vec<Value> {
    match was {
        Kind::Bool => vec![Value::Bool(true)],
        Kind::Float => [1.0, 0.1, 1e30].map(Value::F32).to_vec(),
        Kind::Double => [1.0, 0.1, 1e300].map(Value::F64).to_vec(),
        Kind::String => ["a", "aaaa", "1", "é"].map(|text| Value::String(text.to_owned())).to_vec(),
        Kind::Bytes => {
            let mut all: Vec<Vec<u8>> = vec![b"a".to_vec(), vec![0xff], vec![8, 1]];
            all.extend(is.as_message().map(|desc| encode(&typical(desc, 1, &Manner::default()))));
            all.into_iter().map(|bytes| Value::Bytes(bytes.into())).collect()
        }
        Kind::Enum(was) => numbers(was, is).into_iter().map(Value::EnumNumber).collect(),
        Kind::Message(desc) => {
            let mut all = vec![minimal(desc)];
            // Between messages, what is inside is a question about their own fields.
            if is.as_message().is_none_or(|is| desc.is_map_entry() != is.is_map_entry()) {
                all.push(typical(desc, 1, &Manner::default()));
            }
            all.into_iter().map(Value::Message).collect()
        }
        _ => WHOLE.iter().filter_map(|number| integer(was, *number)).collect(),
    }
}

/// Where whole numbers stop to fit, change their sign, or are no longer exact.
const WHOLE: [i128; 12] = [
    1,
    2,
    -1,
    1 << 31,
    1 << 32,
    1 << 40,
    -(1 << 31),
    (1 << 32) + 1,
    (1 << 24) + 1,
    (1 << 53) + 1,
    1 << 63,
    -(1 << 63),
];

fn integer(kind: &Kind, number: i128) -> Option<Value> {
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number.try_into().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number.try_into().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number.try_into().ok()?),
        _ => return None,
    })
}

/// Between enums only what both know alike: the other values are a question about the enums.
fn numbers(was: &EnumDescriptor, is: &Kind) -> Vec<i32> {
    if let Kind::Enum(is) = is {
        // One that is not the default comes first: it is written in every field.
        let mut agreed = agreed_numbers(was, is);
        agreed.sort_by_key(|number| *number == 0);
        agreed.truncate(3);
        // Where no name is left, there is still the number that nobody has a name for.
        if !is_closed(was) && !is_closed(is) {
            let largest = was.values().chain(is.values()).map(|value| value.number()).max().unwrap_or(0);
            agreed.extend(largest.checked_add(1));
        }
        return agreed;
    }
    let mut declared: Vec<i32> = was.values().map(|value| value.number()).collect();
    declared.dedup();
    let edges = [
        declared.iter().copied().find(|number| *number != 0),
        declared.first().copied(),
        declared.last().copied(),
    ];
    let mut all: Vec<i32> = edges.into_iter().flatten().collect();
    if !is_closed(was) {
        all.extend([-1, declared.last().copied().unwrap_or(0).saturating_add(1)]);
    }
    all.dedup();
    all
}
