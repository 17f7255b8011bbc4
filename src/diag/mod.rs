//! What we say and how it looks.
//!
//! A [`Diagnostic`] is a value: a rule, a severity, a message, a place. A [`Report`] is a sorted,
//! deduplicated list of them plus plain typed [`Section`]s, and it is the only thing that is ever
//! rendered. [`render::render`] turns one into text and does nothing else; [`read`] turns the JSON of a
//! contract run back, so that the shards of one can be joined.
//!
//! Absent on purpose: this room knows no descriptors, no arguments and no sockets; it never reads a
//! file, prints or exits.

mod changelog;
mod coverage;
mod evidence;
mod join;
mod place;
mod promised;
pub mod read;
pub mod render;
mod report;
mod shell;

pub use changelog::{Advice, ChangeRow, Changelog, Heading};
pub use coverage::{Coverage, Covered, Part};
pub use evidence::{Affected, Agreement, Direction, Encoding, Evidence, Peer, Reading, Witness};
pub use place::{Lines, Place, Span};
pub use promised::{Fate, RuleRow, StateRow, tally};
pub use report::{
    CallRow, CaseRow, Diagnostic, MethodRow, Phase, Related, Report, RuleInfo, Run, Section, Severity, Table,
    Verdict,
};
pub use shell::{is_shell_word, shell_word};
