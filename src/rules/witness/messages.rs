//! The differences of two messages that stand for each other.
//!
//! Fields that are declared alike are read alike and are not tried: what holds for their declarations is the test
//! `alike`, and a law over random schemas holds that. All others are tried with the values of `trial`; where those
//! show nothing, random messages are.

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor};

use super::difference::{Difference, Nature, Subject, nature, witness};
use super::field::{Field, Shape};
use super::meaning::{Way, is_same_default};
use super::pairing::{Pairing, Pairings};
use super::probe::{Attempt, Target, attempt};
use super::trial::{Cause, Trial, base, elements, trials};
use super::{probe, search};
use crate::diag::{Agreement, Direction, Encoding};

/// Two messages and how each is read as the other.
pub(super) struct Sides<'a> {
    pub pairings: &'a Pairings,
    pub old: &'a MessageDescriptor,
    pub new: &'a MessageDescriptor,
}

/// One direction of two messages.
pub(super) struct Course<'a> {
    pub pairings: &'a Pairings,
    pub direction: Direction,
    pub writer: &'a MessageDescriptor,
    pub reader: &'a MessageDescriptor,
    /// The writer's fields come first.
    pub pairing: std::sync::Arc<Pairing>,
    pub base: DynamicMessage,
}

impl Sides<'_> {
    pub(super) fn course(&self, direction: Direction) -> Course<'_> {
        let (writer, reader) = match direction {
            Direction::OldToNew => (self.old, self.new),
            Direction::NewToOld => (self.new, self.old),
        };
        let pairing = self.pairings.of(direction == Direction::NewToOld, writer, reader);
        let base = base(writer, &pairing);
        Course { pairings: self.pairings, direction, writer, reader, pairing, base }
    }
}

impl Course<'_> {
    /// Whose number or key a field of the writer has at the reader: they hear what was meant for it.
    fn hearers(&self, field: &Field) -> Vec<Field> {
        let by_number = Field::by_number(self.reader, field.number());
        by_number.into_iter().chain(Field::by_key(self.reader, field.key())).collect()
    }

    pub(super) fn attempt(&self, encoding: Encoding, trial: &Trial, target: &Target) -> Option<Attempt> {
        let way = Way { direction: self.direction, encoding };
        attempt(self.pairings, way, trial, self.reader, target)
    }

    /// The worst of some trials in each encoding, the first of equals; and what a strict reader of JSON says to it,
    /// where that is something else.
    pub(super) fn worst(&self, trials: &[Trial], target: &Target) -> Vec<Attempt> {
        let mut all = Vec::new();
        for encoding in [Encoding::Binary, Encoding::Json] {
            let mut worst: Option<(Attempt, &Trial)> = None;
            for trial in trials {
                let Some(it) = self.attempt(encoding, trial, target) else { continue };
                if worst.as_ref().is_none_or(|(worst, _)| worst.reading.verdict < it.reading.verdict) {
                    worst = Some((it, trial));
                }
            }
            let Some((worst, trial)) = worst else { continue };
            let strict = (encoding == Encoding::Json)
                .then(|| self.attempt(Encoding::StrictJson, trial, target))
                .flatten()
                .filter(|it| it.reading.verdict != worst.reading.verdict);
            all.push(worst);
            all.extend(strict);
        }
        all
    }
}

/// Every difference between two messages, fields in the order of the old one. What is inside the messages and enums
/// that their fields hold is not among them.
pub(super) fn differences(sides: &Sides) -> Vec<Difference> {
    let pairing = sides.pairings.of(false, sides.old, sides.new);
    let mut all = Vec::new();
    let courses = [sides.course(Direction::OldToNew), sides.course(Direction::NewToOld)];
    let [forth, back] = &courses;
    all.extend(message_set(sides));
    for (old, new) in &pairing.both {
        if is_alike(old, new, sides) {
            continue;
        }
        let (met, met_back) = (forth.hearers(old), back.hearers(new));
        let target = Target { writer: vec![old], reader: met.iter().chain([new]).collect() };
        let mut attempts =
            forth.worst(&with_partners(forth, old, new, trials(old, new, &forth.base)), &target);
        let target = Target { writer: vec![new], reader: met_back.iter().chain([old]).collect() };
        attempts.extend(back.worst(&with_partners(back, new, old, trials(new, old, &back.base)), &target));
        let mut nature = nature(&attempts);
        let target = Target { writer: vec![old, new], reader: vec![old, new] };
        // The values of enums are looked at one by one, elsewhere.
        if nature == Nature::Alike
            && !matches!((old.held(), new.held()), (Kind::Enum(_), Kind::Enum(_)))
            && let Some(found) = search::random(&courses, &target)
        {
            nature = if found.reading.encoding == Encoding::Json { Nature::Json } else { Nature::Binary };
            attempts.retain(|it| {
                (it.reading.direction, it.reading.encoding)
                    != (found.reading.direction, found.reading.encoding)
            });
            attempts.push(found);
        }
        all.extend(difference(sides, Some(old), Some(new), nature, attempts));
    }
    for old in &pairing.first_only {
        let announced = is_announced(old, sides.new);
        all.extend(alone(sides, forth, back, old, Nature::Deleted { announced }));
    }
    for new in &pairing.second_only {
        all.extend(alone(sides, back, forth, new, Nature::Added));
    }
    all
}

fn difference(
    sides: &Sides,
    old: Option<&Field>,
    new: Option<&Field>,
    nature: Nature,
    attempts: Vec<Attempt>,
) -> Option<Difference> {
    let subject = Subject::Field { old: old.cloned(), new: new.cloned() };
    let messages = (sides.old.clone(), sides.new.clone());
    Some(Difference { messages, subject, nature, witness: witness(attempts)? })
}

/// A field that only the writers of one direction know. `back` is the other direction.
fn alone(sides: &Sides, course: &Course, back: &Course, field: &Field, nature: Nature) -> Option<Difference> {
    let others = course.hearers(field);
    let target = Target { writer: vec![field], reader: others.iter().collect() };
    let with = elements(&field.kind(), &field.kind()).into_iter().take(1).map(|value| {
        let mut message = course.base.clone();
        let value = match field.shape() {
            Shape::Many => prost_reflect::Value::List(vec![value]),
            _ => value,
        };
        if field.shape() != Shape::Map {
            field.set(&mut message, value);
        }
        Trial::of(Cause::Value, message)
    });
    let mut attempts = course.worst(&with.collect::<Vec<_>>(), &target);
    let is_heard = attempts
        .iter()
        .any(|it| it.reading.encoding != Encoding::StrictJson && it.reading.verdict.is_break());
    if nature != Nature::Added {
        for it in attempts.iter_mut().filter(|it| it.reading.verdict == Agreement::Same) {
            it.reading.verdict = Agreement::Lossy;
        }
    }
    let missing = if field.is_required() {
        let target = Target { writer: Vec::new(), reader: vec![field] };
        back.worst(&[Trial::of(Cause::Absence, back.base.clone())], &target)
    } else {
        Vec::new()
    };
    let nature = match nature {
        _ if !missing.is_empty() => Nature::Required,
        Nature::Added if is_heard => self::nature(&attempts),
        nature => nature,
    };
    attempts.extend(missing);
    match course.direction {
        Direction::OldToNew => difference(sides, Some(field), None, nature, attempts),
        Direction::NewToOld => difference(sides, None, Some(field), nature, attempts),
    }
}

/// The trials of a field, and one for each field that it can no longer stand beside: the reader has both in one
/// oneof. It is told where a field moved, not where another one came.
fn with_partners(course: &Course, writer: &Field, reader: &Field, mut trials: Vec<Trial>) -> Vec<Trial> {
    let Some(oneof) = reader.oneof() else { return trials };
    let moved = |writer: &Field, reader: &Field| {
        writer.oneof().map(|it| it.name().to_owned()) != reader.oneof().map(|it| it.name().to_owned())
    };
    let own = moved(writer, reader);
    for (partner, other) in &course.pairing.both {
        let together = other.oneof().is_some_and(|it| it == oneof) && other.number() != reader.number();
        let apart = writer.oneof().is_none_or(|it| partner.oneof().is_none_or(|that| that != it));
        if !together || !apart || (moved(partner, other) && !own) {
            continue;
        }
        let (Some(one), Some(two)) = (
            elements(&writer.kind(), &reader.kind()).into_iter().next(),
            elements(&partner.kind(), &other.kind()).into_iter().next(),
        ) else {
            continue;
        };
        if writer.shape() == Shape::One && partner.shape() == Shape::One {
            let mut message = course.base.clone();
            writer.set(&mut message, one);
            partner.set(&mut message, two);
            let partner = Some(partner.name().to_owned());
            trials.push(Trial { partner, ..Trial::of(Cause::Both, message) });
        }
    }
    trials
}

/// Are two fields declared so that each reads what the other writes, except for what is inside their messages and
/// enums?
fn is_alike(old: &Field, new: &Field, sides: &Sides) -> bool {
    let is =
        |found: Option<Field>, field: &Field| found.is_some_and(|it| it.full_name() == field.full_name());
    let oneof = |field: &Field| field.oneof().map(|it| it.name().to_owned());
    let entries = match (old.entry(), new.entry()) {
        (Some(old), Some(new)) => {
            is_same_kind(&old.0.kind(), &new.0.kind()) && is_same_kind(&old.1.kind(), &new.1.kind())
        }
        (None, None) => true,
        _ => false,
    };
    let texts = !holds_text(old) || old.checks_utf8() == new.checks_utf8();
    old.number() == new.number()
        && old.key() == new.key()
        && entries
        && is_same_kind(&old.kind(), &new.kind())
        && old.shape() == new.shape()
        && old.is_group() == new.is_group()
        && old.is_packed() == new.is_packed()
        && old.is_required() == new.is_required()
        && old.has_presence() == new.has_presence()
        && is_same_default(old, new)
        && texts
        && oneof(old) == oneof(new)
        && is(Field::by_key(sides.new, old.key()), new)
        && is(Field::by_key(sides.old, new.key()), old)
}

fn holds_text(field: &Field) -> bool {
    field.held() == Kind::String || field.entry().is_some_and(|(key, _)| key.kind() == Kind::String)
}

fn is_same_kind(old: &Kind, new: &Kind) -> bool {
    match (old, new) {
        // What is inside is another question.
        (Kind::Message(old), Kind::Message(new)) => {
            old.is_map_entry() == new.is_map_entry() && has_text_of_its_own(old) == has_text_of_its_own(new)
        }
        (Kind::Enum(_), Kind::Enum(_)) => true,
        (old, new) => old == new,
    }
}

/// The type that ProtoJSON writes in a way of its own.
fn has_text_of_its_own(message: &MessageDescriptor) -> Option<String> {
    (message.package_name() == "google.protobuf").then(|| message.full_name().to_owned())
}

/// One side writes items of a group with a number of their own, the other a field per extension: the first item of
/// one, and what the other makes of it.
fn message_set(sides: &Sides) -> Option<Difference> {
    let is_set = |it: &MessageDescriptor| {
        it.descriptor_proto().options.as_ref().is_some_and(|options| options.message_set_wire_format())
    };
    if is_set(sides.old) == is_set(sides.new) {
        return None;
    }
    let number = sides.old.extension_ranges().map(|range| range.start).min().unwrap_or(4);
    let of = |direction: Direction, writer: &MessageDescriptor, reader: &MessageDescriptor| {
        probe::empty_extension(direction, writer, reader, number, is_set(writer))
    };
    let attempts =
        vec![of(Direction::OldToNew, sides.old, sides.new), of(Direction::NewToOld, sides.new, sides.old)];
    let messages = (sides.old.clone(), sides.new.clone());
    Some(Difference {
        messages,
        subject: Subject::Message,
        nature: Nature::MessageSet,
        witness: witness(attempts)?,
    })
}

/// Was the end of a field said before, and is nobody able to take its number or name?
fn is_announced(field: &Field, now: &MessageDescriptor) -> bool {
    let number = now.reserved_ranges().any(|range| range.contains(&field.number()));
    let name = now.reserved_names().any(|name| name == field.name());
    field.is_deprecated() && number && name
}
