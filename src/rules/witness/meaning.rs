//! Does a reader have what the writer meant? Value by value, across types.
//!
//! Only what both sides know is compared. A field that one side does not know is nobody's loss by itself, and
//! neither is presence that the old side never had: `optional` added in front of a field makes new writers say more
//! than old readers hear, `optional` taken away makes new readers hear less than old writers say.

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::field::{Field, Shape, is_closed, names_of};
use super::pairing::Pairings;
use super::text;
use crate::diag::{Agreement, Direction, Encoding};
use crate::values::encode;

/// Who wrote, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub direction: Direction,
    pub encoding: Encoding,
}

/// A place where the reader has something else, by the names of the writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub agreement: Agreement,
    pub path: Vec<String>,
}

/// Every place where `read` is not what `written` means.
pub(super) fn gaps(
    pairings: &Pairings,
    way: Way,
    written: &DynamicMessage,
    read: &DynamicMessage,
) -> Vec<Gap> {
    let mut compare = Compare { pairings, way, path: Vec::new(), gaps: Vec::new() };
    compare.messages(written, read);
    compare.gaps
}

struct Compare<'a> {
    pairings: &'a Pairings,
    way: Way,
    path: Vec<String>,
    gaps: Vec<Gap>,
}

impl Compare<'_> {
    fn say(&mut self, agreement: Agreement) {
        if agreement != Agreement::Same {
            self.gaps.push(Gap { agreement, path: self.path.clone() });
        }
    }

    fn messages(&mut self, written: &DynamicMessage, read: &DynamicMessage) {
        let turned = self.way.direction == Direction::NewToOld;
        let pairing = self.pairings.of(turned, &written.descriptor(), &read.descriptor());
        for (writer, reader) in &pairing.both {
            self.path.push(writer.name().to_owned());
            self.fields(writer, writer.get(written), reader, reader.get(read));
            self.path.pop();
        }
        // Nobody wrote these: another field's value is read as theirs.
        for reader in pairing.second_only.iter().filter(|field| field.get(read).is_some()) {
            self.path.push(reader.name().to_owned());
            self.say(Agreement::Misread);
            self.path.pop();
        }
    }

    fn fields(&mut self, writer: &Field, written: Option<Value>, reader: &Field, read: Option<Value>) {
        match (writer.shape(), reader.shape()) {
            (Shape::One, Shape::One) => self.one(writer, written, reader, read),
            (Shape::Map, Shape::Map) => self.entries(writer, written, reader, read),
            (Shape::Map, _) | (_, Shape::Map) => self.as_messages(writer, written, reader, read),
            (_, Shape::Many) => self.lists(writer, items(written), reader, items(read)),
            (Shape::Many, Shape::One) => {
                let mut items = items(written);
                let last = items.pop();
                // Of several the reader takes one, as a rule the last.
                if items.is_empty() {
                    self.one(writer, last, reader, read);
                } else {
                    let kept =
                        last.zip(read).is_none_or(|(last, read)| self.is_same(writer, last, reader, read));
                    self.say(if kept { Agreement::Lossy } else { Agreement::Misread });
                }
            }
        }
    }

    fn one(&mut self, writer: &Field, written: Option<Value>, reader: &Field, read: Option<Value>) {
        match (written, read) {
            (Some(written), Some(read)) => self.value(&writer.kind(), &written, &reader.kind(), &read),
            (None, None) => self.absent(writer, reader),
            (None, Some(_)) => self.say(Agreement::Misread),
            (Some(written), None) => {
                let zero = Value::default_value(&reader.kind());
                let is_zero = !reader.has_presence() && self.is_same(writer, written.clone(), reader, zero);
                self.say(match is_zero {
                    // What no presence can tell is only missed by who could tell it before.
                    true if self.way.direction == Direction::NewToOld => Agreement::Same,
                    true => Agreement::Lossy,
                    false if self.is_foreign(&writer.kind(), &written, &reader.kind()) => self.unknown(),
                    false => Agreement::Lossy,
                });
            }
        }
    }

    /// Neither is there: each side takes its own default for it.
    fn absent(&mut self, writer: &Field, reader: &Field) {
        if !is_same_default(writer, reader) {
            self.say(Agreement::Misread);
        }
    }

    /// Is it an enum value that nothing on the other side stands for? Readers of JSON that ignore what they do not
    /// know leave it out, and so do closed enums, which say so by the value that is gone.
    fn is_foreign(&self, writer: &Kind, value: &Value, reader: &Kind) -> bool {
        let (Kind::Enum(was), Kind::Enum(is), Some(number)) = (writer, reader, value.as_enum_number()) else {
            return false;
        };
        let names = names_of(was, number);
        let unknown =
            is.get_value(number).is_none() && names.iter().all(|name| is.get_value_by_name(name).is_none());
        // JSON says a number that has no name as a number, which an open enum keeps.
        unknown && if self.way.encoding == Encoding::Binary { is_closed(is) } else { !names.is_empty() }
    }

    fn lists(&mut self, writer: &Field, mut written: Vec<Value>, reader: &Field, read: Vec<Value>) {
        let (was, is) = (writer.kind(), reader.kind());
        let before = written.len();
        written.retain(|item| !self.is_foreign(&was, item, &is));
        if written.len() < before {
            self.say(self.unknown());
        }
        if written.len() != read.len() {
            self.say(if read.len() < written.len() { Agreement::Lossy } else { Agreement::Misread });
            return;
        }
        for (written, read) in written.iter().zip(&read) {
            self.value(&was, written, &is, read);
        }
    }

    /// What becomes of an enum value that the reader does not know, in this encoding.
    fn unknown(&self) -> Agreement {
        if self.way.encoding == Encoding::Binary { Agreement::Lossy } else { Agreement::Unknown }
    }

    fn entries(&mut self, writer: &Field, written: Option<Value>, reader: &Field, read: Option<Value>) {
        let (Some((was_key, was)), Some((is_key, is))) = (writer.entry(), reader.entry()) else { return };
        let (written, read) = (pairs(written), pairs(read));
        let (was, is) = (was.kind(), is.kind());
        let mut found = 0;
        for (key, value) in &written {
            if self.is_foreign(&was, value, &is) {
                self.say(self.unknown());
                continue;
            }
            let same = |it: &&(Value, Value)| {
                scalar(&was_key.kind(), key, &is_key.kind(), &it.0, self.way.encoding) == Agreement::Same
            };
            match read.iter().find(same) {
                Some((_, read)) => {
                    found += 1;
                    // A value that the reader has not understood is the default of its type.
                    let kept = value.as_message().is_some() && read.as_message().is_some()
                        || scalar(&was, value, &is, read, self.way.encoding) <= Agreement::Lossy;
                    match kept || *read != Value::default_value(&is) {
                        true => self.value(&was, value, &is, read),
                        false => self.say(Agreement::Lossy),
                    }
                }
                // Nothing, or something under a key that nobody wrote.
                None if read.len() > found => self.say(Agreement::Misread),
                None => self.say(Agreement::Lossy),
            }
        }
        if read.len() > found && written.is_empty() {
            self.say(Agreement::Misread);
        }
    }

    /// A map against anything else: its entries are messages.
    fn as_messages(&mut self, writer: &Field, written: Option<Value>, reader: &Field, read: Option<Value>) {
        let (written, mut read) = (messages(writer, written), messages(reader, read));
        let fewer = read.len() < written.len();
        let (was, is) = (writer.kind(), reader.kind());
        let mut agreement = if read.len() > written.len() { Agreement::Misread } else { Agreement::Same };
        for written in written {
            let same = read.iter().position(|read| {
                let mut inside =
                    Compare { pairings: self.pairings, way: self.way, path: Vec::new(), gaps: Vec::new() };
                inside.value(&was, &written, &is, read);
                inside.gaps.is_empty()
            });
            match same {
                Some(at) => drop(read.remove(at)),
                None if fewer => agreement = agreement.max(Agreement::Lossy),
                None => agreement = Agreement::Misread,
            }
        }
        self.say(agreement);
    }

    fn is_same(&self, writer: &Field, written: Value, reader: &Field, read: Value) -> bool {
        let mut inside =
            Compare { pairings: self.pairings, way: self.way, path: Vec::new(), gaps: Vec::new() };
        inside.value(&writer.kind(), &written, &reader.kind(), &read);
        inside.gaps.is_empty()
    }

    fn value(&mut self, was: &Kind, written: &Value, is: &Kind, read: &Value) {
        match (written, read) {
            (Value::Message(written), Value::Message(read)) => self.messages(written, read),
            _ => self.say(scalar(was, written, is, read, self.way.encoding)),
        }
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::List(items)) => items,
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

fn pairs(value: Option<Value>) -> Vec<(Value, Value)> {
    let Some(Value::Map(entries)) = value else { return Vec::new() };
    let mut pairs: Vec<_> = entries.into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

fn messages(field: &Field, value: Option<Value>) -> Vec<Value> {
    match field.kind() {
        Kind::Message(entry) if field.shape() == Shape::Map => {
            let message = |(key, value): (Value, Value)| {
                let mut message = DynamicMessage::new(entry.clone());
                let set = |message: &mut DynamicMessage, field: &FieldDescriptor, value| {
                    message.set_field(field, value);
                };
                set(&mut message, &entry.map_entry_key_field(), key);
                set(&mut message, &entry.map_entry_value_field(), value);
                Value::Message(message)
            };
            pairs(value).into_iter().map(message).collect()
        }
        _ => items(value),
    }
}

fn whole(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Bool(it) => i128::from(*it),
        Value::I32(it) | Value::EnumNumber(it) => i128::from(*it),
        Value::I64(it) => i128::from(*it),
        Value::U32(it) => i128::from(*it),
        Value::U64(it) => i128::from(*it),
        _ => return None,
    })
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::F32(it) => Some(f64::from(*it)),
        Value::F64(it) => Some(*it),
        _ => None,
    }
}

/// Has a kind room for a whole number?
fn holds(kind: &Kind, number: i128) -> bool {
    match kind {
        Kind::Bool => (0..=1).contains(&number),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => i32::try_from(number).is_ok(),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => i64::try_from(number).is_ok(),
        Kind::Uint32 | Kind::Fixed32 => u32::try_from(number).is_ok(),
        Kind::Uint64 | Kind::Fixed64 => u64::try_from(number).is_ok(),
        Kind::Enum(it) => {
            i32::try_from(number).is_ok_and(|it_is| !is_closed(it) || it.get_value(it_is).is_some())
        }
        _ => false,
    }
}

/// Two values of which not both are messages. What does not fit is lost; what would fit and is another is misread.
fn scalar(was: &Kind, written: &Value, is: &Kind, read: &Value, encoding: Encoding) -> Agreement {
    let agreed = |same: bool, fits: bool| match (same, fits) {
        (true, _) => Agreement::Same,
        (false, true) => Agreement::Misread,
        (false, false) => Agreement::Lossy,
    };
    if let (Kind::Enum(was), Kind::Enum(is), Some(written), Some(read)) =
        (was, is, written.as_enum_number(), read.as_enum_number())
    {
        return enums(was, written, is, read, encoding);
    }
    if let (Some(one), Some(other)) = (whole(written), whole(read)) {
        return agreed(one == other, holds(is, one));
    }
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // that is what readers do
    match (real(written), real(read), whole(written), whole(read)) {
        (Some(one), Some(other), ..) => {
            let narrow = matches!(read, Value::F32(_)) || matches!(written, Value::F32(_));
            let same = one == other || (one.is_nan() && other.is_nan());
            let alike = narrow && one as f32 == other as f32;
            let exact = matches!(written, Value::F32(_)) && alike;
            agreed(same || exact, !alike)
        }
        (_, Some(other), Some(one), _) => agreed(other == one as f64, one as f64 as i128 == one),
        (Some(one), _, _, Some(other)) => {
            agreed(one == other as f64, one.fract() == 0.0 && holds(is, one as i128))
        }
        _ => agreed(is_same_data(was, written, is, read, encoding), true),
    }
}

/// Text, bytes, and what stands in them.
fn is_same_data(was: &Kind, written: &Value, is: &Kind, read: &Value, encoding: Encoding) -> bool {
    let data = |value: &Value| match value {
        Value::String(it) => Some(it.as_bytes().to_vec()),
        Value::Bytes(it) => Some(it.to_vec()),
        Value::Message(it) if encoding == Encoding::Binary => Some(encode(it)),
        _ => None,
    };
    match (data(written), data(read)) {
        (Some(one), Some(other)) => one == other,
        _ if encoding == Encoding::Binary => false,
        // Two types that a text says alike: a number and its digits, a `Timestamp` and a string.
        _ => {
            let (one, other) = (text::of_value(was, written, None), text::of_value(is, read, None));
            one.zip(other).is_some_and(|(one, other)| {
                let bare = |it: &serde_json::Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
                bare(&one) == bare(&other)
            })
        }
    }
}

/// Values of enums are known by their names, and by their numbers where a name is gone.
fn enums(
    was: &EnumDescriptor,
    written: i32,
    is: &EnumDescriptor,
    read: i32,
    encoding: Encoding,
) -> Agreement {
    let (said, heard) = (names_of(was, written), names_of(is, read));
    let elsewhere = |names: &[String], it: &EnumDescriptor, number: i32| {
        names.iter().any(|name| it.get_value_by_name(name).is_some_and(|value| value.number() != number))
    };
    let shared = said.iter().any(|name| heard.contains(name));
    if elsewhere(&said, is, read) || elsewhere(&heard, was, written) || (written != read && !shared) {
        return Agreement::Misread;
    }
    if heard.is_empty() && !said.is_empty() {
        return Agreement::Unknown;
    }
    let respelled = encoding != Encoding::Binary && !said.is_empty() && said.first() != heard.first();
    if respelled { Agreement::Respelled } else { Agreement::Same }
}

/// The declared numbers that mean the same on both sides, by their names too.
pub(super) fn agreed_numbers(was: &EnumDescriptor, is: &EnumDescriptor) -> Vec<i32> {
    let mut numbers: Vec<i32> = was.values().map(|value| value.number()).collect();
    numbers.dedup();
    numbers.retain(|number| enums(was, *number, is, *number, Encoding::Json) == Agreement::Same);
    numbers
}

/// Do two enums take every value alike?
pub(super) fn is_same_enum(one: &EnumDescriptor, other: &EnumDescriptor) -> bool {
    let values = |it: &EnumDescriptor| {
        let mut values: Vec<(Vec<i32>, String, i32)> = it
            .values()
            .map(|value| (value.path().to_vec(), value.name().to_owned(), value.number()))
            .collect();
        values.sort();
        values.into_iter().map(|(_, name, number)| (name, number)).collect::<Vec<_>>()
    };
    is_closed(one) == is_closed(other) && values(one) == values(other)
}

/// Does an absent field have the same value on both sides?
pub(super) fn is_same_default(one: &Field, other: &Field) -> bool {
    let (was, is) = (one.kind(), other.kind());
    let has_default = |field: &Field, kind: &Kind| field.shape() == Shape::One && kind.as_message().is_none();
    if !has_default(one, &was) || !has_default(other, &is) {
        return true;
    }
    let (written, read) = (one.default(), other.default());
    let both_zero = written == Value::default_value(&was) && read == Value::default_value(&is);
    let enums = was.as_enum().is_some() && is.as_enum().is_some();
    // The first value of an enum is its zero, whatever its number. A number without a name is a value all the same.
    (both_zero && !enums) || scalar(&was, &written, &is, &read, Encoding::Binary) <= Agreement::Unknown
}
