//! The edges of every scalar type. Strings are next door, in `text`.

use bytes::Bytes;
use prost_reflect::{EnumDescriptor, Kind, Syntax, Value};

use super::text;

/// Where integers overflow, sign-extend, change their varint length or stop being exact as a double.
const INTEGERS: &[i128] = &[
    0,
    1,
    -1,
    2,
    10,
    100,
    127,
    128,
    -128,
    -129,
    255,
    256,
    32_767,
    32_768,
    65_535,
    65_536,
    i32::MAX as i128 - 1,
    i32::MAX as i128,
    i32::MAX as i128 + 1,
    i32::MIN as i128,
    i32::MIN as i128 - 1,
    u32::MAX as i128,
    u32::MAX as i128 + 1,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    i64::MAX as i128,
    i64::MIN as i128,
    i64::MAX as i128 + 1,
    u64::MAX as i128,
];

const DOUBLES: &[f64] = &[
    0.0,
    1.0,
    -1.0,
    0.5,
    -0.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    5e-324,
    f64::MIN_POSITIVE,
    f64::MAX,
    f64::MIN,
    9_007_199_254_740_993.0,
];

const FLOATS: &[f32] = &[
    0.0,
    1.0,
    -1.0,
    0.5,
    -0.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    1e-45,
    f32::MIN_POSITIVE,
    f32::MAX,
    f32::MIN,
    16_777_217.0,
];

/// The integer as a value of this kind, if it fits.
pub(super) fn integer(kind: &Kind, n: i128) -> Option<Value> {
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(n.try_into().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(n.try_into().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(n.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(n.try_into().ok()?),
        _ => return None,
    })
}

/// Every edge of a scalar kind; nothing for messages.
pub(super) fn edges(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Double => DOUBLES.iter().map(|d| Value::F64(*d)).collect(),
        Kind::Float => FLOATS.iter().map(|f| Value::F32(*f)).collect(),
        Kind::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Kind::String => text::edges().into_iter().map(Value::String).collect(),
        Kind::Bytes => [&[][..], &[0], &[0xff], &[0xff; 64], &[0x80; 1024], &[b'a'; 5000], &[0; 70_000]]
            .map(|bytes| Value::Bytes(Bytes::copy_from_slice(bytes)))
            .to_vec(),
        Kind::Enum(desc) => enums(desc),
        Kind::Message(_) => Vec::new(),
        _ => INTEGERS.iter().filter_map(|n| integer(kind, *n)).collect(),
    }
}

/// Every declared number once, and where the type is open one that nobody declared.
///
/// Enums of proto3 files are open, those of proto2 closed: a closed enum keeps numbers it does not know as
/// unknown fields (protobuf.dev, "Enum Behavior").
fn enums(desc: &EnumDescriptor) -> Vec<Value> {
    let mut numbers: Vec<i32> = desc.values().map(|value| value.number()).collect();
    numbers.dedup();
    if desc.parent_file().syntax() == Syntax::Proto3 {
        let largest = numbers.iter().max().copied().unwrap_or(0);
        numbers.extend(largest.checked_add(1000));
    }
    numbers.into_iter().map(Value::EnumNumber).collect()
}
