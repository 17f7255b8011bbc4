//! Which field of one message is which of another: by name, and where a name is gone, by number.
//!
//! A field that has another name now and the same number was renamed. A field that has another number now and
//! the same name was renumbered: whoever reads it by its name looks for it in the wrong place, and that is what a
//! witness shows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use prost_reflect::MessageDescriptor;

use super::field::Field;

/// The fields of two messages, each the same thing as far as its readers know.
#[derive(Debug)]
pub(super) struct Pairing {
    /// What both sides know.
    pub both: Vec<(Field, Field)>,
    /// What only the first side knows.
    pub first_only: Vec<Field>,
    /// What only the second side knows.
    pub second_only: Vec<Field>,
}

impl Pairing {
    pub(super) fn of(first: &MessageDescriptor, second: &MessageDescriptor) -> Pairing {
        let mut rest: Vec<Option<Field>> = Field::all(second).into_iter().map(Some).collect();
        let by_name: HashMap<String, usize> = rest
            .iter()
            .enumerate()
            .filter_map(|(at, it)| Some((it.as_ref()?.name().to_owned(), at)))
            .collect();
        let mut both = Vec::new();
        let mut unnamed = Vec::new();
        for field in Field::all(first) {
            match by_name.get(field.name()).and_then(|at| rest[*at].take()) {
                Some(same) => both.push((field, same)),
                None => unnamed.push(field),
            }
        }
        let mut first_only = Vec::new();
        for field in unnamed {
            let renamed =
                rest.iter_mut().find(|it| it.as_ref().is_some_and(|it| it.number() == field.number()));
            match renamed.and_then(Option::take) {
                Some(same) => both.push((field, same)),
                None => first_only.push(field),
            }
        }
        Pairing { both, first_only, second_only: rest.into_iter().flatten().collect() }
    }
}

/// The pairings that were asked for. Messages of two schemas that have the same names stand on two sides: a pairing
/// is one of the old with the new, or the other way round.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    known: Mutex<HashMap<(bool, String, String), Arc<Pairing>>>,
}

impl Pairings {
    /// `turned`: the first is of the new schema.
    pub(super) fn of(
        &self,
        turned: bool,
        first: &MessageDescriptor,
        second: &MessageDescriptor,
    ) -> Arc<Pairing> {
        let key = (turned, first.full_name().to_owned(), second.full_name().to_owned());
        if let Ok(known) = self.known.lock()
            && let Some(pairing) = known.get(&key)
        {
            return Arc::clone(pairing);
        }
        let pairing = Arc::new(Pairing::of(first, second));
        if let Ok(mut known) = self.known.lock() {
            known.insert(key, Arc::clone(&pairing));
        }
        pairing
    }
}
