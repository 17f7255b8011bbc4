//! What a method does to the model.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::super::options::{inner, list, text};
use super::element::{Asked, Element, Want};
use super::kinds::EFFECT;
use super::scope::{Moment, Scope};
use super::types::Type;
use crate::schema::nearest;

/// Effects that change one entry: their field, the name of a variable in it, whether that is a map, and their expressions.
const CHANGES: [(&str, &str, bool, &[&str]); 4] = [
    ("put", "map", true, &["key", "value"]),
    ("delete", "map", true, &["key"]),
    ("append", "list", false, &["value"]),
    ("remove", "list", false, &["value"]),
];

/// Gives the variables that are changed.
pub(super) fn effects(
    element: &mut Element<'_>,
    contract: &DynamicMessage,
    method: &MethodDescriptor,
    model: &[(String, Type)],
) -> BTreeSet<String> {
    let scope = Scope::of(Moment::Effect, Some(method), &Type::Record(model.into()));
    let mut changed = BTreeSet::new();
    for (position, effect) in list(contract, "effect").iter().enumerate() {
        let label = format!("effect[{position}]");
        let when = text(effect, "when");
        if !when.is_empty() {
            let label = format!("{label}.when");
            element.expression(&Asked { label: &label, id: "", text: &when }, &scope, &Want::Bool);
        }
        for change in ["clear", "open"] {
            let name = text(effect, change);
            if effect.has_field_by_name(change) && variable(element, &label, &name, model).is_some() {
                changed.insert(name);
            }
        }
        let change = CHANGES.iter().find_map(|it| Some((it, inner(effect, it.0)?)));
        let Some(((word, field, is_map, parts), change)) = change else {
            if !["clear", "open"].iter().any(|it| effect.has_field_by_name(it)) {
                let help = "add `put`, `delete`, `append`, `remove`, `clear` or `open`";
                element.say(&EFFECT, ("", &when), format!("{label} changes nothing"), help);
            }
            continue;
        };
        let name = text(&change, field);
        let Some(of) = variable(element, &label, &name, model) else { continue };
        changed.insert(name.clone());
        let (key, value) = match (of, is_map) {
            (Type::Map(key, value), true) => ((**key).clone(), (**value).clone()),
            (Type::List(value), false) => (Type::Dyn, (**value).clone()),
            (Type::Dyn, _) => (Type::Dyn, Type::Dyn),
            _ => {
                let (kind, help) = match is_map {
                    true => ("list", "lists are changed by `append` and `remove`"),
                    false => ("map", "maps are changed by `put` and `delete`"),
                };
                element.say(
                    &EFFECT,
                    ("", &name),
                    format!("{label}: `{word}` cannot change `{name}`, a {kind}"),
                    help,
                );
                continue;
            }
        };
        for part in *parts {
            let expr = text(&change, part);
            let label = format!("{label}.{word}.{part}");
            let (of, what) = if *part == "key" { (&key, "key") } else { (&value, "value") };
            let what = format!("the {what} of `{name}`");
            element.expression(
                &Asked { label: &label, id: &name, text: &expr },
                &scope,
                &Want::Fits(of, &what),
            );
        }
    }
    changed
}

/// The variable of this name; says so where there is none.
fn variable<'a>(
    element: &mut Element<'_>,
    label: &str,
    name: &str,
    model: &'a [(String, Type)],
) -> Option<&'a Type> {
    let found = model.iter().find(|(known, _)| known == name);
    if found.is_none() {
        let help = which(name, model);
        element.say(
            &EFFECT,
            ("", name),
            format!("{label} changes `{name}`, which the model does not have"),
            help,
        );
    }
    found.map(|(_, of)| of)
}

/// What to write instead of a name that is no variable.
pub(super) fn which(name: &str, model: &[(String, Type)]) -> String {
    let names = model.iter().map(|(name, _)| &**name);
    let plain = name.strip_prefix("old.").or_else(|| name.strip_prefix("new.")).unwrap_or(name);
    match names.clone().find(|it| *it == plain).or_else(|| nearest(plain, names)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "declare it as a `state` of the service".to_owned(),
    }
}
