//! What the promises of a service know of a running server.

use std::collections::{BTreeMap, BTreeSet};

use super::{Service, StateKind};

/// A value of the model: a protobuf value, such as a message or a string.
pub type Item = prost_reflect::Value;

/// The variables of one service, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) variables: BTreeMap<String, Variable>,
    /// Of these a part is known.
    pub(super) open: BTreeSet<String>,
}

/// What is in one variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Variable {
    /// Entries in the order in which they were put.
    Map(Vec<(Item, Item)>),
    /// Elements in order.
    List(Vec<Item>),
}

impl Model {
    /// Nothing is in it. `closed`: nothing is in the server either.
    pub fn new(service: &Service, closed: bool) -> Model {
        let empty = |kind: &StateKind| match kind {
            StateKind::Map(..) => Variable::Map(Vec::new()),
            StateKind::List(_) => Variable::List(Vec::new()),
        };
        let names = service.states.iter().map(|state| state.name.clone());
        Model {
            variables: service.states.iter().map(|it| (it.name.clone(), empty(&it.kind))).collect(),
            open: if closed { BTreeSet::new() } else { names.collect() },
        }
    }

    /// Whether all that the server keeps is known.
    pub fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// The keys of a map, or the elements of a list; nothing for a name that is none.
    pub fn drawn_from(&self, name: &str) -> Vec<Item> {
        match self.variables.get(name) {
            Some(Variable::Map(entries)) => entries.iter().map(|(key, _)| key.clone()).collect(),
            Some(Variable::List(items)) => items.clone(),
            None => Vec::new(),
        }
    }
}
