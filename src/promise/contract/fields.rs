//! What is promised of single fields: asked of every reply that carries one, wherever in it that is.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, Value};

use super::{Call, Field, Told, Verdict, explain, scope::Scope, side::field_name};

/// So deep is a reply looked at.
const DEPTH: usize = 16;

/// Whether a message of this type can carry a field of which something is promised.
pub(super) fn reaches(desc: &MessageDescriptor, fields: &BTreeMap<String, Field>) -> bool {
    !fields.is_empty()
        && closure(desc).iter().any(|it| it.fields().any(|it| fields.contains_key(&field_name(&it))))
}

/// Whether a message of this type can carry the field of this full name.
pub(super) fn carries(desc: &MessageDescriptor, name: &str) -> bool {
    closure(desc).iter().any(|it| it.fields().any(|it| field_name(&it) == name))
}

/// The paths of the volatile fields of a message of this type; each type is gone into once.
pub(super) fn volatile(desc: &MessageDescriptor, fields: &BTreeMap<String, Field>) -> Vec<String> {
    let mut out = Vec::new();
    if fields.values().any(|it| it.volatile) {
        below(desc, "", fields, &mut BTreeSet::new(), &mut out);
    }
    out
}

fn below(
    desc: &MessageDescriptor,
    path: &str,
    fields: &BTreeMap<String, Field>,
    seen: &mut BTreeSet<String>,
    out: &mut Vec<String>,
) {
    if !seen.insert(desc.full_name().to_owned()) {
        return;
    }
    for field in desc.fields() {
        let path = if path.is_empty() { field.name().to_owned() } else { format!("{path}.{}", field.name()) };
        if fields.get(&field_name(&field)).is_some_and(|it| it.volatile) {
            out.push(path);
        } else if let Kind::Message(inner) = field.kind()
            && !field.is_map()
        {
            below(&inner, &path, fields, seen, out);
        }
    }
}

/// The type and all types inside it.
fn closure(desc: &MessageDescriptor) -> Vec<MessageDescriptor> {
    let (mut out, mut seen, mut left) = (Vec::new(), BTreeSet::new(), vec![desc.clone()]);
    while let Some(desc) = left.pop() {
        if !seen.insert(desc.full_name().to_owned()) {
            continue;
        }
        left.extend(desc.fields().filter_map(|field| match field.kind() {
            Kind::Message(inner) => Some(inner),
            _ => None,
        }));
        out.push(desc);
    }
    out
}

/// What the promises of fields say of the replies of a call. Those that no reply of this type can carry say nothing,
/// not even that.
pub(super) fn judge(
    fields: &BTreeMap<String, Field>,
    desc: &MessageDescriptor,
    call: &Call<'_>,
    scope: &Scope<'_>,
) -> Vec<Told> {
    if !reaches(desc, fields) {
        return Vec::new();
    }
    let mut said: BTreeMap<(String, usize), Verdict> = BTreeMap::new();
    for (at, reply) in call.got.iter().enumerate() {
        let path = if call.got.len() == 1 { String::new() } else { format!("got[{at}].") };
        look(reply, &path, 0, &mut |name, path, value| {
            for (index, rule) in fields.get(name).iter().flat_map(|it| it.ensures.iter().enumerate()) {
                let verdict = said.entry((name.to_owned(), index)).or_insert(Verdict::Vacuous);
                if matches!(verdict, Verdict::Broken(_) | Verdict::Unclear(_)) {
                    continue;
                }
                let scope = scope.of_field(value);
                *verdict = match rule.expr.holds(&scope) {
                    Ok(true) if explain::is_idle(&rule.expr, &scope) => continue,
                    Ok(true) => Verdict::Kept,
                    Ok(false) => {
                        let why = explain::why_false(&rule.expr, &scope);
                        Verdict::Broken(std::iter::once(format!("in {path}")).chain(why).collect())
                    }
                    Err(why) => Verdict::Unclear(why),
                };
            }
        });
    }
    let carried =
        closure(desc).into_iter().flat_map(|it| it.fields().map(|it| field_name(&it)).collect::<Vec<_>>());
    let mut out = Vec::new();
    for (name, field) in carried.filter_map(|name| fields.get(&name).map(|field| (name.clone(), field))) {
        for (index, rule) in field.ensures.iter().enumerate() {
            let verdict = said.remove(&(name.clone(), index)).unwrap_or(Verdict::Vacuous);
            out.push(Told { rule: rule.id.clone(), of: Some(rule.clone()), verdict });
        }
    }
    out
}

/// Every field that is there: of those without presence also the ones with their default.
fn look(message: &DynamicMessage, path: &str, depth: usize, tell: &mut dyn FnMut(&str, &str, &Value)) {
    if depth > DEPTH {
        return;
    }
    for field in message.descriptor().fields() {
        if field.supports_presence() && !message.has_field(&field) {
            continue;
        }
        let (value, path) = (message.get_field(&field), format!("{path}{}", field.name()));
        tell(&field_name(&field), &path, &value);
        match &*value {
            Value::Message(inner) => look(inner, &format!("{path}."), depth + 1, tell),
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    if let Value::Message(inner) = item {
                        look(inner, &format!("{path}[{at}]."), depth + 1, tell);
                    }
                }
            }
            Value::Map(entries) => {
                for inner in entries.values().filter_map(Value::as_message) {
                    look(inner, &format!("{path}[…]."), depth + 1, tell);
                }
            }
            _ => {}
        }
    }
}
