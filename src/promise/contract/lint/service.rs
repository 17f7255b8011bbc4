//! What a service promises: its model and its invariants.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, DynamicMessage};

use super::super::options::{inner, list, text};
use super::element::{Asked, Element, Want, is_snake};
use super::kinds::STATE;
use super::scope::{Moment, Scope};
use super::types::Type;
use crate::schema::nearest;

/// The variables of the model, in order, with their types.
pub(super) fn model(
    element: &mut Element<'_>,
    contract: &DynamicMessage,
    pool: &DescriptorPool,
) -> Vec<(String, Type)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for state in list(contract, "state") {
        let name = text(&state, "name");
        let turn = seen.entry(name.clone()).or_default();
        *turn += 1;
        if !is_snake(&name) {
            let help = "a name is made of lower-case letters, digits and `_`, and begins with a letter";
            element.say(&STATE, ("", &name), format!("`{name}` is no name of a variable"), help);
        } else if *turn > 1 {
            let place = element.places.nth(&name, *turn - 1);
            element.say(
                &STATE,
                ("", &name),
                format!("there is a second variable `{name}`"),
                "rename one of them",
            );
            if let Some(last) = element.said.last_mut() {
                last.place = Some(place);
            }
            continue;
        }
        let mut of = |field: &str, message: &DynamicMessage, is_key: bool| {
            let word = text(message, field);
            let found = type_of(&word, pool, is_key);
            found.unwrap_or_else(|(message, help)| {
                element.say(&STATE, (&name, &word), format!("the {field} of `{name}` {message}"), help);
                Type::Dyn
            })
        };
        let found = match (inner(&state, "map"), inner(&state, "list")) {
            (Some(map), _) => Type::map(of("key", &map, true), of("value", &map, false)),
            (None, Some(list)) => Type::list(of("value", &list, false)),
            (None, None) => {
                let help = "add `map { key: \"string\" value: \"…\" }` or `list { value: \"…\" }`";
                element.say(&STATE, ("", &name), format!("`{name}` is neither a map nor a list"), help);
                Type::Dyn
            }
        };
        out.push((name, found));
    }
    out
}

/// The type of this name, or what is wrong with it.
fn type_of(word: &str, pool: &DescriptorPool, is_key: bool) -> Result<Type, (String, String)> {
    let found = Type::of_name(word, pool);
    match found {
        Some(found) if !is_key || matches!(found, Type::String | Type::Int | Type::Uint | Type::Bool) => {
            Ok(found)
        }
        Some(_) => Err((format!("is `{word}`"), "a key is a string, an integer or a bool".to_owned())),
        None => {
            let messages: Vec<String> = pool.all_messages().map(|it| it.full_name().to_owned()).collect();
            let short = messages.iter().find(|it| it.rsplit('.').next() == word.rsplit('.').next());
            let names = messages.iter().map(String::as_str).chain(SCALARS);
            let help = match short.map(String::as_str).or_else(|| nearest(word, names)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "write a scalar type such as `string`, or the full name of a message or enum".to_owned()
                }
            };
            Err((format!("is `{word}`, which is no type"), help))
        }
    }
}

const SCALARS: [&str; 8] = ["string", "int32", "int64", "uint32", "uint64", "bool", "double", "bytes"];

pub(super) fn invariants(element: &mut Element<'_>, contract: &DynamicMessage, model: &Type) {
    let scope = Scope::of(Moment::Invariant, None, model);
    for (position, rule) in list(contract, "invariant").iter().enumerate() {
        let expr = text(rule, "expr");
        let (id, label) = element.id("invariant", position, rule, &expr);
        element.expression(&Asked { label: &label, id: &id, text: &expr }, &scope, &Want::Bool);
    }
}
