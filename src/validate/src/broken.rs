//! Messages around one that keeps its rules: each differs from it in one place.

use std::collections::{BTreeSet, HashMap};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::{
    Field, Ignore, Rules, Verdict, Violation,
    candidates::candidates,
    test::{Test, Unit},
};

/// A message that breaks one rule and keeps all others.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// The rule, and where.
    pub violation: Violation,
    /// The message.
    pub message: DynamicMessage,
}

/// How deep in a message rules are put to the test.
const DEPTH: u32 = 3;
/// The most elements a list is given.
const MANY: u64 = 2000;
/// The most messages around one.
const AROUND: usize = 5000;

impl Rules {
    /// For each rule that this message meets one that breaks it alone, if one was found.
    pub fn broken(&self, kept: &DynamicMessage, salt: u64) -> Vec<Broken> {
        let mut known = BTreeSet::new();
        let mut out = Vec::new();
        for message in self.around(kept, salt) {
            if let Verdict::Broken(violations) = self.judge(&message)
                && let [violation] = &violations[..]
                && known.insert((violation.path.clone(), violation.rule.clone()))
            {
                out.push(Broken { violation: violation.clone(), message });
            }
        }
        out
    }

    /// Messages on the edges of the rules, each of which keeps them all.
    pub fn edges(&self, kept: &DynamicMessage, salt: u64) -> Vec<DynamicMessage> {
        let mut around = self.around(kept, salt);
        around.retain(|message| message != kept && self.judge(message) == Verdict::Kept);
        around
    }

    /// Every rule that a message of this type may meet, at most so deep, by id.
    fn around(&self, message: &DynamicMessage, salt: u64) -> Vec<DynamicMessage> {
        let mut around = if self.is_empty() { Vec::new() } else { self.around_within(message, salt, DEPTH) };
        around.truncate(AROUND);
        around
    }

    /// Messages around this one that differ in what its own type asks of it.
    pub(super) fn around_itself(&self, message: &DynamicMessage) -> Vec<DynamicMessage> {
        self.around_within(message, 0, 0)
    }

    fn around_within(&self, message: &DynamicMessage, salt: u64, depth: u32) -> Vec<DynamicMessage> {
        let Some(rules) = self.messages.get(message.descriptor().full_name()) else { return Vec::new() };
        let mut out = Vec::new();
        let cleared = |fields: &mut dyn Iterator<Item = FieldDescriptor>| {
            let mut message = message.clone();
            fields.for_each(|field| message.clear_field(&field));
            message
        };
        for oneof in &rules.oneofs {
            out.push(cleared(&mut oneof.fields()));
        }
        for group in &rules.groups {
            out.push(cleared(&mut group.fields.iter().cloned()));
            let mut full = message.clone();
            for field in group.fields.iter().filter(|field| !message.has_field(field)) {
                full.set_field(field, self.some(field, salt, DEPTH));
            }
            out.push(full);
        }
        for field in rules.fields.iter().filter(|field| field.value.ignore != Ignore::Always) {
            if field.required {
                out.push(cleared(&mut std::iter::once(field.desc.clone())));
            }
            for value in self.values_around(message, field, salt, depth) {
                let mut message = message.clone();
                message.set_field(&field.desc, value);
                out.push(message);
            }
        }
        out
    }

    pub(super) fn values_around(
        &self,
        message: &DynamicMessage,
        field: &Field,
        salt: u64,
        depth: u32,
    ) -> Vec<Value> {
        let desc = &field.desc;
        // Another arm of a oneof is not set here: that would be a difference in two places.
        let other_arm = desc.containing_oneof().is_some_and(|oneof| {
            !oneof.is_synthetic() && oneof.fields().any(|arm| arm != *desc && message.has_field(&arm))
        });
        if other_arm {
            return Vec::new();
        }
        match &*message.get_field(desc) {
            Value::List(items) => self.lists_around(field, items, salt, depth),
            Value::Map(entries) => self.maps_around(field, entries, salt, depth),
            Value::Message(inner) if field.value.tests.is_empty() && message.has_field(desc) => match depth {
                0 => Vec::new(),
                _ => self.around_within(inner, salt, depth - 1).into_iter().map(Value::Message).collect(),
            },
            _ if field.value.tests.is_empty() => Vec::new(),
            _ => candidates(&field.value, &desc.kind(), salt),
        }
    }

    fn lists_around(&self, field: &Field, items: &[Value], salt: u64, depth: u32) -> Vec<Value> {
        let kind = field.desc.kind();
        let mut fresh = (0..).map(|turn| self.item(field, &kind, salt.wrapping_add(turn)));
        let mut out = Vec::new();
        for count in sizes(field) {
            let mut items = items.to_vec();
            items.truncate(count);
            while items.len() < count {
                let item = fresh.find(|item| !items.contains(item) || !is_unique(field));
                items.extend(item);
            }
            out.push(Value::List(items));
        }
        let first = items.first().cloned().unwrap_or_else(|| self.item(field, &kind, salt));
        if is_unique(field) {
            let once = std::slice::from_ref(&first);
            out.push(Value::List([once, items, once].concat()));
        }
        let rest = items.get(1..).unwrap_or_default();
        let with = |value| Value::List([&[value], rest].concat());
        out.extend(candidates_if(&field.items, &kind, salt).into_iter().map(with));
        if let (Value::Message(inner), true) = (&first, depth > 0 && field.items.inner.is_some()) {
            let around = self.around_within(inner, salt, depth - 1);
            out.extend(around.into_iter().map(|it| with(Value::Message(it))));
        }
        out
    }

    fn maps_around(
        &self,
        field: &Field,
        entries: &HashMap<MapKey, Value>,
        salt: u64,
        depth: u32,
    ) -> Vec<Value> {
        let Kind::Message(entry) = field.desc.kind() else { return Vec::new() };
        let (of_key, of_value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mut out = Vec::new();
        for count in sizes(field) {
            out.push(Value::Map(self.resized(field, entries, count, salt)));
        }
        let one = self.resized(field, entries, entries.len().max(1), salt);
        let Some((key, value)) = one.iter().min_by_key(|(key, _)| format!("{key:?}")) else { return out };
        let with = |new: MapKey, value: Value| {
            let mut entries = one.clone();
            entries.remove(key);
            entries.insert(new, value);
            Value::Map(entries)
        };
        let keys = candidates_if(&field.keys, &of_key, salt).into_iter().filter_map(Value::into_map_key);
        out.extend(keys.map(|key| with(key, value.clone())));
        out.extend(candidates_if(&field.items, &of_value, salt).into_iter().map(|it| with(key.clone(), it)));
        if let (Value::Message(inner), true) = (value, depth > 0) {
            let around = self.around_within(inner, salt, depth - 1);
            out.extend(around.into_iter().map(|it| with(key.clone(), Value::Message(it))));
        }
        out
    }
}

fn candidates_if(promise: &super::Promise, kind: &Kind, salt: u64) -> Vec<Value> {
    if promise.tests.is_empty() { Vec::new() } else { candidates(promise, kind, salt) }
}

pub(super) fn is_unique(field: &Field) -> bool {
    field.value.tests.iter().any(|rule| matches!(rule.test, Test::Unique))
}

/// The numbers of elements that rules speak about, and those beside them.
fn sizes(field: &Field) -> Vec<usize> {
    let limits = field.value.tests.iter().filter_map(|rule| match &rule.test {
        Test::Length { unit: Unit::Elements, min, max } => Some([*min, *max]),
        _ => None,
    });
    let edges = limits.flatten().flatten();
    let around = edges.flat_map(|it| [it, it.saturating_sub(1), it.saturating_add(1)]);
    let sizes: BTreeSet<usize> =
        around.filter(|it| *it <= MANY).filter_map(|it| it.try_into().ok()).collect();
    sizes.into_iter().collect()
}
