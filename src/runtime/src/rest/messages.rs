//! Messages from JSON and to JSON: ProtoJSON, as prost-reflect has it.

use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, MessageDescriptor, SerializeOptions, Value,
};
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::Options;

/// A message of this type.
///
/// # Errors
///
/// What is wrong, and where in the text.
pub(super) fn from_json(
    desc: &MessageDescriptor,
    json: &[u8],
    options: &Options,
) -> Result<DynamicMessage, String> {
    read(desc, json, options).map_err(|error| error.to_string())
}

fn read(
    desc: &MessageDescriptor,
    json: &[u8],
    options: &Options,
) -> Result<DynamicMessage, serde_json::Error> {
    let reading = DeserializeOptions::new().deny_unknown_fields(!options.ignore_unknown_fields);
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let message = DynamicMessage::deserialize_with_options(desc.clone(), &mut deserializer, &reading)?;
    deserializer.end()?;
    Ok(message)
}

/// A message with one field, whose value this is. `null` leaves it unset.
///
/// # Errors
///
/// As [`from_json`].
pub(super) fn from_field_json(
    field: &FieldDescriptor,
    json: &[u8],
    options: &Options,
) -> Result<DynamicMessage, String> {
    // One value and no more: it is put into an object, which it must not be able to leave.
    serde_json::from_slice::<IgnoredAny>(json).map_err(|error| error.to_string())?;
    let name = Json::String(field.json_name().to_owned()).to_string();
    // A line of its own, so that a place in it is one line off and no column.
    let object = [b"{", name.as_bytes(), b":\n", json, b"}"].concat();
    read(field.parent_message(), &object, options).map_err(|error| {
        let said = error.to_string();
        let (line, column) = (error.line(), error.column());
        let why = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said);
        format!("{why} at line {} column {column}", line.saturating_sub(1).max(1))
    })
}

/// The JSON of a message.
///
/// # Errors
///
/// What has no form in JSON: an `Any` of an unknown type, a time out of its range.
pub(super) fn to_json(message: &DynamicMessage, options: &Options) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut text);
    message
        .serialize_with_options(&mut serializer, &writing(options))
        .map_err(|error| format!("the answer has no form in JSON: {error}"))?;
    Ok(text)
}

/// The JSON of the value of one field, set or not.
///
/// # Errors
///
/// As [`to_json`].
pub(super) fn field_to_json(
    mut message: DynamicMessage,
    field: &FieldDescriptor,
    options: &Options,
) -> Result<Vec<u8>, String> {
    let mut alone = DynamicMessage::new(field.parent_message().clone());
    let is_set = message.has_field(field);
    if let Some(value) = message.take_field(field).filter(|_| is_set) {
        alone.set_field(field, value);
    }
    // An unset field is shown as its default: there is no object that could leave it out.
    let writing = writing(options).skip_default_fields(is_set && !options.print_defaults);
    let shown = alone
        .serialize_with_options(serde_json::value::Serializer, &writing)
        .map_err(|error| format!("the answer has no form in JSON: {error}"))?;
    let name = if options.print_proto_names { field.name() } else { field.json_name() };
    Ok(shown.get(name).unwrap_or(&Json::Null).to_string().into_bytes())
}

fn writing(options: &Options) -> SerializeOptions {
    SerializeOptions::new()
        .skip_default_fields(!options.print_defaults)
        .use_proto_field_name(options.print_proto_names)
}

/// The content of a `google.api.HttpBody`.
pub(super) fn raw(message: &DynamicMessage) -> (Option<String>, bytes::Bytes) {
    let text = |name: &str| message.get_field_by_name(name).and_then(|it| it.as_str().map(str::to_owned));
    let data = message.get_field_by_name("data").and_then(|it| it.as_bytes().cloned()).unwrap_or_default();
    (text("content_type").filter(|it| !it.is_empty()), data)
}

/// Fills a `google.api.HttpBody`.
pub(super) fn set_raw(message: &mut DynamicMessage, content_type: &str, data: bytes::Bytes) {
    // A type of this name without these fields is not the one that is meant.
    let _ = message.try_set_field_by_name("content_type", Value::String(content_type.to_owned()));
    let _ = message.try_set_field_by_name("data", Value::Bytes(data));
}
