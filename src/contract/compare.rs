//! Whether two answers say the same.

use prost_reflect::{DynamicMessage, Value};

use super::plan::Method;
use crate::client::Exchange;

/// The replies, decoded, because a map may be written in any order. Nothing where one does not decode.
fn replies(method: &Method, exchange: &Exchange) -> Option<Vec<DynamicMessage>> {
    let decode = |bytes: &bytes::Bytes| DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok();
    exchange.messages.iter().map(|(_, bytes)| decode(bytes)).collect()
}

/// What the second answer says otherwise than the first, in a phrase.
pub(super) fn difference(method: &Method, one: &Exchange, other: &Exchange) -> Option<String> {
    if one.outcome() != other.outcome() {
        return Some(format!("{} became {}", one.outcome(), other.outcome()));
    }
    let (one, other) = (replies(method, one)?, replies(method, other)?);
    if one.len() != other.len() {
        return Some(format!("{} replies became {}", one.len(), other.len()));
    }
    let at = one.iter().zip(&other).position(|(one, other)| one != other && !equal(one, other))?;
    let field = method
        .desc
        .output()
        .fields()
        .find(|field| !same_value(&one[at].get_field(field), &other[at].get_field(field)));
    Some(match field {
        Some(field) => format!(
            "`{}` of reply {} was {} and became {}",
            field.name(),
            at + 1,
            short(&one[at].get_field(&field)),
            short(&other[at].get_field(&field))
        ),
        None => format!("reply {} became another", at + 1),
    })
}

/// What a variant changed of that which two plain calls agree on, in a phrase. Values that differ between the two
/// are of the moment: names, times, numbers that count up.
pub(super) fn changed(method: &Method, plain: [&Exchange; 2], variant: &Exchange) -> Option<String> {
    let [before, after] = plain.map(|exchange| replies(method, exchange));
    let (before, after, with) = (before?, after?, replies(method, variant)?);
    if before.len() != after.len() {
        return None;
    }
    if before.len() != with.len() {
        return Some(format!("{} replies became {}", before.len(), with.len()));
    }
    for (at, ((before, after), with)) in before.iter().zip(&after).zip(&with).enumerate() {
        for field in method.desc.output().fields() {
            let [before, after, with] = [before, after, with].map(|reply| reply.get_field(&field));
            if same_value(&before, &after) && !same_value(&before, &with) {
                let (name, before, with) = (field.name(), short(&before), short(&with));
                return Some(format!("`{name}` of reply {} was {before} and became {with}", at + 1));
            }
        }
    }
    None
}

fn equal(one: &DynamicMessage, other: &DynamicMessage) -> bool {
    crate::values::encode(one) == crate::values::encode(other)
}

/// NaN is the same as NaN here.
fn same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::F64(one), Value::F64(other)) => one.to_bits() == other.to_bits() || one == other,
        (Value::F32(one), Value::F32(other)) => one.to_bits() == other.to_bits() || one == other,
        (Value::Message(one), Value::Message(other)) => one == other || equal(one, other),
        _ => one == other,
    }
}

/// A value in at most 60 characters.
fn short(value: &Value) -> String {
    let text = match value {
        Value::Message(_) | Value::List(_) | Value::Map(_) => "another".to_owned(),
        Value::String(text) => format!("{text:?}"),
        Value::Bool(on) => on.to_string(),
        Value::I32(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::U32(n) => n.to_string(),
        Value::U64(n) => n.to_string(),
        Value::EnumNumber(n) => n.to_string(),
        other => format!("{other:?}"),
    };
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
