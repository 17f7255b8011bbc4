//! A sequence as plain data: calls one after the other, with values that are known only when it runs.

use prost_reflect::{DynamicMessage, FieldDescriptor, MapKey, ReflectMessage as _, Value};
use serde::{Deserialize, Serialize};

use super::schedule::Turn;
use crate::contract::{Method, cover, plan};

/// Where the value of a field comes from when the step is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which message of the step, from 0.
    pub message: usize,
    /// The path of the field.
    pub field: String,
    /// Its origin. Of two links of one field the later one counts, where it leads to a value.
    pub from: Origin,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A plain value that no other run of the sequence has. Links of the same lane have the same one.
    Fresh(u64),
    /// One of the keys of a map of the model, or of the elements of a list, counted round and round.
    Model {
        /// The name of the variable.
        variable: String,
        /// Which of them.
        turn: usize,
    },
    /// What an earlier step was answered with.
    Reply {
        /// Which step, from 0.
        step: usize,
        /// Which of its replies, from 0.
        reply: usize,
        /// The path of the field in it.
        field: String,
    },
}

/// One call of a sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::contract) struct Step {
    /// `package.Service/Method`.
    pub method: String,
    /// What is sent, as far as it is known before.
    pub sent: Vec<DynamicMessage>,
    pub links: Vec<Link>,
    /// Each reply is waited for before the next message is sent.
    pub in_turn: bool,
    /// What else is done in the stream, in order.
    pub turns: Vec<Turn>,
    /// The client takes the call back, so many milliseconds after all of it was sent: nobody knows then whether it took
    /// effect.
    pub cancel: Option<u64>,
    /// Which of several clients makes it, beside the others. Their steps stand together, those of one in their order;
    /// the steps before and after them are made by nobody else.
    pub client: Option<usize>,
}

/// Whether some of the steps are made beside one another.
pub(super) fn is_race(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.client.is_some())
}

impl Step {
    /// The messages with what the links lead to, and which of the links gave their field its value. `found` looks up
    /// all origins but fresh values, which are those of `salt`.
    pub fn resolved(
        &self,
        method: &Method,
        salt: u64,
        found: &dyn Fn(&Origin) -> Option<Value>,
    ) -> (Vec<DynamicMessage>, Vec<Option<Value>>) {
        let mut sent = self.sent.clone();
        let mut values = Vec::new();
        for link in &self.links {
            let value = match &link.from {
                Origin::Fresh(lane) => get(&template(method, salt, *lane, link.message), &link.field),
                other => found(other),
            };
            let message = sent.get_mut(link.message);
            let set = value.filter(|value| message.is_some_and(|it| set(it, &link.field, value.clone())));
            values.push(set);
        }
        (sent, values)
    }

    /// Whether the field gets its value when the step is made, and from something that is there then.
    pub fn is_linked(&self, message: usize, field: &str) -> bool {
        let is = |it: &&Link| it.message == message && it.field == field;
        self.links.iter().filter(is).any(|it| !matches!(it.from, Origin::Fresh(_)))
    }
}

/// A plain message of a lane, as it is in one run of a sequence.
pub(super) fn template(method: &Method, salt: u64, lane: u64, at: usize) -> DynamicMessage {
    let salt = cover::hash(&[&salt.to_le_bytes(), &lane.to_le_bytes()]) >> 24;
    let mut messages = plan::Method::stream(method, salt, at + 1);
    // As many as were asked for, and at least one was.
    messages.pop().unwrap_or_else(|| DynamicMessage::new(method.desc.input()))
}

/// What is at a path through single messages, if it is set.
pub(in crate::contract) fn get(message: &DynamicMessage, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => {
            let field = message.descriptor().get_field_by_name(path)?;
            message.has_field(&field).then(|| message.get_field(&field).into_owned())
        }
        Some((first, rest)) => get(message.get_field_by_name(first)?.as_message()?, rest),
    }
}

/// Sets what is at a path, where the value fits.
pub(in crate::contract) fn set(message: &mut DynamicMessage, path: &str, value: Value) -> bool {
    match path.split_once('.') {
        None => {
            let Some(field) = message.descriptor().get_field_by_name(path) else { return false };
            value.is_valid_for_field(&field) && message.try_set_field(&field, value).is_ok()
        }
        Some((first, rest)) => match message.get_field_by_name_mut(first).and_then(Value::as_message_mut) {
            Some(inner) => set(inner, rest, value),
            None => false,
        },
    }
}

/// Every single scalar that is set, with its path, in the messages inside as well.
pub(super) fn scalars(message: &DynamicMessage) -> Vec<(String, FieldDescriptor, Value)> {
    let mut out = Vec::new();
    for (field, value) in message.fields().filter(|(field, _)| !field.is_list() && !field.is_map()) {
        match value {
            Value::Message(inner) if out.len() < MOST => {
                let below = scalars(inner).into_iter();
                out.extend(below.map(|(path, of, value)| (format!("{}.{path}", field.name()), of, value)));
            }
            Value::Message(_) => {}
            value => out.push((field.name().to_owned(), field.clone(), value.clone())),
        }
    }
    out
}

/// Of a larger message not every field is looked at.
const MOST: usize = 200;

/// A message for people: its fields by name, with other words for those that were linked.
pub(super) fn shown(message: &DynamicMessage, words: &dyn Fn(&str) -> Option<String>) -> String {
    let fields = message.fields().map(|(field, value)| {
        let name = field.name();
        let below = |path: &str| words(&format!("{name}.{path}"));
        let value = words(name).unwrap_or_else(|| value_shown(value, &below));
        format!("{name}: {value}")
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

fn value_shown(value: &Value, words: &dyn Fn(&str) -> Option<String>) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Bool(it) => it.to_string(),
        Value::I32(it) | Value::EnumNumber(it) => it.to_string(),
        Value::I64(it) => it.to_string(),
        Value::U32(it) => it.to_string(),
        Value::U64(it) => it.to_string(),
        Value::F32(it) => it.to_string(),
        Value::F64(it) => it.to_string(),
        Value::String(it) => quoted(it),
        Value::Bytes(it) => format!("b\"{}\"", it.escape_ascii()),
        Value::Message(it) => shown(it, words),
        Value::List(items) => {
            format!("[{}]", list(items.iter().map(|it| value_shown(it, &|_| None)).collect()))
        }
        Value::Map(entries) => {
            let mut parts: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", key_shown(key), value_shown(value, &|_| None)))
                .collect();
            parts.sort();
            format!("{{{}}}", list(parts))
        }
    }
}

fn key_shown(key: &MapKey) -> String {
    match key {
        MapKey::Bool(it) => it.to_string(),
        MapKey::I32(it) => it.to_string(),
        MapKey::I64(it) => it.to_string(),
        MapKey::U32(it) => it.to_string(),
        MapKey::U64(it) => it.to_string(),
        MapKey::String(it) => quoted(it),
    }
}

/// A text between quotes. One that is long is shown by its beginning.
fn quoted(text: &str) -> String {
    const LONG: usize = 60;
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{:?}… ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}
