//! Readers of both encodings: prost-reflect, and what it leaves out.

use prost_reflect::{
    DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, Value,
};

use super::field::{Field, is_closed};
use super::wire::{MALFORMED, sift};

/// Why a reader takes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub why: String,
    /// The way to the required field that is missing, by the names of the reader.
    pub missing: Option<Vec<String>>,
}

impl Refusal {
    fn of(why: impl Into<String>) -> Refusal {
        Refusal { why: why.into(), missing: None }
    }
}

/// What a reader of this type has of the bytes.
pub(super) fn binary(desc: &MessageDescriptor, bytes: &[u8]) -> Result<DynamicMessage, Refusal> {
    let known = sift(desc, bytes).map_err(Refusal::of)?;
    let message =
        DynamicMessage::decode(desc.clone(), known.as_slice()).map_err(|_| Refusal::of(MALFORMED))?;
    complete(message)
}

/// What a reader of this type has of a JSON text. A `strict` one refuses keys it does not know, and names of enum
/// values.
pub(super) fn json(desc: &MessageDescriptor, text: &str, strict: bool) -> Result<DynamicMessage, Refusal> {
    let options = DeserializeOptions::new().deny_unknown_fields(strict);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let message = DynamicMessage::deserialize_with_options(desc.clone(), &mut deserializer, &options);
    let message = message.map_err(|problem| Refusal::of(without_position(&problem.to_string())))?;
    if let Some(field) = undeclared(&message) {
        return Err(Refusal::of(format!("`{field}` has a number that its enum does not declare")));
    }
    complete(message)
}

/// `… at line 1 column 7` says nothing about a text of one line.
fn without_position(problem: &str) -> String {
    problem.split(" at line ").next().unwrap_or(problem).to_owned()
}

/// Refuses a message without all its required fields.
fn complete(message: DynamicMessage) -> Result<DynamicMessage, Refusal> {
    let Some(path) = missing(&message) else { return Ok(message) };
    let why = format!("required field `{}` is missing", path.join("."));
    Err(Refusal { why, missing: Some(path) })
}

/// The way to the first required field that is not there.
pub(super) fn missing(message: &DynamicMessage) -> Option<Vec<String>> {
    let fields = Field::all(&message.descriptor());
    let here = fields.iter().find(|field| field.is_required() && field.get(message).is_none());
    if let Some(field) = here {
        return Some(vec![field.name().to_owned()]);
    }
    inner(message).find_map(|(name, message)| {
        let below = missing(message)?;
        Some([vec![name], below].concat())
    })
}

/// The first closed enum with a number from nowhere: text can hold one, bytes were sifted.
fn undeclared(message: &DynamicMessage) -> Option<String> {
    let is_foreign = |kind: &Kind, value: &Value| match (kind, value) {
        (Kind::Enum(it), Value::EnumNumber(number)) => is_closed(it) && it.get_value(*number).is_none(),
        _ => false,
    };
    let members = message.fields().map(|(field, value)| (Field::Member(field), value));
    let extensions = message.extensions().map(|(field, value)| (Field::Extension(field), value));
    for (field, value) in members.chain(extensions) {
        let held = field.held();
        let found = match value {
            Value::List(items) => items.iter().any(|item| is_foreign(&held, item)),
            Value::Map(entries) => entries.values().any(|item| is_foreign(&held, item)),
            value => is_foreign(&held, value),
        };
        if found {
            return Some(field.name().to_owned());
        }
    }
    inner(message).find_map(|(_, message)| undeclared(message))
}

/// The messages one level below, each with the name of its field.
fn inner(message: &DynamicMessage) -> impl Iterator<Item = (String, &DynamicMessage)> {
    let members = message.fields().map(|(field, value)| (field.name().to_owned(), value));
    let extensions = message.extensions().map(|(field, value)| (field.full_name().to_owned(), value));
    members.chain(extensions).flat_map(|(name, value)| {
        let messages: Vec<&DynamicMessage> = match value {
            Value::Message(message) => vec![message],
            Value::List(items) => items.iter().filter_map(Value::as_message).collect(),
            Value::Map(entries) => entries.values().filter_map(Value::as_message).collect(),
            _ => Vec::new(),
        };
        messages.into_iter().map(move |message| (name.clone(), message))
    })
}
