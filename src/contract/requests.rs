//! Requests and the promises about them: plain ones that keep every rule, ones on the edges of the rules, and ones
//! that break one rule alone.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{
    class::Class,
    input::{Body, Input},
    plan::Method,
    pool::names_things,
};
use crate::{
    promise::{
        Behavior, Verdict,
        behavior::{has_field, is, missing, without},
    },
    values,
};

/// The label of a request on the edge of a rule; a plain one is sent before it.
pub(super) const EDGE: &str = "an edge of its rules";
/// The label of a request that names what the server has.
pub(super) const NAMED: &str = "what a reply named";

/// Of one field so many of the shortest requests on edges are sent, and of the longest.
const EDGES: usize = 6;

/// A plain message so that it keeps every rule, as far as they are understood, and leaves out what only the server
/// sets.
pub(super) fn kept(method: &Method, typical: &DynamicMessage, salt: u64) -> DynamicMessage {
    method.asks.mend(&without(typical, &|it| is(it, Behavior::OutputOnly)), salt)
}

/// The message with the least change that makes it keep every rule.
pub(super) fn mended(method: &Method, message: &DynamicMessage, salt: u64) -> DynamicMessage {
    let mut message = message.clone();
    let missing = missing(&message);
    if !missing.is_empty() {
        let plain = method.typical(salt);
        let desc = message.descriptor();
        for field in missing.iter().filter_map(|path| desc.get_field_by_name(path)) {
            if plain.has_field(&field) {
                message.set_field(&field, plain.get_field(&field).into_owned());
            }
        }
    }
    method.asks.mend(&message, salt)
}

/// Whether the messages keep what the schema asks, as far as it is understood.
pub(super) fn class(method: &Method, messages: &[DynamicMessage]) -> Class {
    let broken =
        |it: &DynamicMessage| matches!(method.asks.judge(it), Verdict::Broken(_)) || !missing(it).is_empty();
    if messages.iter().any(broken) { Class::Invalid } else { Class::Valid }
}

/// What the plain request of a class leaves out.
pub(super) fn left_out(class: Class) -> Option<fn(&FieldDescriptor) -> bool> {
    match class {
        Class::OutputOnly => Some(|it| is(it, Behavior::OutputOnly)),
        Class::Immutable => Some(is_immutable),
        _ => None,
    }
}

/// Not what says which thing is meant: another one would mean another thing.
fn is_immutable(field: &FieldDescriptor) -> bool {
    is(field, Behavior::Immutable) && !is(field, Behavior::Identifier) && !names_things(field.name())
}

/// Requests on the edges of each rule. `fresh` gives plain ones.
pub(super) fn edges(method: &Method, salt: u64, fresh: &mut dyn FnMut() -> DynamicMessage) -> Vec<Input> {
    let kept = fresh();
    let edges = match method.asks.judge(&kept) {
        Verdict::Kept => method.asks.edges(&kept, salt),
        _ => Vec::new(),
    };
    let mut of_fields: BTreeMap<u32, Vec<DynamicMessage>> = BTreeMap::new();
    for edge in edges {
        let differs = |field: &FieldDescriptor| kept.get_field(field) != edge.get_field(field);
        let field = kept.descriptor().fields().find(differs).map_or(0, |field| field.number());
        of_fields.entry(field).or_default().push(edge);
    }
    let mut inputs = Vec::new();
    for mut edges in of_fields.into_values() {
        // The shortest and the longest are nearest to an edge.
        edges.sort_by_cached_key(|it| values::encode(it).len());
        let far = EDGES..edges.len().saturating_sub(EDGES);
        for (_, edge) in (0..).zip(edges).filter(|(at, _)| !far.contains(at)) {
            inputs.push(Input::of(Class::Valid, method, EDGE, vec![renewed(method, &kept, edge, fresh())]));
        }
    }
    inputs
}

/// For each promise a request that breaks it alone.
pub(super) fn against(method: &Method, salt: u64, fresh: &mut dyn FnMut() -> DynamicMessage) -> Vec<Input> {
    let kept = fresh();
    let mut inputs = Vec::new();
    if method.asks.judge(&kept) == Verdict::Kept {
        for one in method.asks.broken(&kept, salt) {
            let label = format!("{} alone: {}", one.violation.rule, one.violation.path);
            let message = renewed(method, &kept, one.message, fresh());
            inputs.push(Input::of(Class::Invalid, method, label, vec![message]));
        }
    }
    for (path, message) in each_missing(&fresh()) {
        inputs.push(Input::of(Class::Invalid, method, format!("`{path}` missing"), vec![message]));
    }
    if has_field(&method.desc.input(), &|it| is(it, Behavior::OutputOnly)) {
        let message = changed(&fresh(), &|it| is(it, Behavior::OutputOnly));
        inputs.push(Input::of(Class::OutputOnly, method, "fields that only the server sets", vec![message]));
    }
    inputs
}

/// An update with other values in the fields that are set once.
pub(super) fn immutable(method: &Method, message: &DynamicMessage) -> Option<Input> {
    const CHANGES: [&str; 4] = ["Update", "Patch", "Modify", "Replace"];
    let changes = CHANGES.iter().any(|verb| method.desc.name().starts_with(verb));
    let fits = changes && has_field(&method.desc.input(), &is_immutable);
    fits.then(|| {
        let message = method.asks.mend(&changed(message, &is_immutable), 0);
        Input::of(Class::Immutable, method, "another value in a field that is set once", vec![message])
    })
}

/// The same update with yet other values in those fields.
pub(super) fn moved_on(method: &Method, input: &Input, turn: u64) -> Input {
    let next = |message: &DynamicMessage| {
        let next = turned(message, turn);
        if method.asks.judge(&next) == method.asks.judge(message) { next } else { message.clone() }
    };
    match &input.body {
        Body::Messages(messages) => {
            Input { body: Body::Messages(messages.iter().map(next).collect()), ..input.clone() }
        }
        Body::Script(_) => input.clone(),
    }
}

fn turned(message: &DynamicMessage, turn: u64) -> DynamicMessage {
    let mut out = message.clone();
    for (field, value) in message.fields() {
        match value {
            Value::String(text) if is_immutable(&field) => {
                out.set_field(&field, Value::String(format!("{text}{turn}")));
            }
            Value::Message(inner) => out.set_field(&field, Value::Message(turned(inner, turn))),
            _ => {}
        }
    }
    out
}

/// The message with the field of its own that `variant` differs in, in another plain message: what must be unique
/// is not sent twice. The variant as it is where that is judged otherwise.
fn renewed(
    method: &Method,
    kept: &DynamicMessage,
    variant: DynamicMessage,
    mut fresh: DynamicMessage,
) -> DynamicMessage {
    for field in kept.descriptor().fields() {
        let same = kept.has_field(&field) == variant.has_field(&field)
            && kept.get_field(&field) == variant.get_field(&field);
        match same {
            true => {}
            false if variant.has_field(&field) => {
                fresh.set_field(&field, variant.get_field(&field).into_owned());
            }
            false => fresh.clear_field(&field),
        }
    }
    if method.asks.judge(&fresh) == method.asks.judge(&variant) { fresh } else { variant }
}

/// The message without one REQUIRED field, for each of its own and of the messages in it.
fn each_missing(message: &DynamicMessage) -> Vec<(String, DynamicMessage)> {
    let mut out = Vec::new();
    if !missing(message).is_empty() {
        return out;
    }
    for field in message.descriptor().fields().filter(|field| message.has_field(field)) {
        let mut without = message.clone();
        without.clear_field(&field);
        if missing(&without) == [field.name()] {
            out.push((field.name().to_owned(), without));
        }
        if let Some(inner) = message.get_field(&field).as_message() {
            for (path, inner) in each_missing(inner) {
                let mut message = message.clone();
                message.set_field(&field, Value::Message(inner));
                out.push((format!("{}.{path}", field.name()), message));
            }
        }
    }
    out
}

/// The message with a value that nobody else would have set in each field like this.
fn changed(message: &DynamicMessage, of: &dyn Fn(&FieldDescriptor) -> bool) -> DynamicMessage {
    let mut message = message.clone();
    for field in message.descriptor().fields() {
        let single = !field.is_list() && !field.is_map();
        let arm = field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
        let inner = message.get_field(&field).as_message().cloned();
        if of(&field) {
            if let Some(value) = distinct(&field.kind()).filter(|_| single && !arm) {
                message.set_field(&field, value);
            }
        } else if let Some(inner) = inner.filter(|_| message.has_field(&field)) {
            message.set_field(&field, Value::Message(changed(&inner, of)));
        }
    }
    message
}

fn distinct(kind: &Kind) -> Option<Value> {
    const NUMBER: i32 = 1_234_567_891;
    Some(match kind {
        Kind::String => Value::String("sent-by-the-client".into()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(NUMBER),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(NUMBER.into()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(NUMBER.unsigned_abs()),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(NUMBER.unsigned_abs().into()),
        Kind::Message(desc) => Value::Message(time(desc)?),
        _ => return None,
    })
}

fn time(desc: &MessageDescriptor) -> Option<DynamicMessage> {
    let mut time = DynamicMessage::new(desc.clone());
    (desc.full_name() == "google.protobuf.Timestamp").then_some(())?;
    time.try_set_field_by_number(1, Value::I64(1_234_567_891)).ok()?;
    Some(time)
}
