//! The differences of two enums, told by a field that carries them: only in a message is there anything to read.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, Kind, Value};

use super::difference::{Difference, Nature, Subject, witness};
use super::field::{Field, Shape, is_closed, names_of};
use super::meaning::is_same_enum;
use super::messages::{Course, Sides};
use super::probe::{Attempt, Target};
use super::text::Spelling;
use super::trial::{Cause, Trial, elements};
use crate::diag::{Agreement, Direction, Encoding};

/// What is read otherwise of the enums that a field of the old and of the new message hold, one difference per value.
pub(super) fn differences(sides: &Sides, old: &Field, new: &Field) -> Vec<Difference> {
    let (Kind::Enum(was), Kind::Enum(is)) = (old.held(), new.held()) else { return Vec::new() };
    if is_same_enum(&was, &is) {
        return Vec::new();
    }
    let (forth, back) = (&sides.course(Direction::OldToNew), &sides.course(Direction::NewToOld));
    let mut by_name: BTreeMap<Option<String>, Vec<Attempt>> = BTreeMap::new();
    for (course, writer, reader, was, is) in [(forth, old, new, &was, &is), (back, new, old, &is, &was)] {
        let target = Target { writer: vec![writer], reader: vec![reader] };
        for (number, name) in numbers(was, is) {
            let trials = trials(course, writer, reader, was, is, number);
            let mut attempts = course.worst(&trials, &target);
            for it in &mut attempts {
                // Left out by a reader of JSON, and then missed: the value is unknown all the same.
                let unknown =
                    is.get_value(number).is_none() && !is_closed(is) && !is_renumbered(was, is, number);
                if it.missing && unknown && it.reading.encoding == Encoding::Json {
                    it.reading.verdict = Agreement::Unknown;
                }
            }
            if attempts.iter().any(|it| it.reading.verdict != Agreement::Same) {
                by_name.entry(name).or_default().extend(attempts);
            }
        }
    }
    let of_value = |(name, attempts): (Option<String>, Vec<Attempt>)| {
        let nature = nature(&was, &is, name.as_deref(), &attempts);
        let subject = Subject::Value { old: was.clone(), new: is.clone(), name };
        let messages = (sides.old.clone(), sides.new.clone());
        Some(Difference { messages, subject, nature, witness: witness(worst_of_each(attempts))? })
    };
    by_name.into_iter().filter_map(of_value).collect()
}

/// Several numbers may be told under one name: one attempt per direction and encoding is enough.
fn worst_of_each(attempts: Vec<Attempt>) -> Vec<Attempt> {
    let mut worst: Vec<Attempt> = Vec::new();
    for it in attempts {
        let same = |other: &&mut Attempt| {
            (other.reading.direction, other.reading.encoding) == (it.reading.direction, it.reading.encoding)
        };
        match worst.iter_mut().find(same) {
            Some(other) if other.reading.verdict < it.reading.verdict => *other = it,
            Some(_) => {}
            None => worst.push(it),
        }
    }
    worst
}

/// The numbers to write, each with the name that its difference is told under. Where only the writer is open, one that
/// nobody declares is among them.
fn numbers(was: &EnumDescriptor, is: &EnumDescriptor) -> Vec<(i32, Option<String>)> {
    let mut numbers: Vec<i32> = was.values().map(|value| value.number()).collect();
    numbers.dedup();
    let mut all: Vec<(i32, Option<String>)> = numbers
        .into_iter()
        .filter(|number| names_of(was, *number) != names_of(is, *number))
        .map(|number| {
            let names = names_of(was, number);
            let moved =
                names.iter().find(|name| is.get_value_by_name(name).is_some_and(|it| it.number() != number));
            (number, moved.or(names.first()).cloned())
        })
        .collect();
    if !is_closed(was) && is_closed(is) {
        let largest = was.values().chain(is.values()).map(|value| value.number()).max().unwrap_or(0);
        all.extend(largest.checked_add(1).map(|number| (number, None)));
    }
    all
}

fn is_renumbered(was: &EnumDescriptor, is: &EnumDescriptor, number: i32) -> bool {
    names_of(was, number).iter().any(|name| is.get_value_by_name(name).is_some())
}

/// A number in its field, and under each of its other names in JSON.
fn trials(
    course: &Course,
    writer: &Field,
    reader: &Field,
    was: &EnumDescriptor,
    is: &EnumDescriptor,
    number: i32,
) -> Vec<Trial> {
    let value = match writer.shape() {
        Shape::One => Some(Value::EnumNumber(number)),
        Shape::Many => Some(Value::List(vec![Value::EnumNumber(number)])),
        Shape::Map => writer.entry().and_then(|(key, _)| {
            let key = elements(&key.kind(), &key.kind()).into_iter().next()?.into_map_key()?;
            Some(Value::Map([(key, Value::EnumNumber(number))].into()))
        }),
    };
    let Some(value) = value else { return Vec::new() };
    let mut message = course.base.clone();
    let is_default = writer.shape() == Shape::One && !writer.has_presence() && number == 0;
    // What is not written is no value to read: the default is a question about the field.
    if is_default || reader.shape() != writer.shape() {
        return Vec::new();
    }
    writer.set(&mut message, value);
    let plain = Trial::of(Cause::Value, message);
    // People wrote the names that were good before; a new one is theirs to use when its readers are there.
    let spellings = if course.direction == Direction::OldToNew { names_of(was, number) } else { Vec::new() };
    let others = spellings.into_iter().skip(1).filter(|name| is.get_value_by_name(name).is_none());
    let spelled: Vec<Trial> = others
        .map(|name| Trial {
            spelling: Some(Spelling { of: was.full_name().to_owned(), number, name }),
            ..plain.clone()
        })
        .collect();
    std::iter::once(plain).chain(spelled).collect()
}

fn nature(was: &EnumDescriptor, is: &EnumDescriptor, name: Option<&str>, attempts: &[Attempt]) -> Nature {
    let breaks =
        |encoding| attempts.iter().any(|it| it.reading.encoding == encoding && it.reading.verdict.is_break());
    let old = name.and_then(|name| was.get_value_by_name(name));
    if let Some(old) =
        old.filter(|it| is.get_value(it.number()).is_none() && is.get_value_by_name(it.name()).is_none())
    {
        let number = is.reserved_ranges().any(|range| range.contains(&old.number()));
        let names = names_of(was, old.number());
        let names = names.iter().all(|name| is.reserved_names().any(|reserved| reserved == name));
        // Who reads a closed enum loses what was kept, whoever was told.
        let is_lost = breaks(Encoding::Binary);
        return Nature::EnumDeleted { announced: number && names && !is_lost };
    }
    let is_forth = |it: &Attempt| it.reading.direction == Direction::OldToNew;
    match (breaks(Encoding::Binary), breaks(Encoding::Json)) {
        (true, _) => Nature::EnumValue,
        (false, true) => Nature::EnumName,
        // A number that only one side has: nobody is surprised, strict readers of JSON excepted.
        (false, false) if attempts.iter().any(is_forth) => Nature::Alike,
        (false, false) => Nature::Added,
    }
}
