//! Who meets a change: the rpcs whose messages hold what changed, and which peers break.
//!
//! [`Uses`] turns a schema round: for each type the fields that hold it, and for each message the rpcs it is a
//! request or an answer of. Walking that from a changed element up to the rpcs gives the shortest ways down
//! (`UserResponse.address.zip`), and with them the direction a message travels in. [`attach`] adds both to
//! findings of any rule.
//!
//! What no rpc reaches may be kept somewhere, or sent in a way that the schema does not show; unless somebody
//! says which messages are stored, every such message counts as one that may be.
//!
//! Absent on purpose: nothing is encoded or decoded here. What the bytes say comes in with a finding, as the
//! readings of its witness.

mod target;
#[cfg(test)]
mod tests;
mod uses;
mod verdict;

use std::collections::{BTreeSet, HashMap};

pub use uses::{Flow, Side, Uses, Way};

use crate::diag::{Affected, Diagnostic, Severity};
use crate::schema::Schema;
use target::Target;

/// The most ways that one finding carries.
const MOST: usize = 100;

/// Says of each finding which rpcs it reaches, and who breaks where its witness tells. What a rule has said
/// itself stays. `stored` are the messages of which bytes are kept; `None` where nobody said.
pub fn attach(old: &Schema, new: &Schema, stored: Option<&[String]>, said: &mut [Diagnostic]) {
    let mut reach = Reach { old, new, stored, of_old: None, of_new: None, known: HashMap::new() };
    for diagnostic in said.iter_mut().filter(|it| it.severity == Severity::Error) {
        let Some(symbol) = diagnostic.symbol.clone() else { continue };
        let Some(reached) = reach.of(&symbol) else { continue };
        if reached.ways.is_empty() && diagnostic.evidence.is_none() {
            continue;
        }
        let evidence = diagnostic.evidence.get_or_insert_default();
        evidence.affected = reached.ways.clone();
        evidence.affected_more = reached.more;
        if evidence.breaks.is_empty()
            && let Some(Ok(witness)) = &evidence.witness
        {
            evidence.breaks = verdict::breaks(&witness.readings, reached.flow);
            evidence.deploy = verdict::order(&evidence.breaks).map(str::to_owned);
        }
    }
}

/// What is known so far: most findings of a change are about few elements.
struct Reach<'a> {
    old: &'a Schema,
    new: &'a Schema,
    stored: Option<&'a [String]>,
    of_old: Option<Uses>,
    of_new: Option<Uses>,
    known: HashMap<String, Option<Reached>>,
}

/// What reaches one element.
struct Reached {
    ways: Vec<Affected>,
    /// How many ways there are beyond those.
    more: usize,
    flow: Flow,
}

impl Reach<'_> {
    /// Who calls the old schema meets the change; what is only in the new one is looked for there.
    fn of(&mut self, symbol: &str) -> Option<&Reached> {
        if !self.known.contains_key(symbol) {
            let found = match Target::of(self.old, symbol) {
                Some(target) => {
                    let uses = self.of_old.get_or_insert_with(|| Uses::of(self.old));
                    Some((target, &*uses))
                }
                None => Target::of(self.new, symbol).map(|target| {
                    let uses = self.of_new.get_or_insert_with(|| Uses::of(self.new));
                    (target, &*uses)
                }),
            };
            let found = found.map(|(target, uses)| {
                let (mut ways, more) = target.affected(uses, MOST);
                // A message that is both the request and the answer of an rpc is met twice by the same way.
                let mut met = BTreeSet::new();
                ways.retain(|it| met.insert(it.clone()));
                Reached { ways, more, flow: target.flow(uses, self.stored) }
            });
            self.known.insert(symbol.to_owned(), found);
        }
        self.known.get(symbol)?.as_ref()
    }
}
