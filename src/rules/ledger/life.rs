//! How long a number or name stood for the same thing, and what was reserved when.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What a number or name stood for, from one release to another without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Life {
    /// As the last of these releases had it.
    pub item: Item,
    /// The first release, by its position.
    pub first: usize,
    /// The last one.
    pub last: usize,
    /// In how many releases in a row, up to the last one, it was deprecated.
    pub deprecated: usize,
}

/// What a number or name stands for in one schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    /// The names of a number (several with `allow_alias`), or the numbers of a name. None for an rpc.
    pub is: BTreeSet<String>,
    /// The type as it is written; empty where there is none.
    pub shape: String,
    pub deprecated: bool,
    /// The file it is declared in, by the name that imports use.
    pub file: String,
}

impl Item {
    /// Whether both mean the same: a common name, and the same type.
    pub(super) fn is_as(&self, other: &Item) -> bool {
        let shares_a_name = self.is.is_empty() && other.is.is_empty() || !self.is.is_disjoint(&other.is);
        shares_a_name && self.shape == other.shape
    }
}

impl Life {
    /// Takes note that the slot is in use in release `now`.
    pub(super) fn live(lives: &mut Vec<Life>, item: Item, now: usize) {
        match lives.last_mut() {
            Some(life) if life.last + 1 == now || life.last == now => {
                life.deprecated = if item.deprecated { life.deprecated + 1 } else { 0 };
                life.last = now;
                life.item = item;
            }
            _ => {
                let deprecated = usize::from(item.deprecated);
                lives.push(Life { item, first: now, last: now, deprecated });
            }
        }
    }

    /// "`a`, `b`", as they were called last.
    pub(super) fn names(&self) -> String {
        let quoted: Vec<String> = self.item.is.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    }

    /// The type as it was written last; empty where there is none.
    pub(super) fn shape(&self) -> &str {
        &self.item.shape
    }

    /// The file it was declared in.
    pub(super) fn file(&self) -> &str {
        &self.item.file
    }
}

/// What statements reserved, each with the last release that had it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Reserved {
    /// First number, last number, last release.
    pub numbers: Vec<(i32, i32, usize)>,
    pub names: BTreeMap<String, usize>,
}

/// What one schema reserves.
#[derive(Debug, Clone, Default)]
pub(super) struct ReservedNow {
    pub numbers: Vec<(i32, i32)>,
    pub names: Vec<String>,
}

impl Reserved {
    pub(super) fn fold(&mut self, found: ReservedNow, now: usize) {
        for (start, end) in found.numbers {
            match self.numbers.iter_mut().find(|it| (it.0, it.1) == (start, end)) {
                Some(known) => known.2 = now,
                None => self.numbers.push((start, end, now)),
            }
        }
        self.names.extend(found.names.into_iter().map(|name| (name, now)));
    }

    /// The last release that reserved a number.
    pub(super) fn number(&self, number: i32) -> Option<usize> {
        let covering = self.numbers.iter().filter(|(start, end, _)| (*start..=*end).contains(&number));
        covering.map(|it| it.2).max()
    }
}
