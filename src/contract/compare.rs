//! Whether two answers say the same.

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};

use super::plan::Method;
use crate::client::Exchange;

/// The replies, decoded, because a map may be written in any order. Nothing where one does not decode. What the schema
/// does not know is left out: who echoes a message rightly echoes the unknown fields in it.
fn replies(method: &Method, exchange: &Exchange) -> Option<Vec<DynamicMessage>> {
    let decode = |bytes: &bytes::Bytes| DynamicMessage::decode(method.desc.output(), bytes.as_ref()).ok();
    exchange.messages.iter().map(|(_, bytes)| Some(steady(known(decode(bytes)?), &method.volatile))).collect()
}

/// The message without the fields at these paths, which its contract calls volatile.
pub(super) fn steady(mut message: DynamicMessage, volatile: &[String]) -> DynamicMessage {
    volatile.iter().for_each(|path| clear(&mut message, path));
    message
}

fn clear(message: &mut DynamicMessage, path: &str) {
    let Some((first, rest)) = path.split_once('.') else { return message.clear_field_by_name(path) };
    // One that is not set has nothing inside.
    if message.has_field_by_name(first) {
        match message.get_field_by_name_mut(first) {
            Some(Value::Message(inner)) => clear(inner, rest),
            Some(Value::List(items)) => {
                items.iter_mut().filter_map(Value::as_message_mut).for_each(|it| clear(it, rest));
            }
            Some(Value::Map(entries)) => {
                entries.values_mut().filter_map(Value::as_message_mut).for_each(|it| clear(it, rest));
            }
            _ => {}
        }
    }
}

/// The message without unknown fields, at any depth.
fn known(mut message: DynamicMessage) -> DynamicMessage {
    message.take_unknown_fields().for_each(drop);
    let fields: Vec<FieldDescriptor> = message.fields().map(|(field, _)| field).collect();
    for field in fields {
        match message.get_field_mut(&field) {
            Value::Message(inner) => *inner = known(inner.clone()),
            Value::List(items) => items.iter_mut().for_each(known_value),
            Value::Map(entries) => entries.values_mut().for_each(known_value),
            _ => {}
        }
    }
    message
}

fn known_value(value: &mut Value) {
    if let Value::Message(inner) = value {
        *inner = known(inner.clone());
    }
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

/// What became more with each of three answers, in a phrase: a list that got longer, or a number that went on in even
/// steps. What its name calls a time or a version may.
pub(super) fn grown(method: &Method, answers: [&Exchange; 3]) -> Option<String> {
    let [one, two, three] = answers.map(|exchange| replies(method, exchange).unwrap_or_default());
    let (one, two, three) = (one.first()?, two.first()?, three.first()?);
    grown_in(one, two, three)
}

fn grown_in(one: &DynamicMessage, two: &DynamicMessage, three: &DynamicMessage) -> Option<String> {
    // What the last answer lacks has not grown; nor is there an end to absent messages inside one another.
    let there = |field: &FieldDescriptor| three.has_field(field) && !may_change(field.name());
    for field in one.descriptor().fields().filter(there) {
        let [first, second, third] = [one, two, three].map(|reply| reply.get_field(&field).into_owned());
        let sizes = [&first, &second, &third].map(|value| match value {
            Value::List(items) => items.len(),
            Value::Map(entries) => entries.len(),
            _ => 0,
        });
        if sizes[0] < sizes[1] && sizes[1] < sizes[2] {
            let [a, b, c] = sizes;
            return Some(format!("`{}` had {a}, then {b}, then {c} elements", field.name()));
        }
        if let (Some(a), Some(b), Some(c)) = (whole(&first), whole(&second), whole(&third))
            && b != a
            && b - a == c - b
        {
            return Some(format!("`{}` was {a}, then {b}, then {c}", field.name()));
        }
        if let (Value::Message(a), Value::Message(b), Value::Message(c)) = (&first, &second, &third)
            && a.descriptor().full_name() != "google.protobuf.Timestamp"
            && let Some(what) = grown_in(a, b, c)
        {
            return Some(what);
        }
    }
    None
}

fn whole(value: &Value) -> Option<i128> {
    value
        .as_i32()
        .map(i128::from)
        .or_else(|| value.as_i64().map(i128::from))
        .or_else(|| value.as_u32().map(i128::from))
        .or_else(|| value.as_u64().map(i128::from))
}

/// What counts writes by its nature.
fn may_change(field: &str) -> bool {
    const WORDS: [&str; 12] = [
        "time",
        "at",
        "version",
        "revision",
        "rev",
        "generation",
        "etag",
        "sequence",
        "seq",
        "index",
        "updated",
        "modified",
    ];
    field.split('_').any(|part| WORDS.contains(&part.to_lowercase().as_str()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{self, Source};

    #[test]
    fn what_nobody_knows_is_left_out() {
        let text =
            "syntax = \"proto3\"; package a; message M { M inner = 1; repeated M many = 2; int32 n = 3; }";
        let source = Source::Text(vec![("a.proto".into(), text.into())]);
        let desc = schema::load(&source).schema.pool().get_message_by_name("a.M").unwrap();
        // n, and field 9 beside it: on its own, in `inner` and in `many`.
        let bytes = [24, 1, 72, 5, 10, 4, 24, 1, 72, 5, 18, 4, 24, 1, 72, 5];
        let message = DynamicMessage::decode(desc, &bytes[..]).unwrap();
        assert_eq!(crate::values::encode(&known(message)), [10, 2, 24, 1, 18, 2, 24, 1, 24, 1]);
    }

    /// A field that the contract calls volatile is left out, inside lists and maps as well.
    #[test]
    fn what_is_volatile_is_left_out() {
        let text = "syntax = \"proto3\"; package a;
            message M { repeated M many = 1; map<string, M> named = 2; int32 n = 3; int32 etag = 4; }";
        let source = Source::Text(vec![("a.proto".into(), text.into())]);
        let desc = schema::load(&source).schema.pool().get_message_by_name("a.M").unwrap();
        let message = |text: &str| {
            let mut reader = serde_json::Deserializer::from_str(text);
            DynamicMessage::deserialize(desc.clone(), &mut reader).unwrap()
        };
        let full = r#"{"many":[{"n":1,"etag":2}],"named":{"a":{"n":3,"etag":4}},"n":5,"etag":6}"#;
        let left = r#"{"many":[{"n":1}],"named":{"a":{"n":3}},"n":5}"#;
        let volatile = ["etag", "many.etag", "named.etag", "no.such"].map(str::to_owned);
        assert_eq!(steady(message(full), &volatile), message(left));
    }

    /// What a write adds once more each time is told from what it sets, and from what counts writes by its nature.
    #[test]
    fn what_grows_each_time() {
        let text = "syntax = \"proto3\"; package a; import \"google/protobuf/timestamp.proto\";
            message M { repeated int32 codes = 1; int64 stock = 2; int64 version = 3; M inner = 4;
                        google.protobuf.Timestamp seen = 5; }";
        let source = Source::Text(vec![("a.proto".into(), text.into())]);
        let desc = schema::load(&source).schema.pool().get_message_by_name("a.M").unwrap();
        let grown = |messages: [&str; 3]| {
            let [one, two, three] = messages.map(|text| {
                let mut reader = serde_json::Deserializer::from_str(text);
                DynamicMessage::deserialize(desc.clone(), &mut reader).unwrap()
            });
            grown_in(&one, &two, &three).unwrap_or_default()
        };
        for (answers, expected) in [
            (
                [r#"{"codes":[1]}"#, r#"{"codes":[1,1]}"#, r#"{"codes":[1,1,1]}"#],
                "`codes` had 1, then 2, then 3 elements",
            ),
            ([r#"{"stock":"5"}"#, r#"{"stock":"4"}"#, r#"{"stock":"3"}"#], "`stock` was 5, then 4, then 3"),
            (
                [r#"{"inner":{"stock":"1"}}"#, r#"{"inner":{"stock":"2"}}"#, r#"{"inner":{"stock":"3"}}"#],
                "`stock` was 1, then 2, then 3",
            ),
            // The first time it was created.
            ([r#"{"stock":"0"}"#, r#"{"stock":"1"}"#, r#"{"stock":"1"}"#], ""),
            ([r#"{"version":"1"}"#, r#"{"version":"2"}"#, r#"{"version":"3"}"#], ""),
            (
                [
                    r#"{"seen":"1970-01-01T00:00:01Z"}"#,
                    r#"{"seen":"1970-01-01T00:00:02Z"}"#,
                    r#"{"seen":"1970-01-01T00:00:03Z"}"#,
                ],
                "",
            ),
        ] {
            assert_eq!(grown(answers), expected);
        }
    }
}
