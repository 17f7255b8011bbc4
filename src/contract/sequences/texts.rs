//! Texts that servers like to mend, and must not. Those of a family are nearly the same, so that a server which takes one
//! for another shows it when a sequence has several.

use proptest::prelude::{Rng, RngExt as _};

const FAMILIES: [&[&str]; 6] = [
    &["Ada", " Ada", "Ada ", "ADA", "ada"],
    &["caf\u{e9}", "cafe\u{301}", "CAF\u{c9}", "cafe"],
    &["e\u{301} ", " e\u{301}", "\u{e9}", "\u{c9}"],
    &["\u{1f980}", "\u{1f980}\u{1f980}", "a\u{1f980}", "\u{1f469}\u{200d}\u{1f52c}"],
    &["Ada\u{a0}Lovelace", "Ada Lovelace", "Ada  Lovelace", "Ada\tLovelace"],
    &["\u{fb01}n", "fin", "\u{ff26}in", "FIN"],
];

/// The family of one sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family(&'static [&'static str]);

impl Family {
    pub fn drawn(rng: &mut impl Rng) -> Family {
        Family(FAMILIES[rng.random_range(0..FAMILIES.len())])
    }

    pub fn text(self, rng: &mut impl Rng) -> &'static str {
        self.0[rng.random_range(0..self.0.len())]
    }
}
