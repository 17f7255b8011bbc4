//! Fields that are set from text: variables of a path and parameters of a query.

use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};
use serde_json::Value as Json;

use super::binding::{Binding, Content};
use super::refusal::Refusal;

/// The fields on the way to `path`: by their names or their JSON names, each but the last one a message.
///
/// # Errors
///
/// A sentence that names what is not there.
pub(super) fn resolve(root: &MessageDescriptor, path: &str) -> Result<Vec<FieldDescriptor>, String> {
    let (mut fields, mut message) = (Vec::new(), Some(root.clone()));
    for name in path.split('.') {
        let Some(inside) = message else {
            return Err(format!("`{name}` of `{path}` is inside a field that is no message"));
        };
        let field = inside.get_field_by_name(name).or_else(|| inside.get_field_by_json_name(name));
        let field = field.ok_or_else(|| format!("{} has no field `{name}`", inside.full_name()))?;
        let is_single = !field.is_list() && !field.is_map();
        message = field.kind().as_message().filter(|_| is_single).cloned();
        fields.push(field);
    }
    Ok(fields)
}

/// The parameters of a query in the order they are first named: those that are there twice have two values.
///
/// # Errors
///
/// Percent-encoding that is no UTF-8.
pub(super) fn query(text: &str) -> Result<Vec<(String, Vec<String>)>, Refusal> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8();
        decoded.map(String::from).map_err(|_| Refusal::bad("the query is no UTF-8 when it is decoded"))
    };
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => all.push((name, vec![value])),
        }
    }
    Ok(all)
}

/// Sets the variables of the path and the parameters of the query.
///
/// # Errors
///
/// A parameter that is no field, that is taken from the path or the content already, or whose text has another type.
pub(super) fn apply(
    message: &mut DynamicMessage,
    binding: &Binding,
    path: &[String],
    query: &[(String, Vec<String>)],
    ignore_unknown: bool,
) -> Result<(), Refusal> {
    for (name, texts) in query {
        let fields = match resolve(&binding.input, name) {
            Ok(fields) => fields,
            Err(_) if ignore_unknown => continue,
            Err(why) => return Err(unknown(binding, name, &why)),
        };
        let taken = match &binding.body {
            Content::Whole => Some("content"),
            Content::Field(body) if fields.first() == Some(body) => Some("content"),
            _ if binding.variables.contains(&fields) => Some("path"),
            _ => None,
        };
        if let Some(place) = taken {
            return Err(wrong(name, &format!("it is taken from the {place} of the request")));
        }
        set(message, &fields, texts).map_err(|why| wrong(name, &why))?;
    }
    for (fields, text) in binding.variables.iter().zip(path) {
        let name = fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(".");
        let before = get(message, fields);
        set(message, fields, std::slice::from_ref(text)).map_err(|why| wrong(&name, &why))?;
        // The content may repeat what the path says, and not contradict it: nobody could know which is meant.
        if before.is_some_and(|before| get(message, fields).as_ref() != Some(&before)) {
            return Err(wrong(&name, "it has another value in the content"));
        }
    }
    Ok(())
}

/// The value of a field, however deep, if it is set.
fn get(message: &DynamicMessage, fields: &[FieldDescriptor]) -> Option<Value> {
    let (field, outer) = fields.split_last()?;
    let mut inside = std::borrow::Cow::Borrowed(message);
    for field in outer {
        let next = inside.has_field(field).then(|| inside.get_field(field).as_message().cloned());
        inside = std::borrow::Cow::Owned(next.flatten()?);
    }
    inside.has_field(field).then(|| inside.get_field(field).into_owned())
}

fn wrong(name: &str, why: &str) -> Refusal {
    Refusal::field(name, format!("the parameter `{name}`: {why}"))
}

fn unknown(binding: &Binding, name: &str, why: &str) -> Refusal {
    let fields = binding.input.fields();
    let names: Vec<String> =
        fields.flat_map(|it| [it.name().to_owned(), it.json_name().to_owned()]).collect();
    let near = names.iter().map(|known| (distance(known, name), known)).min();
    let help = match near.filter(|(distance, known)| *distance <= known.len() / 3 + 1) {
        Some((_, known)) => format!(": did you mean `{known}`?"),
        None => String::new(),
    };
    Refusal::field(name, format!("unknown parameter `{name}`: {why}{help}"))
}

/// How many letters have to be added, left out or replaced (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let next = (before + usize::from(x != *y)).min(*cell + 1).min(left + 1);
            before = std::mem::replace(cell, next);
            left = next;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Sets one field, however deep, from one text, or a repeated one from several.
fn set(message: &mut DynamicMessage, fields: &[FieldDescriptor], texts: &[String]) -> Result<(), String> {
    let Some((field, outer)) = fields.split_last() else { return Ok(()) };
    let mut inside = message;
    for field in outer {
        settled(inside, field)?;
        let Some(next) = inside.get_field_mut(field).as_message_mut() else {
            return Err(format!("`{}` is no message", field.name()));
        };
        inside = next;
    }
    if field.is_map() {
        return Err("a map has no form in a query".to_owned());
    }
    if field.is_list() {
        let values = texts.iter().map(|text| value(field, text)).collect::<Result<Vec<_>, _>>()?;
        inside.set_field(field, Value::List(values));
        return Ok(());
    }
    let [text] = texts else { return Err(format!("it is there {} times, and not repeated", texts.len())) };
    settled(inside, field)?;
    let value = value(field, text)?;
    inside.set_field(field, value);
    Ok(())
}

/// Two members of one oneof are refused, as they are in JSON.
fn settled(message: &DynamicMessage, field: &FieldDescriptor) -> Result<(), String> {
    let Some(oneof) = field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) else { return Ok(()) };
    match oneof.fields().find(|it| it != field && message.has_field(it)) {
        Some(other) => Err(format!("`{}` of the oneof `{}` is set already", other.name(), oneof.name())),
        None => Ok(()),
    }
}

/// A value from its text: as in JSON, but that a number, a boolean and the number of an enum value have no other form
/// than their text.
fn value(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    let string = || Json::String(text.to_owned());
    let boolean = || match text {
        "true" => Ok(Json::Bool(true)),
        "false" => Ok(Json::Bool(false)),
        _ => Err(format!("`{}` is neither true nor false", shown(text))),
    };
    let json = match field.kind() {
        Kind::Bool => boolean()?,
        Kind::Enum(_) => text.parse::<i32>().map_or_else(|_| string(), Json::from),
        Kind::Message(desc) => match desc.full_name() {
            "google.protobuf.BoolValue" => boolean()?,
            "google.protobuf.FieldMask" => return Ok(Value::Message(mask(desc, text))),
            "google.protobuf.Timestamp"
            | "google.protobuf.Duration"
            | "google.protobuf.DoubleValue"
            | "google.protobuf.FloatValue"
            | "google.protobuf.Int64Value"
            | "google.protobuf.UInt64Value"
            | "google.protobuf.Int32Value"
            | "google.protobuf.UInt32Value"
            | "google.protobuf.StringValue"
            | "google.protobuf.BytesValue" => string(),
            name => {
                return Err(format!("it is a message ({name}): set its fields, as in `{}.x`", field.name()));
            }
        },
        _ => string(),
    };
    let json = if field.is_list() { Json::Array(vec![json]) } else { json };
    let object = Json::Object([(field.name().to_owned(), json)].into_iter().collect());
    let wrong = || format!("`{}` is no {}", shown(text), kind(field));
    let mut message =
        DynamicMessage::deserialize(field.parent_message().clone(), object).map_err(|_| wrong())?;
    let value = if message.has_field(field) { message.take_field(field) } else { None };
    match value {
        Some(Value::List(mut values)) => values.pop().ok_or_else(wrong),
        Some(value) => Ok(value),
        // A field without presence that is zero counts as absent.
        None => Ok(Value::default_value_for_field(field)),
    }
}

/// A mask in either spelling: `displayName,book.title` or `display_name,book.title`.
fn mask(desc: prost_reflect::MessageDescriptor, text: &str) -> DynamicMessage {
    let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(|path| {
        let mut snake = String::with_capacity(path.len() + 4);
        for letter in path.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        Value::String(snake)
    });
    let mut mask = DynamicMessage::new(desc);
    mask.set_field_by_name("paths", Value::List(paths.collect()));
    mask
}

/// The name of a type in a sentence.
fn kind(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(desc) => desc.name().to_owned(),
        Kind::Enum(desc) => format!("value of {}", desc.full_name()),
        scalar => format!("{scalar:?}").to_lowercase(),
    }
}

/// A value in a sentence: it comes from outside, and may be long.
fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What the JSON of a content sets, for the mask of a PATCH: the paths of its fields by their names in the schema,
/// through messages down to the first list, map or well-known type.
pub(super) fn named(message: &DynamicMessage, json: &Json) -> Vec<String> {
    let mut paths = Vec::new();
    walk(&message.descriptor(), json, "", &mut paths);
    paths
}

fn walk(desc: &MessageDescriptor, json: &Json, before: &str, paths: &mut Vec<String>) {
    for (name, value) in json.as_object().into_iter().flatten() {
        let field = desc.get_field_by_json_name(name).or_else(|| desc.get_field_by_name(name));
        let Some(field) = field else { continue };
        let path = format!("{before}{}", field.name());
        let inner = field.kind().as_message().cloned().filter(|it| {
            !field.is_list() && !field.is_map() && it.parent_file().package_name() != "google.protobuf"
        });
        match inner.filter(|_| value.as_object().is_some_and(|it| !it.is_empty())) {
            Some(inner) => walk(&inner, value, &format!("{path}."), paths),
            None => paths.push(path),
        }
    }
}
