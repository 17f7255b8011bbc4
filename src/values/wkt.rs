//! The well-known types whose values are narrower than their fields: what they may hold.

use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _, Value};

use super::plain;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z (`google/protobuf/timestamp.proto`).
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years (`google/protobuf/duration.proto`).
const SPAN: i64 = 315_576_000_000;
const SECOND: i32 = 1_000_000_000;

/// Edges of the type, a plain value first; nothing for types that are as wide as their fields.
pub(super) fn edges(desc: &MessageDescriptor) -> Vec<DynamicMessage> {
    let with = |fields: &[(u32, Value)]| {
        let mut message = DynamicMessage::new(desc.clone());
        for (number, value) in fields {
            // A schema may declare a type of this name with other fields; what does not fit is left out.
            let _ = message.try_set_field_by_number(*number, value.clone());
        }
        message
    };
    let time = |(seconds, nanos): (i64, i32)| with(&[(1, Value::I64(seconds)), (2, Value::I32(nanos))]);
    let last = SECOND - 1;
    match desc.full_name() {
        "google.protobuf.Timestamp" => {
            let (first, end) = (*TIMES.start(), *TIMES.end());
            [(1_700_000_000, 0), (0, 0), (0, 1), (-1, last), (1 << 31, 0), (first, 0), (end, last)]
                .map(time)
                .to_vec()
        }
        "google.protobuf.Duration" => {
            [(1, 0), (0, 0), (0, 1), (0, -1), (-1, -last), (SPAN, last), (-SPAN, -last)].map(time).to_vec()
        }
        "google.protobuf.Value" => vec![
            with(&[(3, Value::String("a".into()))]),
            with(&[(1, Value::EnumNumber(0))]),
            with(&[(2, Value::F64(0.0))]),
            with(&[(2, Value::F64(f64::MAX))]),
            with(&[(3, Value::String(String::new()))]),
            with(&[(4, Value::Bool(true))]),
        ],
        "google.protobuf.FieldMask" => ["a", "user_id", "a.b_c", "no_such_field"]
            .map(|path| with(&[(1, Value::List(vec![Value::String(path.into())]))]))
            .to_vec(),
        "google.protobuf.Any" => {
            std::iter::once(packed(desc)).chain([DynamicMessage::new(desc.clone())]).collect()
        }
        _ => Vec::new(),
    }
}

/// Values that no message of the type may have, though each of its fields may; nothing for types without such.
pub(super) fn beyond(desc: &MessageDescriptor) -> Vec<DynamicMessage> {
    let pair = |(seconds, nanos): (i64, i32)| {
        let mut message = DynamicMessage::new(desc.clone());
        let _ = message.try_set_field_by_number(1, Value::I64(seconds));
        let _ = message.try_set_field_by_number(2, Value::I32(nanos));
        message
    };
    let pairs: &[(i64, i32)] = match desc.full_name() {
        "google.protobuf.Timestamp" => {
            &[(*TIMES.end() + 1, 0), (i64::MIN, 0), (0, -1), (0, SECOND), (0, i32::MAX)]
        }
        "google.protobuf.Duration" => &[(SPAN + 1, 0), (i64::MIN, 0), (1, -1), (-1, 1), (0, SECOND)],
        _ => &[],
    };
    pairs.iter().copied().map(pair).collect()
}

/// An `Any` around a small message of the same pool that every reader of the schema knows.
fn packed(desc: &MessageDescriptor) -> DynamicMessage {
    let mut any = DynamicMessage::new(desc.clone());
    let names = ["google.protobuf.StringValue", "google.protobuf.Duration", "google.protobuf.Empty"];
    let known = names.iter().find_map(|name| desc.parent_pool().get_message_by_name(name));
    let inner = known.or_else(|| desc.parent_pool().all_messages().find(|message| !message.is_map_entry()));
    if let Some(inner) = inner {
        let url = format!("type.googleapis.com/{}", inner.full_name());
        let _ = any.try_set_field_by_number(1, Value::String(url));
        let _ = any.try_set_field_by_number(2, Value::Bytes(plain::minimal(&inner).encode_to_vec().into()));
    }
    any
}

/// Whether a message of a well-known type keeps to its range. True for all other types.
pub(super) fn is_valid(message: &DynamicMessage) -> bool {
    let number = |field| message.get_field_by_number(field).map(|value| value.into_owned());
    let seconds = || number(1).and_then(|value| value.as_i64()).unwrap_or(0);
    let nanos = || number(2).and_then(|value| value.as_i32()).unwrap_or(0);
    match message.descriptor().full_name() {
        "google.protobuf.Timestamp" => TIMES.contains(&seconds()) && (0..SECOND).contains(&nanos()),
        "google.protobuf.Duration" => {
            let (seconds, nanos) = (seconds(), nanos());
            seconds.abs() <= SPAN
                && nanos.abs() < SECOND
                && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0))
        }
        "google.protobuf.Value" => {
            message.fields().next().is_some()
                && message.fields().all(|(_, value)| value.as_f64().is_none_or(f64::is_finite))
        }
        "google.protobuf.FieldMask" => number(1)
            .and_then(|paths| Some(paths.as_list()?.iter().all(|path| path.as_str().is_some_and(is_path))))
            .unwrap_or(true),
        // Shrinks to the empty one in a step; a cut URL or value would name another type, or none.
        "google.protobuf.Any" => edges(&message.descriptor()).contains(message),
        _ => true,
    }
}

fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path
            .split(['.', '_'])
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}
