//! What a schema has ever had: the numbers and names of all releases, and which of them are retired.
//!
//! Comparing two schemas cannot see that field 2, added today, was another field three releases ago: the release
//! between them had none. A [`Ledger`] is folded over the releases, oldest first ([`Ledger::fold`]); it is plain
//! data that can be kept, and folding one more release into a kept one is the same as folding all. [`Ledger::check`]
//! says which numbers and names a schema takes that stood for something else.
//!
//! A number or name is *retired* when a release had it and a later one did not. Taking it again for what it was
//! (number, name and type) brings the old thing back and breaks nobody; this is also the only way in which a
//! reserved number or name may be used. A change of something that no release was without is no reuse: the rules
//! of [`breaking`](super::breaking) see it.
//!
//! Absent on purpose: tags, git, files. Who folds knows where releases come from and where a ledger is kept.

mod inventory;
mod life;
mod reuse;
mod rules;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use inventory::Inventory;
use life::{Life, Reserved};
pub use rules::{CATEGORY, HISTORY};

use crate::schema::Schema;

/// What holds numbers or names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holder {
    /// A message: fields by number and name. Extensions count as fields of the message that they extend.
    Message,
    /// An enum: values by number and name.
    Enum,
    /// A service: rpcs by name.
    Service,
}

impl Holder {
    /// "message".
    pub fn word(self) -> &'static str {
        match self {
            Holder::Message => "message",
            Holder::Enum => "enum",
            Holder::Service => "service",
        }
    }

    /// What it holds: "field".
    pub fn member(self) -> &'static str {
        match self {
            Holder::Message => "field",
            Holder::Enum => "value",
            Holder::Service => "rpc",
        }
    }
}

/// The numbers and names of all releases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The names of the releases, oldest first.
    releases: Vec<String>,
    /// By kind and full name.
    holders: BTreeMap<Holder, BTreeMap<String, Slots>>,
}

/// The numbers and names of one message, enum or service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Slots {
    numbers: BTreeMap<i32, Vec<Life>>,
    names: BTreeMap<String, Vec<Life>>,
    reserved: Reserved,
}

/// A number or a name that is no longer in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired<'a> {
    /// What held it.
    pub holder: Holder,
    /// The full name of that.
    pub home: &'a str,
    /// The number or the name.
    pub slot: String,
    /// What it stood for: the name of a number, the number of a name.
    pub was: String,
    /// Its type; empty for a value of an enum.
    pub shape: &'a str,
    /// The first release that had it.
    pub first: &'a str,
    /// The last release that had it.
    pub last: &'a str,
}

/// How long something has been deprecated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation<'a> {
    /// In how many releases in a row, up to the last that had it.
    pub releases: usize,
    /// The first of them.
    pub since: Option<&'a str>,
}

impl Ledger {
    /// Adds the next release.
    pub fn fold(&mut self, release: &str, schema: &Schema) {
        let now = self.releases.len();
        self.releases.push(release.to_owned());
        for (holder, home, found) in Inventory::of(schema).holders {
            let slots = self.holders.entry(holder).or_default().entry(home).or_default();
            for (number, item) in found.numbers {
                Life::live(slots.numbers.entry(number).or_default(), item, now);
            }
            for (name, item) in found.names {
                Life::live(slots.names.entry(name).or_default(), item, now);
            }
            slots.reserved.fold(found.reserved, now);
        }
    }

    /// The releases, oldest first.
    pub fn releases(&self) -> &[String] {
        &self.releases
    }

    /// Everything that an earlier release had and the last one has not, in the order of its names.
    pub fn retired(&self) -> impl Iterator<Item = Retired<'_>> {
        let homes = self.holders.iter().flat_map(|(holder, homes)| homes.iter().map(|it| (*holder, it)));
        homes.flat_map(move |(holder, (home, slots))| {
            let numbers = slots.numbers.iter().map(|(number, lives)| (number.to_string(), lives));
            // A field or value is told by its number, an rpc has only a name.
            let names = slots.names.iter().map(|(name, lives)| (name.clone(), lives));
            let all: Vec<_> = match holder {
                Holder::Service => names.collect(),
                Holder::Message | Holder::Enum => numbers.collect(),
            };
            let rows = all.into_iter().flat_map(move |(slot, lives)| {
                lives.iter().filter(|life| !self.is_open(life)).map(move |life| Retired {
                    holder,
                    home,
                    slot: slot.clone(),
                    was: life.names(),
                    shape: life.shape(),
                    first: self.name(life.first),
                    last: self.name(life.last),
                })
            });
            rows.collect::<Vec<_>>()
        })
    }

    /// In how many releases in a row the field or value of this number was deprecated when it was last seen.
    pub fn deprecation_of_number(&self, holder: Holder, home: &str, number: i32) -> Option<Deprecation<'_>> {
        let life = self.slots(holder, home)?.numbers.get(&number)?.last()?;
        Some(self.deprecation(life))
    }

    /// The same for what has only a name.
    pub fn deprecation_of_name(&self, holder: Holder, home: &str, name: &str) -> Option<Deprecation<'_>> {
        let life = self.slots(holder, home)?.names.get(name)?.last()?;
        Some(self.deprecation(life))
    }

    fn deprecation(&self, life: &Life) -> Deprecation<'_> {
        let since = (life.last + 1).checked_sub(life.deprecated).filter(|_| life.deprecated > 0);
        Deprecation { releases: life.deprecated, since: since.map(|first| self.name(first)) }
    }

    fn slots(&self, holder: Holder, home: &str) -> Option<&Slots> {
        self.holders.get(&holder)?.get(home)
    }

    /// Whether the last release has it.
    fn is_open(&self, life: &Life) -> bool {
        life.last + 1 == self.releases.len()
    }

    /// A ledger that was kept by somebody else may say anything: a release that is not there has no name.
    fn name(&self, release: usize) -> &str {
        self.releases.get(release).map_or("an unknown release", String::as_str)
    }
}
