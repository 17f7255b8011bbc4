//! Two schemas, and which of their messages and enums stand for each other.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use prost_reflect::{DynamicMessage, Kind, MessageDescriptor};
use rayon::prelude::*;

use super::difference::{Difference, Subject};
use super::field::{Field, Shape};
use super::meaning::{Way, is_same_enum};
use super::messages::{Sides, differences};
use super::pairing::Pairings;
use super::{enums, probe};
use crate::diag::{Agreement, Direction, Encoding};
use crate::schema::{Origin, Schema};

/// Every two messages that stand for each other: those with one full name, and those that a field or method which
/// both schemas know refers to on each side. Differences are looked for when they are asked for, once.
#[derive(Debug)]
pub struct World {
    pairings: Pairings,
    cells: Vec<Cell>,
    /// The cells of a message of the old schema.
    by_old: HashMap<String, Vec<usize>>,
    carriers: Vec<Carrier>,
    values: OnceLock<Vec<Difference>>,
}

#[derive(Debug)]
struct Cell {
    old: MessageDescriptor,
    new: MessageDescriptor,
    found: OnceLock<Vec<Difference>>,
}

/// A field that holds an enum which is not the same on both sides.
#[derive(Debug)]
struct Carrier {
    cell: usize,
    old: Field,
    new: Field,
    enums: (String, String),
}

/// Fields that an enum is tried in.
const CARRIERS: usize = 3;

impl Carrier {
    /// Where a field is required its enum can do more harm, so those come first; then those that write every value,
    /// also the default.
    fn rank(&self) -> (bool, bool) {
        let writes_all = |it: &Field| it.shape() != Shape::One || it.has_presence();
        (
            !(self.old.is_required() || self.new.is_required()),
            !(writes_all(&self.old) && writes_all(&self.new)),
        )
    }
}

impl World {
    /// Pairs the messages of two schemas. Finds nothing yet.
    pub fn new(old: &Schema, new: &Schema) -> World {
        let mut world = World {
            pairings: Pairings::default(),
            cells: Vec::new(),
            by_old: HashMap::new(),
            carriers: Vec::new(),
            values: OnceLock::new(),
        };
        let mut waiting: Vec<(MessageDescriptor, MessageDescriptor)> = Vec::new();
        let own = |name: &str| {
            let origin = |schema: &Schema| schema.file(name).map(|file| file.origin());
            (origin(old), origin(new)) != (Some(Origin::Bundled), Some(Origin::Bundled))
        };
        for file in old.files().iter().filter(|file| own(file.name())) {
            let mut messages: Vec<MessageDescriptor> = file.descriptor().messages().collect();
            while let Some(message) = messages.pop() {
                messages.extend(message.child_messages());
                let namesake = new.pool().get_message_by_name(message.full_name());
                waiting.extend(namesake.filter(|_| !message.is_map_entry()).map(|it| (message, it)));
            }
            for service in file.descriptor().services() {
                let Some(namesake) = new.pool().get_service_by_name(service.full_name()) else { continue };
                for method in service.methods() {
                    let Some(same) = namesake.methods().find(|it| it.name() == method.name()) else {
                        continue;
                    };
                    waiting.push((method.input(), same.input()));
                    waiting.push((method.output(), same.output()));
                }
            }
        }
        let mut seen = HashSet::new();
        while let Some((old, new)) = waiting.pop() {
            if seen.insert((old.full_name().to_owned(), new.full_name().to_owned())) {
                world.add(old, new, &mut waiting);
            }
        }
        world.carriers.sort_by_key(Carrier::rank);
        world
    }

    fn add(
        &mut self,
        old: MessageDescriptor,
        new: MessageDescriptor,
        waiting: &mut Vec<(MessageDescriptor, MessageDescriptor)>,
    ) {
        let cell = self.cells.len();
        for (was, is) in &self.pairings.of(false, &old, &new).both {
            match (was.held(), is.held()) {
                // The entries of maps are looked at with their field.
                (Kind::Message(old), Kind::Message(new))
                    if (was.shape() == Shape::Map) == (is.shape() == Shape::Map) =>
                {
                    waiting.push((old, new));
                }
                (Kind::Enum(before), Kind::Enum(after))
                    if was.shape() == is.shape() && !is_same_enum(&before, &after) =>
                {
                    self.carriers.push(Carrier {
                        cell,
                        old: was.clone(),
                        new: is.clone(),
                        enums: (before.full_name().to_owned(), after.full_name().to_owned()),
                    });
                }
                _ => {}
            }
        }
        self.by_old.entry(old.full_name().to_owned()).or_default().push(cell);
        self.cells.push(Cell { old, new, found: OnceLock::new() });
    }

    fn sides<'a>(&'a self, cell: &'a Cell) -> Sides<'a> {
        Sides { pairings: &self.pairings, old: &cell.old, new: &cell.new }
    }

    fn found<'a>(&'a self, cell: &'a Cell) -> &'a [Difference] {
        cell.found.get_or_init(|| differences(&self.sides(cell)))
    }

    /// Everything that is different, enum values last.
    pub fn differences(&self) -> Vec<&Difference> {
        let fields: Vec<&Difference> = self.cells.par_iter().flat_map_iter(|cell| self.found(cell)).collect();
        fields.into_iter().chain(self.values()).collect()
    }

    /// The differences of a message of the old schema: of the message with its name, or of what took its place.
    pub fn of_message<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Difference> {
        self.cell(name).into_iter().flat_map(|cell| self.found(cell))
    }

    fn cell(&self, name: &str) -> Option<&Cell> {
        let cells = self.by_old.get(name)?;
        let namesake = cells.iter().copied().find(|cell| self.cells[*cell].new.full_name() == name);
        self.cells.get(namesake.or_else(|| cells.first().copied())?)
    }

    /// The differences of two types that a field or method refers to, and of all that they hold under another name than
    /// before: what kept its name is told where it is.
    pub fn below<'a>(&'a self, old: &MessageDescriptor, new: &MessageDescriptor) -> Vec<&'a Difference> {
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![(old.clone(), new.clone())];
        while let Some((old, new)) = waiting.pop() {
            if !seen.insert((old.full_name().to_owned(), new.full_name().to_owned())) {
                continue;
            }
            let cells = self.by_old.get(old.full_name()).map(Vec::as_slice).unwrap_or_default();
            let cell = cells.iter().find(|cell| self.cells[**cell].new.full_name() == new.full_name());
            all.extend(cell.into_iter().flat_map(|cell| self.found(&self.cells[*cell])));
            for (was, is) in &self.pairings.of(false, &old, &new).both {
                match (was.held(), is.held()) {
                    (Kind::Message(was), Kind::Message(is)) if was.full_name() != is.full_name() => {
                        waiting.push((was, is));
                    }
                    _ => {}
                }
            }
        }
        all
    }

    /// A field of a message of the old schema, and what it is now.
    pub fn field(&self, message: &str, field: &str) -> Option<(Field, Field)> {
        let cell = self.cell(message)?;
        let pairing = self.pairings.of(false, &cell.old, &cell.new);
        pairing.both.iter().find(|(old, _)| old.full_name() == field).cloned()
    }

    /// Is there a message of this name on both sides, or a message that holds the enum of this name?
    pub fn holds(&self, name: &str) -> bool {
        self.by_old.contains_key(name) || self.carriers.iter().any(|it| it.enums.0 == name)
    }

    /// What a reader of the other schema makes of a message: the worst that happens to any field that both sides know,
    /// and at which or why.
    pub fn read(
        &self,
        written: &DynamicMessage,
        reader: &MessageDescriptor,
        direction: Direction,
        encoding: Encoding,
    ) -> Option<(Agreement, String)> {
        probe::whole(&self.pairings, Way { direction, encoding }, written, reader)
    }

    /// Every two messages that stand for each other, old and new.
    pub fn messages(&self) -> impl Iterator<Item = (&MessageDescriptor, &MessageDescriptor)> {
        self.cells.iter().map(|cell| (&cell.old, &cell.new))
    }

    /// The differences of enum values, each in the field that shows the most.
    pub fn values(&self) -> &[Difference] {
        self.values.get_or_init(|| {
            let mut tried: HashMap<&(String, String), usize> = HashMap::new();
            let some: Vec<&Carrier> = self
                .carriers
                .iter()
                .filter(|it| {
                    let count = tried.entry(&it.enums).or_default();
                    *count += 1;
                    *count <= CARRIERS
                })
                .collect();
            let found = some.par_iter().flat_map_iter(|it| {
                let sides = self.sides(&self.cells[it.cell]);
                enums::differences(&sides, &it.old, &it.new)
            });
            let mut worst: Vec<Difference> = Vec::new();
            for it in found.collect::<Vec<Difference>>() {
                match worst.iter_mut().find(|other| is_same_value(&other.subject, &it.subject)) {
                    Some(other) if other.worst() < it.worst() => *other = it,
                    Some(_) => {}
                    None => worst.push(it),
                }
            }
            worst
        })
    }
}

fn is_same_value(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (
            Subject::Value { old, new, name },
            Subject::Value { old: other_old, new: other_new, name: other_name },
        ) => {
            name == other_name
                && old.full_name() == other_old.full_name()
                && new.full_name() == other_new.full_name()
        }
        _ => false,
    }
}
