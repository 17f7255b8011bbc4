//! What the server has named so far: values of replies, and of requests that were taken, that later requests may use,
//! by the name of their field.
//!
//! Filled in the order of the cases, so that a server that answers the same is asked the same.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::plan::Method;

/// Messages inside messages that are filled.
const DEPTH: u32 = 2;
/// Values kept of one name.
const KEPT: usize = 4;

/// Whether a field of this name says which thing is meant.
pub(super) fn names_things(field: &str) -> bool {
    matches!(field, "id" | "name" | "key" | "uuid" | "uid" | "slug" | "resource_name")
        || ["_id", "_key", "_uuid", "_name"].iter().any(|end| field.ends_with(end))
}

/// By the simple name of the message and of its field.
type Values = BTreeMap<(String, String), Vec<Value>>;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// What replies name.
    said: Values,
    /// What requests named that were answered with OK. The server may have chosen another name for it, so that this
    /// counts only where no reply says anything.
    taken: Values,
    /// Texts of replies whose field says nothing of the kind.
    texts: Values,
}

impl Pool {
    /// Keeps what a reply names, of messages one level deep as well.
    pub fn learn(&mut self, reply: &DynamicMessage) {
        each(reply, &mut |message, field, value| {
            let values = if names_things(field) { &mut self.said } else { &mut self.texts };
            keep(values, message, field, value);
        });
    }

    /// Keeps what a request named that was taken.
    pub fn learn_request(&mut self, request: &DynamicMessage) {
        each(request, &mut |message, field, value| {
            if names_things(field) {
                keep(&mut self.taken, message, field, value);
            }
        });
    }

    /// The message with what it names replaced by things that the server has, or nothing if it knows none.
    /// The `turn` chooses among several.
    pub fn fill(&self, mut message: DynamicMessage, method: &Method, turn: usize) -> Option<DynamicMessage> {
        let filled = self.fill_in(&mut message, method.desc.name(), turn, DEPTH)
            || (method.reads && self.fill_texts(&mut message, turn));
        filled.then_some(message)
    }

    /// Where no name says which thing is meant, a text of the same name does: a `GetTerm` by its `source`.
    fn fill_texts(&self, message: &mut DynamicMessage, turn: usize) -> bool {
        let mut filled = false;
        let plain =
            |field: &FieldDescriptor| field.kind() == Kind::String && !field.is_list() && !field.is_map();
        for field in message.descriptor().fields().filter(plain) {
            let fits = |((_, name), values): (&(String, String), &Vec<Value>)| {
                (name == field.name()).then(|| values.clone())
            };
            let known: Vec<Value> = self.texts.iter().filter_map(fits).flatten().collect();
            if let Some(value) = known.get(turn % known.len().max(1)) {
                message.set_field(&field, value.clone());
                filled = true;
            }
        }
        filled
    }

    /// The messages in it as well: an update often names what it changes inside of the new value.
    fn fill_in(&self, message: &mut DynamicMessage, method: &str, turn: usize, depth: u32) -> bool {
        let mut filled = false;
        for field in message.descriptor().fields() {
            let is_there = depth > 0 && message.has_field(&field) && !field.is_list() && !field.is_map();
            if is_there && let Value::Message(inner) = message.get_field_mut(&field) {
                filled |= self.fill_in(inner, method, turn, depth - 1);
                continue;
            }
            if !names_things(field.name()) || field.is_list() || field.containing_oneof().is_some() {
                continue;
            }
            let fits = |value: &&Value| match field.kind() {
                Kind::String => matches!(value, Value::String(_)),
                kind => !matches!(kind, Kind::Message(_)) && value.is_valid_for_field(&field),
            };
            let named = |values| named(values, field.name(), method).into_iter().filter(fits).collect();
            let mut known: Vec<&Value> = named(&self.said);
            if known.is_empty() {
                known = named(&self.taken);
            }
            if let Some(value) = known.get(turn % known.len().max(1)) {
                message.set_field(&field, (*value).clone());
                filled = true;
            }
        }
        filled
    }
}

/// Each plain value of the message and of those one level deep in it: of which message, of which field.
fn each(message: &DynamicMessage, with: &mut dyn FnMut(&str, &str, &Value)) {
    fn own(message: &DynamicMessage, with: &mut dyn FnMut(&str, &str, &Value)) {
        for (field, value) in message.fields() {
            with(message.descriptor().name(), field.name(), value);
        }
    }
    own(message, with);
    for (_, value) in message.fields() {
        match value {
            Value::Message(inner) => own(inner, with),
            Value::List(items) => items.iter().filter_map(Value::as_message).for_each(|it| own(it, with)),
            _ => {}
        }
    }
}

fn keep(values: &mut Values, message: &str, field: &str, value: &Value) {
    let empty = matches!(value, Value::String(text) if text.is_empty());
    let plain =
        matches!(value, Value::String(_) | Value::I32(_) | Value::I64(_) | Value::U32(_) | Value::U64(_));
    if plain && !empty {
        let kept = values.entry((message.to_owned(), field.to_owned())).or_default();
        if kept.len() < KEPT && !kept.contains(value) {
            kept.push(value.clone());
        }
    }
}

/// `id` is any message's id, and `user_id` the id of a message whose name has `user` in it. Where some are of
/// what the method is named after, as a `UserResponse` is for `GetUser`, only those.
fn named<'a>(values: &'a Values, field: &str, method: &str) -> Vec<&'a Value> {
    let fits = |message: &str, of: &str| {
        of == field
            || field.rsplit_once('_').is_some_and(|(what, last)| {
                last == of && message.to_ascii_lowercase().contains(&what.replace('_', ""))
            })
    };
    let fitting: Vec<_> = values.iter().filter(|((message, of), _)| fits(message, of)).collect();
    let about = |message: &str| {
        let ends = ["Response", "Reply", "Result", "Message", "Info"];
        let stem = ends.iter().find_map(|end| message.strip_suffix(end)).unwrap_or(message);
        !stem.is_empty() && method.contains(stem)
    };
    let own = fitting.iter().any(|((message, _), _)| about(message));
    let fitting = fitting.into_iter().filter(|((message, _), _)| !own || about(message));
    fitting.flat_map(|(_, values)| values).collect()
}
