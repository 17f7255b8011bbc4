//! What the promises of a service know of a running server.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, OnceLock},
};

use cel::common::value::Val;

use super::{Service, StateKind, guess::is_unseen, value};

/// A value of the model: a protobuf value, such as a message or a string.
pub type Item = prost_reflect::Value;

/// The variables of one service, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    variables: BTreeMap<String, Variable>,
    /// Of these a part is known.
    open: BTreeSet<String>,
    seen: Seen,
}

/// What is in one variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Variable {
    /// Entries in the order in which they were put.
    Map(Vec<(Item, Item)>),
    /// Elements in order.
    List(Vec<Item>),
}

/// The variables as CEL sees them, made when an expression first asks. Clones share it until they change.
#[derive(Clone, Default)]
struct Seen(Arc<OnceLock<value::Boxed>>);

/// It follows from the variables.
impl PartialEq for Seen {
    fn eq(&self, _: &Seen) -> bool {
        true
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen")
    }
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
            seen: Seen::default(),
        }
    }

    /// Whether all that the server keeps is known.
    pub fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// The same for whoever keeps the things itself, and so knows that there are no others.
    #[must_use]
    pub fn closed(self) -> Model {
        Model { open: BTreeSet::new(), ..self }
    }

    /// The keys of a map, or the elements of a list, as far as somebody has seen them; nothing for a name that is none.
    pub fn drawn_from(&self, name: &str) -> Vec<Item> {
        let mut all: Vec<Item> = match self.variables.get(name) {
            Some(Variable::Map(entries)) => entries.iter().map(|(key, _)| key.clone()).collect(),
            Some(Variable::List(items)) => items.clone(),
            None => Vec::new(),
        };
        // Nobody can ask for what only the server knows.
        all.retain(|item| !is_unseen(item));
        all
    }

    /// How many entries or elements are in it; none for a name that is none.
    pub fn size(&self, name: &str) -> usize {
        match self.variables.get(name) {
            Some(Variable::Map(entries)) => entries.len(),
            Some(Variable::List(items)) => items.len(),
            None => 0,
        }
    }

    /// What is in the variable of this name.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// As CEL sees it: a map with one key for each variable.
    pub(super) fn seen(&self) -> &(dyn Val + 'static) {
        let seen = |variable: &Variable| match variable {
            Variable::Map(entries) => {
                // What cannot be a key never becomes one: `put` refuses it.
                let entries =
                    entries.iter().filter_map(|(key, it)| Some((value::as_key(key)?, value::of(it))));
                value::map(entries)
            }
            Variable::List(items) => value::list(items.iter().map(value::of)),
        };
        let all = || value::map(self.variables.iter().map(|(name, it)| (name.clone().into(), seen(it))));
        &**self.seen.0.get_or_init(all)
    }

    /// Sets one entry, in its place if it is there.
    pub(super) fn put(&mut self, name: &str, key: Item, item: Item) -> Result<(), String> {
        if value::as_key(&key).is_none() {
            return Err(format!(
                "the keys of `{name}` cannot be keys: they are numbers, booleans or strings"
            ));
        }
        let entries = self.entries(name)?;
        match entries.iter_mut().find(|(it, _)| *it == key) {
            Some((_, old)) => *old = item,
            None => entries.push((key, item)),
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, name: &str, key: &Item) -> Result<(), String> {
        self.entries(name)?.retain(|(it, _)| it != key);
        Ok(())
    }

    pub(super) fn append(&mut self, name: &str, item: Item) -> Result<(), String> {
        self.items(name)?.push(item);
        Ok(())
    }

    /// Takes out every equal element.
    pub(super) fn remove(&mut self, name: &str, item: &Item) -> Result<(), String> {
        self.items(name)?.retain(|it| it != item);
        Ok(())
    }

    /// Whether a part of it was unknown stays as it was.
    pub(super) fn clear(&mut self, name: &str) -> Result<(), String> {
        match self.changed(name)? {
            Variable::Map(entries) => entries.clear(),
            Variable::List(items) => items.clear(),
        }
        Ok(())
    }

    pub(super) fn open(&mut self, name: &str) -> Result<(), String> {
        self.changed(name)?;
        self.open.insert(name.to_owned());
        Ok(())
    }

    fn changed(&mut self, name: &str) -> Result<&mut Variable, String> {
        self.seen = Seen::default();
        self.variables.get_mut(name).ok_or_else(|| format!("there is no variable `{name}`"))
    }

    fn entries(&mut self, name: &str) -> Result<&mut Vec<(Item, Item)>, String> {
        match self.changed(name)? {
            Variable::Map(entries) => Ok(entries),
            Variable::List(_) => Err(format!("`{name}` is a list, not a map")),
        }
    }

    fn items(&mut self, name: &str) -> Result<&mut Vec<Item>, String> {
        match self.changed(name)? {
            Variable::List(items) => Ok(items),
            Variable::Map(_) => Err(format!("`{name}` is a map, not a list")),
        }
    }
}
