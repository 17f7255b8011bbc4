//! What changed since a baseline, as the door hands it in, by the element it is said of.

use std::collections::BTreeMap;

use super::places::Places;
use super::view::{Change, Removed, Since};
use crate::diag::{Changelog, Heading};

/// The changes of elements that are still there.
pub(super) struct Changes {
    by_name: BTreeMap<String, Change>,
}

impl Changes {
    pub fn of(log: Option<&Changelog>, places: &Places) -> Changes {
        let mut by_name: BTreeMap<String, Change> = BTreeMap::new();
        for row in log.map_or(&[][..], |log| &log.changes) {
            if row.group == Heading::Documented {
                continue;
            }
            // An rpc is `package.Service/Method` there, and has its full name as its id here.
            let symbol = row.symbol.replace('/', ".");
            let is_breaking = row.group == Heading::Breaking;
            let kind = match row.kind {
                _ if is_breaking => "breaking",
                "added" if places.has(&symbol) => "new",
                _ => "changed",
            };
            // What is gone, and what has no heading of its own, is said of what it is in.
            let Some(at) = nearest(&symbol, places) else { continue };
            let change = by_name.entry(at.to_owned()).or_insert(Change { kind, notes: Vec::new() });
            if weight(kind) > weight(change.kind) {
                change.kind = kind;
            }
            if kind != "new" {
                change.notes.push(row.message.clone());
            }
        }
        Changes { by_name }
    }

    pub fn get(&self, name: &str) -> Option<Change> {
        self.by_name.get(name).cloned()
    }
}

fn weight(kind: &str) -> u8 {
    match kind {
        "breaking" => 2,
        "new" => 1,
        _ => 0,
    }
}

fn nearest<'n>(symbol: &'n str, places: &Places) -> Option<&'n str> {
    let mut at = symbol;
    while !places.has(at) {
        at = at.rsplit_once('.')?.0;
    }
    Some(at)
}

/// The head of the page.
pub(super) fn since(log: &Changelog) -> Since {
    let removed = log.changes.iter().filter(|row| row.kind == "removed");
    Since {
        baseline: log.against.clone(),
        summary: log.summary(),
        removed: removed
            .map(|row| Removed {
                element: row.element,
                full_name: row.symbol.clone(),
                breaking: row.group == Heading::Breaking,
            })
            .collect(),
    }
}
