//! Values of CEL for the reader of a report, and where two of them differ.

use std::collections::BTreeSet;

use cel::{Value, objects::Key};

/// So long is one value.
const VALUE: usize = 60;

/// The beginning of a text that is longer, in characters. Line breaks become spaces.
pub(super) fn clip(text: &str, length: usize) -> String {
    let line = text.replace(['\n', '\r'], " ");
    if line.chars().count() <= length {
        return line;
    }
    let mut short: String = line.chars().take(length.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Short, on one line.
pub(super) fn show(value: &Value) -> String {
    clip(&long(value, 4), VALUE)
}

fn long(value: &Value, depth: usize) -> String {
    match value {
        Value::List(_) | Value::Map(_) if depth == 0 => "…".to_owned(),
        Value::List(items) => {
            let shown = items.iter().take(8).map(|item| long(item, depth - 1));
            let more = (items.len() > 8).then(|| "…".to_owned());
            format!("[{}]", shown.chain(more).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let keys: BTreeSet<&Key> = map.map.keys().collect();
            let entry = |key: &&Key| map.map.get(*key).map(|it| format!("{key}: {}", long(it, depth - 1)));
            let shown = keys.iter().take(8).filter_map(entry);
            let more = (keys.len() > 8).then(|| "…".to_owned());
            format!("{{{}}}", shown.chain(more).collect::<Vec<_>>().join(", "))
        }
        Value::Int(it) => it.to_string(),
        Value::UInt(it) => it.to_string(),
        Value::Float(it) => format!("{it:?}"),
        Value::String(it) => quoted(it),
        Value::Bytes(it) => format!("b\"{}\"", clip(&it.escape_ascii().to_string(), VALUE)),
        Value::Bool(it) => it.to_string(),
        Value::Duration(it) => format!("{it}"),
        Value::Timestamp(it) => it.to_rfc3339(),
        Value::Null => "null".to_owned(),
        other => other.type_of().to_string(),
    }
}

/// As JSON writes it, its end left out where it is long.
fn quoted(text: &str) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let length = text.chars().count();
    if length <= VALUE - 2 {
        return json(text);
    }
    let start: String = text.chars().take(VALUE / 2).collect();
    format!("{}… ({length} characters)", json(&start))
}

/// A line for each place at which two values differ, until there are `most`. `path` is how the values are called.
pub(super) fn differences(path: &str, left: &Value, right: &Value, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    differ(path, Some(left), Some(right), most, &mut lines);
    lines
}

fn differ(path: &str, left: Option<&Value>, right: Option<&Value>, most: usize, lines: &mut Vec<String>) {
    if lines.len() >= most || left == right {
        return;
    }
    match (left, right) {
        (Some(Value::Map(one)), Some(Value::Map(other))) => {
            let keys: BTreeSet<&Key> = one.map.keys().chain(other.map.keys()).collect();
            for key in keys {
                differ(&step(path, key), one.get(key), other.get(key), most, lines);
            }
        }
        (Some(Value::List(one)), Some(Value::List(other))) => {
            if one.len() != other.len() {
                lines.push(format!("size({path}): {} ≠ {}", one.len(), other.len()));
            }
            for at in 0..one.len().min(other.len()) {
                differ(&format!("{path}[{at}]"), one.get(at), other.get(at), most, lines);
            }
        }
        (left, right) => {
            let side = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), show);
            lines.push(format!("{path}: {} ≠ {}", side(left), side(right)));
        }
    }
}

/// The path of an entry: that of a field where the key could be the name of one.
fn step(path: &str, key: &Key) -> String {
    let plain = |text: &str| {
        text.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    match key {
        Key::String(name) if plain(name) => format!("{path}.{name}"),
        Key::String(name) => format!("{path}[{}]", quoted(name)),
        key => format!("{path}[{key}]"),
    }
}
