//! Paths to fields, as `errors.field`, `draw` and `volatile` hold them.

use prost_reflect::{Kind, MessageDescriptor};

use super::types::Type;
use crate::schema::nearest;

/// The type of the field that a path leads to, or why it leads nowhere and what to write.
pub(super) fn follow(path: &str, from: &MessageDescriptor) -> Result<Type, (String, String)> {
    let mut desc = Some(from.clone());
    let mut found = Type::Message(from.clone());
    for part in path.split('.') {
        // An element of a list or a map is written with brackets.
        let (name, element) = match part.split_once('[') {
            Some((name, _)) => (name, true),
            None => (part, false),
        };
        let Some(message) = desc else {
            let help = "a path goes on only through messages";
            return Err((format!("`{path}` goes on behind {}", found.a()), help.to_owned()));
        };
        let Some(field) = message.get_field_by_name(name) else {
            let names: Vec<String> = message.fields().map(|field| field.name().to_owned()).collect();
            let json = message.get_field_by_json_name(name).map(|field| field.name().to_owned());
            let near = json.or_else(|| nearest(name, names.iter().map(String::as_str)).map(str::to_owned));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "it has {}",
                    names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            return Err((
                format!("`{path}` leads nowhere: {} has no field `{name}`", message.full_name()),
                help,
            ));
        };
        found = match (Type::of_field(&field), element) {
            (Type::List(of) | Type::Map(_, of), true) => *of,
            (found, _) => found,
        };
        desc = match field.kind() {
            Kind::Message(inner) if !field.is_map() => Some(inner),
            _ => match &found {
                Type::Message(inner) => Some(inner.clone()),
                _ => None,
            },
        };
    }
    Ok(found)
}
