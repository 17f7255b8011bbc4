//! How many values a field holds, and whether an absent one can be seen.

use std::fmt;

use prost_reflect::Cardinality;

use super::element::{Element, Field};
use super::findings::Findings;

/// The five ways buf tells apart. They come from field presence
/// (<https://protobuf.dev/programming-guides/field_presence/>) as much as from the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Multiplicity {
    /// One value; absent is not the same as the default.
    Explicit,
    /// One value; absent is the default.
    Implicit,
    Required,
    Repeated,
    Map,
}

impl Multiplicity {
    pub(super) fn of(field: &Field) -> Multiplicity {
        match field.cardinality() {
            Cardinality::Required => Multiplicity::Required,
            Cardinality::Repeated if field.is_map() => Multiplicity::Map,
            Cardinality::Repeated => Multiplicity::Repeated,
            Cardinality::Optional if field.supports_presence() => Multiplicity::Explicit,
            Cardinality::Optional => Multiplicity::Implicit,
        }
    }
}

impl fmt::Display for Multiplicity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Multiplicity::Explicit => "optional with explicit presence",
            Multiplicity::Implicit => "optional with implicit presence",
            Multiplicity::Required => "required",
            Multiplicity::Repeated => "repeated",
            Multiplicity::Map => "map",
        })
    }
}

/// Says that a field left its group of cardinalities.
pub(super) fn changed_cardinality<G: PartialEq>(
    old: &Field,
    new: &Field,
    group: fn(Multiplicity) -> G,
    findings: &mut Findings,
) {
    // The fields of a map entry are nobody's to declare.
    if old.is_in_map_entry() && new.is_in_map_entry() {
        return;
    }
    let (was, is) = (Multiplicity::of(old), Multiplicity::of(new));
    if group(was) != group(is) {
        findings
            .add(new.whole(), format!("{} changed cardinality from {was} to {is}", new.title()))
            .was(old.whole(), format!("it was {was} here"))
            .help("add a new field beside it and deprecate this one");
    }
}
