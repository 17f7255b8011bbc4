//! How the rules of a message differ from those of an earlier version of it: a value that one version accepts and the
//! other refuses, found beside the edges of both and judged as every other value is.
//!
//! Each message type is compared for itself. What its fields hold are messages of other types, with rules of their
//! own.

mod opaque;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Value};

use super::{Field, Rules, Violation, plain, test::Test};
use opaque::{field_options, message_options, oneof_options, opaque};

/// What differs at one place of a message.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Where.
    pub at: At,
    /// What the later version refuses although the earlier one accepts it, if anything.
    pub tightened: Option<Proof>,
    /// What the later version accepts although the earlier one refuses it, if anything.
    pub loosened: Option<Proof>,
}

/// A place of a message that rules are written at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The field of this number.
    Field(u32),
    /// The oneof of this name.
    Oneof(String),
    /// The message as a whole.
    Message,
}

/// What shows that a version is stricter than the other.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A message of the version that accepts it, and what it breaks in the other.
    Shown(Box<DynamicMessage>, Violation),
    /// A rule that cannot be judged stands there, in these words; it may refuse something.
    Unknown(String),
}

/// How many texts are drawn from a pattern is a matter of salts; more than this find little more.
const SALTS: u64 = 8;
/// The most values of one list that are tried.
const MOST: usize = 1000;

/// Every place of the later version whose rules accept another set of values than those of the earlier one, as far as
/// that can be found out. Fields that are gone are no matter of rules, nor are those of another type.
pub fn compare(old: &MessageDescriptor, new: &MessageDescriptor) -> Vec<Difference> {
    let places = places(old, new);
    if places.is_empty() {
        return Vec::new();
    }
    let sides = Sides::of(old, new);
    let differences = places.into_iter().map(|place| sides.compare(place));
    differences.filter(|it| it.tightened.is_some() || it.loosened.is_some()).collect()
}

/// A place where something else is written now, and what cannot be judged on each side.
struct Changed {
    place: Place,
    old_opaque: BTreeSet<String>,
    new_opaque: BTreeSet<String>,
}

enum Place {
    Field(Option<FieldDescriptor>, FieldDescriptor),
    Oneof(OneofDescriptor, OneofDescriptor),
    Message,
}

fn places(old: &MessageDescriptor, new: &MessageDescriptor) -> Vec<Changed> {
    let mut found = Vec::new();
    let mut add = |place: Place, was: Option<DynamicMessage>, is: Option<DynamicMessage>, anyway: bool| {
        let bytes = |it: &Option<DynamicMessage>| it.as_ref().map(|it| it.encode_to_vec());
        if anyway || bytes(&was) != bytes(&is) {
            let (old_opaque, new_opaque) = (opaque(was.as_ref()), opaque(is.as_ref()));
            found.push(Changed { place, old_opaque, new_opaque });
        }
    };
    for field in new.fields() {
        let is = field_options(&field);
        match old.get_field(field.number()) {
            // What it takes to be left out decides for who does not know it.
            None if is.is_some() => add(Place::Field(None, field), None, is, true),
            None => {}
            Some(earlier) if !is_same_type(&earlier, &field) => {}
            Some(earlier) => {
                let was = field_options(&earlier);
                let presence = earlier.supports_presence() != field.supports_presence();
                // What is defined is another question where the enum has other values now.
                let anyway =
                    (presence || !apart(&earlier, &field).is_empty()) && (was.is_some() || is.is_some());
                add(Place::Field(Some(earlier), field), was, is, anyway);
            }
        }
    }
    for oneof in new.oneofs().filter(|it| !it.is_synthetic()) {
        if let Some(earlier) = old.oneofs().find(|it| it.name() == oneof.name()) {
            let (was, is) = (oneof_options(&earlier), oneof_options(&oneof));
            add(Place::Oneof(earlier, oneof), was, is, false);
        }
    }
    add(Place::Message, message_options(old), message_options(new), false);
    found
}

/// Whether a value of one is a value of the other.
fn is_same_type(one: &FieldDescriptor, other: &FieldDescriptor) -> bool {
    let name = |kind: Kind| match kind {
        Kind::Message(it) => it.full_name().to_owned(),
        Kind::Enum(it) => it.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    };
    let shape = |it: &FieldDescriptor| (it.is_list(), it.is_map(), name(it.kind()));
    shape(one) == shape(other)
}

/// The numbers of an enum that only one version of it declares.
fn apart(one: &FieldDescriptor, other: &FieldDescriptor) -> Vec<i32> {
    let declared = |it: &FieldDescriptor| -> BTreeSet<i32> {
        let held = match it.kind() {
            Kind::Message(entry) if it.is_map() => entry.map_entry_value_field().kind(),
            kind => kind,
        };
        held.as_enum().map(|it| it.values().map(|value| value.number()).collect()).unwrap_or_default()
    };
    declared(one).symmetric_difference(&declared(other)).take(MOST).copied().collect()
}

/// One version: its rules, and a message that keeps them.
struct Side {
    desc: MessageDescriptor,
    rules: Rules,
    base: DynamicMessage,
}

struct Sides {
    old: Side,
    new: Side,
}

impl Sides {
    fn of(old: &MessageDescriptor, new: &MessageDescriptor) -> Sides {
        let of = |desc| Rules::of(desc).without_expressions();
        let (of_old, of_new) = (of(old), of(new));
        // Mended by one and by the other, so that it keeps the rules of both where that can be.
        let start = of_old.mend(&DynamicMessage::new(old.clone()), 0);
        let of_both = of_new.mend(&as_type(&start, new), 0);
        let base = of_old.mend(&as_type(&of_both, old), 0);
        let new_base = of_new.mend(&as_type(&base, new), 0);
        Sides {
            old: Side { desc: old.clone(), rules: of_old, base },
            new: Side { desc: new.clone(), rules: of_new, base: new_base },
        }
    }

    fn compare(&self, changed: Changed) -> Difference {
        let Changed { place, old_opaque, new_opaque } = changed;
        let (at, name, messages) = match place {
            Place::Field(None, new) => {
                let without = vec![self.old.base.clone()];
                (At::Field(new.number()), new.name().to_owned(), [without, Vec::new()])
            }
            Place::Field(Some(old), new) => {
                let found = self.with_values(&old, &new);
                (At::Field(new.number()), new.name().to_owned(), found)
            }
            Place::Oneof(old, new) => {
                let cleared = |base: &DynamicMessage, oneof: &OneofDescriptor| {
                    let mut message = base.clone();
                    oneof.fields().for_each(|field| message.clear_field(&field));
                    vec![message]
                };
                let found = [cleared(&self.old.base, &old), cleared(&self.new.base, &new)];
                (At::Oneof(new.name().to_owned()), new.name().to_owned(), found)
            }
            Place::Message => {
                let around = |side: &Side, other: &Side| {
                    let own = side.rules.around_itself(&side.base);
                    let others = other.rules.around_itself(&other.base);
                    own.into_iter().chain(others.iter().map(|it| as_type(it, &side.desc))).collect()
                };
                let found = [around(&self.old, &self.new), around(&self.new, &self.old)];
                (At::Message, String::new(), found)
            }
        };
        let [of_old, of_new] = messages;
        let unknown = |mine: &BTreeSet<String>, others: &BTreeSet<String>| {
            mine.difference(others).next().map(|text| Proof::Unknown(text.clone()))
        };
        Difference {
            at,
            tightened: refused(&self.old, &self.new, of_old, &name)
                .or_else(|| unknown(&new_opaque, &old_opaque)),
            loosened: refused(&self.new, &self.old, of_new, &name)
                .or_else(|| unknown(&old_opaque, &new_opaque)),
        }
    }

    /// The bases of both versions with every value of the field that is worth trying.
    fn with_values(&self, old: &FieldDescriptor, new: &FieldDescriptor) -> [Vec<DynamicMessage>; 2] {
        let mut values = self.old.values(old);
        for value in self.new.values(new) {
            let value = value.and_then(|value| moved(value, new, old));
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if !old.is_list() && !old.is_map() {
            values.extend(apart(old, new).into_iter().map(|number| Some(Value::EnumNumber(number))));
        }
        let with = |side: &Side, field: &FieldDescriptor, value: Option<Value>| {
            let mut message = side.base.clone();
            match value {
                Some(value) => message.set_field(field, value),
                None => message.clear_field(field),
            }
            message
        };
        let of_new = values.iter().map(|it| {
            let value = it.clone().and_then(|value| moved(value, old, new));
            with(&self.new, new, value)
        });
        let of_new = of_new.collect();
        [values.into_iter().map(|value| with(&self.old, old, value)).collect(), of_new]
    }
}

impl Side {
    /// Values on and beside the edges of the field's rules, and none at all.
    fn values(&self, desc: &FieldDescriptor) -> Vec<Option<Value>> {
        let mut values = vec![None];
        let rules = self.rules.messages.get(self.desc.full_name());
        let Some(field) = rules.and_then(|it| it.fields.iter().find(|it| it.desc == *desc)) else {
            return values;
        };
        let mut base = self.base.clone();
        if let Some(oneof) = desc.containing_oneof() {
            oneof.fields().for_each(|arm| base.clear_field(&arm));
        }
        let salts = if has_pattern(field) { SALTS } else { 1 };
        let around = (0..salts).flat_map(|salt| self.rules.values_around(&base, field, salt, 0));
        for value in around.chain(listed(field)) {
            if !values.iter().flatten().any(|it| *it == value) {
                values.push(Some(value));
            }
        }
        values
    }
}

fn has_pattern(field: &Field) -> bool {
    let promises = [&field.value, &field.items, &field.keys];
    promises.iter().any(|it| it.tests.iter().any(|rule| matches!(rule.test, Test::Pattern { .. })))
}

/// Every value of the lists that a single value must or must not be in.
fn listed(field: &Field) -> Vec<Value> {
    if field.desc.is_list() || field.desc.is_map() {
        return Vec::new();
    }
    let kind = field.desc.kind();
    let lists = field.value.tests.iter().filter_map(|rule| match &rule.test {
        Test::In(among) | Test::NotIn(among) => Some(among),
        _ => None,
    });
    lists.flatten().take(MOST).filter_map(|it| plain::value(it, &kind)).collect()
}

/// The smallest of the messages that one version accepts and the other refuses at this place.
fn refused(from: &Side, to: &Side, messages: Vec<DynamicMessage>, name: &str) -> Option<Proof> {
    let accepted = messages.into_iter().filter(|it| from.rules.violations(it).is_empty());
    let broken = accepted.filter_map(|it| {
        let violations = to.rules.violations(&as_type(&it, &to.desc));
        let violation = violations.into_iter().find(|it| is_at(&it.path, name))?;
        Some((it, violation))
    });
    let (message, violation) = broken.min_by_key(|(it, _)| it.encoded_len())?;
    Some(Proof::Shown(Box::new(message), violation))
}

/// Whether a path is that of a field or of an element of it, and not of something inside of a message in it.
fn is_at(path: &str, name: &str) -> bool {
    match path.strip_prefix(name) {
        Some("") => true,
        Some(rest) => !name.is_empty() && rest.starts_with('[') && rest.ends_with(']'),
        None => false,
    }
}

/// The same message as the other version reads it, without what that does not know.
fn as_type(message: &DynamicMessage, desc: &MessageDescriptor) -> DynamicMessage {
    let bytes = message.encode_to_vec();
    let mut known = DynamicMessage::new(desc.clone());
    // What does not decode is of another type: nothing of it is known here.
    if let Ok(read) = DynamicMessage::decode(desc.clone(), &*bytes) {
        read.fields().for_each(|(field, value)| known.set_field(&field, value.clone()));
    }
    known
}

/// A value of one version's field as the other version reads it.
fn moved(value: Value, from: &FieldDescriptor, to: &FieldDescriptor) -> Option<Value> {
    let mut message = DynamicMessage::new(from.parent_message().clone());
    message.set_field(from, value);
    let read = as_type(&message, to.parent_message());
    Some(read.get_field(to).into_owned())
}
