//! Makes a message keep its rules, with as little change as there is.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::{
    Field, Ignore, Promise, Rules,
    broken::is_unique,
    candidates::candidates,
    judge::tests_hold,
    now,
    plain::is_zero,
    settle::settled,
    test::{Test, Unit},
};

/// How deep messages are made that were not there.
const DEPTH: u32 = 6;
/// The most elements that are added to a list.
const MANY: u64 = 2000;

impl Rules {
    /// The message with every value that breaks a rule replaced by one that does not, where one is found. What is
    /// made anew differs with the salt. Whether it keeps all rules then, [`Rules::judge`] says.
    pub fn mend(&self, message: &DynamicMessage, salt: u64) -> DynamicMessage {
        let mut message = message.clone();
        if !self.is_empty() {
            self.mend_within(&mut message, salt, DEPTH);
        }
        if self.have_expressions() { settled(self, message, salt) } else { message }
    }

    fn mend_within(&self, message: &mut DynamicMessage, salt: u64, depth: u32) {
        let Some(rules) = self.messages.get(message.descriptor().full_name()) else { return };
        for group in &rules.groups {
            let mut set = group.fields.iter().filter(|field| message.has_field(field)).cloned();
            let kept = set.next();
            let others: Vec<FieldDescriptor> = set.collect();
            others.iter().for_each(|field| message.clear_field(field));
            if let (None, true, Some(first)) = (kept, group.required, group.fields.first()) {
                message.set_field(first, self.some(first, salt, depth));
            }
        }
        for oneof in &rules.oneofs {
            let any = oneof.fields().any(|field| message.has_field(&field));
            if let (false, Some(first)) = (any, oneof.fields().next()) {
                message.set_field(&first, self.some(&first, salt, depth));
            }
        }
        for field in rules.fields.iter().filter(|field| field.value.ignore != Ignore::Always) {
            let is_set = message.has_field(&field.desc);
            if !is_set && field.required {
                message.set_field(&field.desc, self.some(&field.desc, salt, depth));
            }
            let left = field.desc.supports_presence() || field.value.ignore == Ignore::IfZero;
            if !message.has_field(&field.desc) && left {
                continue;
            }
            let value = message.get_field(&field.desc).into_owned();
            let mended = self.mended(field, value.clone(), salt, depth);
            if mended != value {
                message.set_field(&field.desc, mended);
            }
        }
    }

    fn mended(&self, field: &Field, value: Value, salt: u64, depth: u32) -> Value {
        let kind = field.desc.kind();
        match value {
            Value::List(mut items) => {
                for item in &mut items {
                    self.mend_element(&field.items, &kind, item, salt, depth);
                }
                if is_unique(field) {
                    let mut seen: Vec<Value> = Vec::new();
                    items.retain(|item| {
                        !seen.contains(item) && {
                            seen.push(item.clone());
                            true
                        }
                    });
                }
                let (least, most) = limits(field);
                items.truncate(most);
                // A few more than wanted: not every one is new.
                for turn in 0..u64::try_from(least).unwrap_or(0).min(MANY) * 2 {
                    let item = self.item(field, &kind, salt.wrapping_add(turn));
                    if items.len() < least && !(is_unique(field) && items.contains(&item)) {
                        items.push(item);
                    }
                }
                Value::List(items)
            }
            Value::Map(entries) => {
                let Kind::Message(entry) = &kind else { return Value::Map(entries) };
                let of_key = entry.map_entry_key_field().kind();
                let of_value = entry.map_entry_value_field().kind();
                let mut mended = HashMap::new();
                for (key, mut value) in sorted(entries) {
                    let mut key = Value::from(key);
                    self.mend_element(&field.keys, &of_key, &mut key, salt, depth);
                    self.mend_element(&field.items, &of_value, &mut value, salt, depth);
                    mended.extend(key.into_map_key().map(|key| (key, value)));
                }
                let (least, most) = limits(field);
                let count = mended.len().clamp(least.min(most), most);
                Value::Map(self.resized(field, &mended, count, salt))
            }
            mut value => {
                self.mend_value(&field.value, &kind, &mut value, salt, depth);
                value
            }
        }
    }

    fn mend_element(&self, promise: &Promise, kind: &Kind, value: &mut Value, salt: u64, depth: u32) {
        if promise.ignore != Ignore::IfZero || !is_zero(value, kind) {
            self.mend_value(promise, kind, value, salt, depth);
        }
    }

    fn mend_value(&self, promise: &Promise, kind: &Kind, value: &mut Value, salt: u64, depth: u32) {
        let now = now();
        if promise.ignore == Ignore::Always {
            return;
        }
        if !tests_hold(promise, value, now) {
            let found = candidates(promise, kind, salt).into_iter().find(|it| tests_hold(promise, it, now));
            if let Some(found) = found {
                *value = found;
            }
        }
        if let (Value::Message(inner), true) = (value, depth > 0) {
            self.mend_within(inner, salt, depth - 1);
        }
    }

    /// The entries, or as many more or fewer as are wanted.
    pub(super) fn resized(
        &self,
        field: &Field,
        entries: &HashMap<MapKey, Value>,
        count: usize,
        salt: u64,
    ) -> HashMap<MapKey, Value> {
        let mut out: HashMap<MapKey, Value> = sorted(entries.clone()).into_iter().take(count).collect();
        let Kind::Message(entry) = field.desc.kind() else { return out };
        let (of_key, of_value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        for turn in 0..u64::try_from(count).unwrap_or(0).min(MANY) * 2 {
            if out.len() < count {
                let salt = salt.wrapping_add(turn);
                let key = self.element(&field.keys, &of_key, salt, DEPTH).into_map_key();
                out.extend(key.map(|key| (key, self.element(&field.items, &of_value, salt, DEPTH))));
            }
        }
        out
    }

    /// One more element of a list.
    pub(super) fn item(&self, field: &Field, kind: &Kind, salt: u64) -> Value {
        self.element(&field.items, kind, salt, DEPTH)
    }

    fn element(&self, promise: &Promise, kind: &Kind, salt: u64, depth: u32) -> Value {
        let now = now();
        let fits = |it: &Value| tests_hold(promise, it, now);
        if let Some(found) = candidates(promise, kind, salt).into_iter().find(fits) {
            return found;
        }
        let mut value = Value::default_value(kind);
        self.mend_value(promise, kind, &mut value, salt, depth.saturating_sub(1));
        value
    }

    /// A value for a field that has none, other than its default where that can be.
    pub(super) fn some(&self, desc: &FieldDescriptor, salt: u64, depth: u32) -> Value {
        let rules = self.messages.get(desc.parent_message().full_name());
        let none = Field::silent(desc);
        let field = rules.and_then(|it| it.fields.iter().find(|it| it.desc == *desc)).unwrap_or(&none);
        let kind = desc.kind();
        if desc.is_list() {
            return self.mended(field, Value::List(vec![self.item(field, &kind, salt)]), salt, depth);
        }
        if desc.is_map() {
            return Value::Map(self.resized(field, &HashMap::new(), 1, salt));
        }
        let now = now();
        let fits = |it: &Value| tests_hold(&field.value, it, now);
        let found = candidates(&field.value, &kind, salt).into_iter().filter(fits);
        let other = found.clone().find(|it| desc.supports_presence() || !it.is_default_for_field(desc));
        match other {
            Some(value) => value,
            None => self.element(&field.value, &kind, salt, depth),
        }
    }
}

impl Field {
    fn silent(desc: &FieldDescriptor) -> Field {
        let [value, items, keys] = std::array::from_fn(|_| Promise::default());
        Field { desc: desc.clone(), required: false, value, items, keys }
    }
}

/// The least and the most elements.
fn limits(field: &Field) -> (usize, usize) {
    let fold = |(least, most): (usize, usize), rule: &super::Rule| match &rule.test {
        Test::Length { unit: Unit::Elements, min, max } => {
            let size =
                |it: &Option<u64>, other| it.map_or(other, |it| usize::try_from(it).unwrap_or(usize::MAX));
            (least.max(size(min, 0)), most.min(size(max, usize::MAX)))
        }
        _ => (least, most),
    };
    field.value.tests.iter().fold((0, usize::MAX), fold)
}

/// In an order that does not change from run to run.
fn sorted(entries: HashMap<MapKey, Value>) -> Vec<(MapKey, Value)> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by_cached_key(|(key, _)| format!("{key:?}"));
    entries
}
