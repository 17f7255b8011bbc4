//! What is simpler than a value: one step of shrinking, most daring first.
//!
//! Each answer is smaller by a measure that ends: fewer fields, fewer items, fewer characters, more `a`s,
//! smaller numbers.

use std::{collections::HashMap, ops::Range};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, Value};

use super::{plain, scalar, wkt};

type Values<'a> = Box<dyn Iterator<Item = Value> + 'a>;

/// The simpler messages one step below: without a field, or with a field's value simpler. All are valid.
pub fn simpler(message: &DynamicMessage) -> Box<dyn Iterator<Item = DynamicMessage> + '_> {
    use prost_reflect::ReflectMessage as _;
    let least = plain::minimal(&message.descriptor());
    let bare = (least != *message).then_some(least);
    let without = message.fields().filter(|(field, _)| !plain::is_required(field)).map(|(field, _)| {
        let mut less = message.clone();
        less.clear_field(&field);
        less
    });
    let null = (message.descriptor().full_name() == "google.protobuf.Value"
        && !message.has_field_by_number(1))
    .then(|| plain::minimal(&message.descriptor()));
    let within = message.fields().flat_map(move |(field, value)| {
        let keeps = field.supports_presence();
        values(&field, value).filter_map(move |value| {
            // Absence was tried above.
            if !keeps && value.is_default_for_field(&field) {
                return None;
            }
            let mut less = message.clone();
            less.set_field(&field, value);
            Some(less)
        })
    });
    Box::new(bare.into_iter().chain(without).chain(null).chain(within).filter(wkt::is_valid))
}

fn values<'a>(field: &FieldDescriptor, value: &'a Value) -> Values<'a> {
    match value {
        Value::List(items) => list(field.kind(), items),
        Value::Map(entries) => map(field.kind(), entries),
        value => single(field.kind(), value),
    }
}

fn single(kind: Kind, value: &Value) -> Values<'_> {
    match value {
        Value::Bool(on) => Box::new(on.then_some(Value::Bool(false)).into_iter()),
        Value::I32(n) => integer(kind, i128::from(*n)),
        Value::I64(n) => integer(kind, i128::from(*n)),
        Value::U32(n) => integer(kind, i128::from(*n)),
        Value::U64(n) => integer(kind, i128::from(*n)),
        Value::F32(x) => Box::new(float(f64::from(*x)).map(|x| Value::F32(x as f32))),
        Value::F64(x) => Box::new(float(*x).map(Value::F64)),
        Value::String(text) => Box::new(string(text).map(Value::String)),
        Value::Bytes(bytes) => Box::new(
            removals(bytes.len())
                .map(|gap| [&bytes[..gap.start], &bytes[gap.end..]].concat())
                .chain((0..bytes.len()).filter(|at| bytes[*at] != 0).map(|at| {
                    let mut zeroed = bytes.to_vec();
                    zeroed[at] = 0;
                    zeroed
                }))
                .map(|bytes| Value::Bytes(bytes.into())),
        ),
        Value::EnumNumber(n) => {
            let declared: Vec<i32> = kind
                .as_enum()
                .map(|desc| desc.values().map(|value| value.number()).collect())
                .unwrap_or_default();
            let at = declared.iter().position(|number| number == n).unwrap_or(declared.len());
            Box::new(declared.into_iter().take(at).map(Value::EnumNumber))
        }
        Value::Message(message) => Box::new(simpler(message).map(Value::Message)),
        Value::List(_) | Value::Map(_) => Box::new(std::iter::empty()),
    }
}

fn integer(kind: Kind, n: i128) -> Values<'static> {
    // 0, n/2, n - n/4, …, n - 1: a binary search for the edge. Then the same number without its sign.
    let steps = std::iter::successors(Some(n), |step| Some(step / 2)).take_while(|step| *step != 0);
    let positive = (n < 0).then_some(-n);
    Box::new(steps.map(move |step| n - step).chain(positive).filter_map(move |n| scalar::integer(&kind, n)))
}

fn float(x: f64) -> impl Iterator<Item = f64> {
    // Simplicity: 0, then whole numbers by size, then fractions, infinities, NaN.
    let whole = x.is_finite() && x.trunc() == x;
    let zero = (x != 0.0 || x.is_sign_negative()).then_some(0.0);
    let one = (!whole || x.abs() > 1.0).then_some(1.0);
    let trunc = (x.is_finite() && !whole).then(|| x.trunc());
    let half = (whole && x.abs() >= 2.0).then(|| (x / 2.0).trunc());
    let positive = (x < 0.0).then_some(-x);
    [zero, one, trunc, half, positive].into_iter().flatten()
}

fn string(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let plain = chars.iter().any(|c| *c != 'a').then(|| "a".repeat(chars.len()));
    let shorter = {
        let chars = chars.clone();
        removals(chars.len())
            .map(move |gap| chars[..gap.start].iter().chain(&chars[gap.end..]).collect::<String>())
    };
    let plainer = (0..chars.len()).filter_map(move |at| {
        let mut chars = chars.clone();
        (chars[at] != 'a').then(|| {
            chars[at] = 'a';
            chars.into_iter().collect()
        })
    });
    shorter.chain(plain).chain(plainer)
}

fn list(kind: Kind, items: &[Value]) -> Values<'_> {
    let shorter =
        removals(items.len()).map(|gap| Value::List([&items[..gap.start], &items[gap.end..]].concat()));
    let within = items.iter().enumerate().flat_map(move |(at, item)| {
        single(kind.clone(), item).map(move |item| {
            let mut items = items.to_vec();
            items[at] = item;
            Value::List(items)
        })
    });
    Box::new(shorter.chain(within))
}

fn map(kind: Kind, entries: &HashMap<MapKey, Value>) -> Values<'_> {
    let Some(entry) = kind.as_message().cloned() else { return Box::new(std::iter::empty()) };
    let mut keys: Vec<&MapKey> = entries.keys().collect();
    keys.sort();
    let fewer = {
        let keys = keys.clone();
        removals(keys.len()).map(move |gap| {
            let mut left = entries.clone();
            keys[gap].iter().for_each(|key| drop(left.remove(*key)));
            Value::Map(left)
        })
    };
    let within = keys.into_iter().flat_map(move |key| {
        let value = &entries[key];
        let simpler_value = single(entry.map_entry_value_field().kind(), value).map(move |value| {
            let mut entries = entries.clone();
            entries.insert(key.clone(), value);
            Value::Map(entries)
        });
        let keys: Vec<Value> = single(entry.map_entry_key_field().kind(), &key.clone().into()).collect();
        let simpler_key = keys.into_iter().filter_map(Value::into_map_key).filter_map(move |less| {
            let mut entries = entries.clone();
            let value = entries.remove(key)?;
            entries.insert(less, value).is_none().then_some(Value::Map(entries))
        });
        simpler_value.chain(simpler_key)
    });
    Box::new(fewer.chain(within))
}

/// What to cut out of a sequence: all of it, its halves, its quarters, … each element.
pub(crate) fn removals(length: usize) -> impl Iterator<Item = Range<usize>> {
    let sizes = std::iter::successors(Some(length), |size| Some(size / 2)).take_while(|size| *size > 0);
    sizes.flat_map(move |size| (0..length).step_by(size).map(move |at| at..(at + size).min(length)))
}
