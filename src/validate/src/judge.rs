//! Holds a message against its rules.

use std::collections::HashSet;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Syntax, Value};

use super::{
    Expressions, Field, Group, Ignore, Promise, Rules, Violation,
    describe::describe,
    plain::{self, Seen, is_zero},
    test::{Test, Unit},
};

#[derive(Debug, Default)]
pub(super) struct Told {
    pub violations: Vec<Violation>,
    /// The first reason why not everything is known.
    pub unknown: Option<String>,
}

pub(super) fn told(rules: &Rules, message: &DynamicMessage, now: i128) -> Told {
    let mut walk = Walk { rules, now, told: Told::default() };
    if !rules.is_empty() {
        walk.message(message, "");
    }
    walk.told
}

/// The violations of one value of a field by itself, whatever is inside it.
pub(super) fn tests_hold(promise: &Promise, value: &Value, now: i128) -> bool {
    let plain = plain::seen(value);
    promise.tests.iter().all(|rule| plain.as_ref().and_then(|it| rule.test.holds(it, now)) == Some(true))
}

struct Walk<'a> {
    rules: &'a Rules,
    now: i128,
    told: Told,
}

impl Walk<'_> {
    fn message(&mut self, message: &DynamicMessage, path: &str) {
        let Some(rules) = self.rules.messages.get(message.descriptor().full_name()) else { return };
        if let Some(why) = rules.unknown.as_ref().filter(|_| !self.is_enough(&rules.expressions)) {
            self.unknown(why);
        }
        self.expressions(&rules.expressions, &|| Value::Message(message.clone()), path);
        for group in &rules.groups {
            self.group(message, group, path);
        }
        for oneof in &rules.oneofs {
            if !oneof.fields().any(|field| message.has_field(&field)) {
                self.broken(join(path, oneof.name()), "required", "one of its fields must be set".into());
            }
        }
        for field in &rules.fields {
            self.field(message, field, path);
        }
    }

    fn group(&mut self, message: &DynamicMessage, group: &Group, path: &str) {
        let set = group.fields.iter().filter(|field| message.has_field(field)).count();
        let names = group.fields.iter().map(FieldDescriptor::name).collect::<Vec<_>>().join(", ");
        if set > 1 {
            self.broken(path.into(), "message.oneof", format!("only one of {names} may be set"));
        } else if set == 0 && group.required {
            self.broken(path.into(), "message.oneof", format!("one of {names} must be set"));
        }
    }

    fn field(&mut self, message: &DynamicMessage, field: &Field, path: &str) {
        let desc = &field.desc;
        if field.value.ignore == Ignore::Always {
            return;
        }
        let path = join(path, desc.name());
        let is_set = message.has_field(desc);
        if !is_set && field.required {
            return self.broken(path, "required", "must be set".into());
        }
        if !is_set && (desc.supports_presence() || field.value.ignore == Ignore::IfZero) {
            return;
        }
        let value = message.get_field(desc);
        match &*value {
            Value::List(items) => {
                self.whole(&field.value, items.len(), Some(items), &path);
                self.expressions(&field.value.expressions, &|| value.clone().into_owned(), &path);
                for (at, item) in items.iter().enumerate() {
                    self.element(&field.items, item, &desc.kind(), || format!("{path}[{at}]"));
                }
            }
            Value::Map(entries) => {
                self.whole(&field.value, entries.len(), None, &path);
                self.expressions(&field.value.expressions, &|| value.clone().into_owned(), &path);
                let Kind::Message(entry) = desc.kind() else { return };
                let (of_key, of_value) =
                    (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
                // In one order for one message, whatever that of the map is.
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    let path = || format!("{path}[{}]", subscript(key));
                    self.element(&field.keys, &key.clone().into(), &of_key, path);
                    self.element(&field.items, value, &of_value, path);
                }
            }
            value => {
                self.set_aside(value, &desc.kind());
                self.single(&field.value, value, &path);
            }
        }
    }

    fn element(&mut self, promise: &Promise, value: &Value, kind: &Kind, path: impl Fn() -> String) {
        self.set_aside(value, kind);
        let ignored = match promise.ignore {
            Ignore::Unspecified => false,
            Ignore::IfZero => is_zero(value, kind),
            Ignore::Always => true,
        };
        if !ignored && (promise.inner.is_some() || promise.unknown.is_some() || !promise.tests.is_empty()) {
            self.single(promise, value, &path());
        }
    }

    /// The rules of a list or of a map that are not about one element.
    fn whole(&mut self, promise: &Promise, count: usize, items: Option<&[Value]>, path: &str) {
        self.is_unknown(promise, path);
        for rule in &promise.tests {
            let holds = match &rule.test {
                Test::Length { unit: Unit::Elements, min, max } => {
                    let count = u64::try_from(count).unwrap_or(u64::MAX);
                    Some(min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max))
                }
                Test::Unique => items.and_then(unique),
                _ => None,
            };
            self.verdict(holds, path, &rule.id, &rule.test);
        }
    }

    fn single(&mut self, promise: &Promise, value: &Value, path: &str) {
        self.is_unknown(promise, path);
        self.expressions(&promise.expressions, &|| value.clone(), path);
        let plain = if promise.tests.is_empty() { None } else { plain::seen(value) };
        for rule in &promise.tests {
            let holds = plain.as_ref().and_then(|plain| rule.test.holds(plain, self.now));
            self.verdict(holds, path, &rule.id, &rule.test);
        }
        if let (Some(_), Value::Message(inner)) = (&promise.inner, value) {
            self.message(inner, path);
        }
    }

    fn is_unknown(&mut self, promise: &Promise, path: &str) {
        if let Some(why) = promise.unknown.as_ref().filter(|_| !self.is_enough(&promise.expressions)) {
            self.unknown(&format!("{why} at {path}"));
        }
    }

    /// Whether nothing is unknown once these are evaluated.
    fn is_enough(&self, expressions: &Expressions) -> bool {
        expressions.suffice && self.rules.evaluates
    }

    fn expressions(&mut self, expressions: &Expressions, value: &dyn Fn() -> Value, path: &str) {
        for expression in expressions.all.iter().filter(|_| self.rules.evaluates) {
            match expression.ask(&value(), path, self.now) {
                Ok(violation) => self.told.violations.extend(violation),
                Err(why) => self.unknown(&format!("{why} at {path}")),
            }
        }
    }

    /// What many decoders take for an unknown field is not there for whoever judges.
    fn set_aside(&mut self, value: &Value, kind: &Kind) {
        let Some((number, desc)) = value.as_enum_number().zip(kind.as_enum()) else { return };
        if desc.get_value(number).is_none() && desc.parent_file().syntax() == Syntax::Proto2 {
            self.unknown(&format!("{number}, which the closed enum `{}` does not declare", desc.full_name()));
        }
    }

    fn verdict(&mut self, holds: Option<bool>, path: &str, id: &str, test: &Test) {
        match holds {
            Some(true) => {}
            Some(false) => self.broken(path.into(), id, describe(test)),
            None => self.unknown(&format!("`{id}` at {path}")),
        }
    }

    fn broken(&mut self, path: String, rule: &str, message: String) {
        self.told.violations.push(Violation { path, rule: rule.into(), message });
    }

    fn unknown(&mut self, why: &str) {
        self.told.unknown.get_or_insert_with(|| why.to_owned());
    }
}

/// Nothing for messages, of which equality is nobody's promise.
fn unique(items: &[Value]) -> Option<bool> {
    let plain: Vec<Seen<'_>> = items.iter().map(plain::seen).collect::<Option<_>>()?;
    let mut known = HashSet::new();
    // What is no number is equal to nothing.
    Some(plain.iter().filter_map(key).all(|key| known.insert(key)))
}

/// What is the same for values that are equal, of one type.
#[derive(PartialEq, Eq, Hash)]
enum Same<'a> {
    Int(i128),
    Float(u64),
    Bytes(&'a [u8]),
    Paths(&'a [String]),
}

fn key<'a>(value: &'a Seen<'_>) -> Option<Same<'a>> {
    Some(match value {
        Seen::Int(it) => Same::Int(*it),
        Seen::Bool(it) => Same::Int((*it).into()),
        Seen::Float(it) if it.is_nan() => return None,
        // Both zeros are one.
        Seen::Float(it) => Same::Float((it + 0.0).to_bits()),
        Seen::Text(it) => Same::Bytes(it.as_bytes()),
        Seen::Bytes(it) => Same::Bytes(it),
        Seen::Paths(it) => Same::Paths(it),
    })
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A key as it stands in a path.
pub(super) fn subscript(key: &MapKey) -> String {
    match key {
        MapKey::String(key) => serde_json::Value::from(&**key).to_string(),
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
    }
}
