//! Where rules put what they find.

use super::element::Spot;
use crate::diag::{Diagnostic, Place, Related, RuleInfo, Severity};
use crate::schema::Schema;

/// A list that knows both schemas, so that a rule names a [`Spot`] and never a line. Spots are looked up
/// only here: a change without findings never touches a source position.
pub(super) struct Findings<'a> {
    old: &'a Schema,
    new: &'a Schema,
    /// Who speaks; the walker sets it before it asks a rule.
    pub(super) rule: &'static RuleInfo,
    list: Vec<Diagnostic>,
}

/// Who speaks before anybody was asked.
static NOBODY: RuleInfo = RuleInfo { id: "", name: "", summary: "", explain: "", url: None };

/// A finding that was just added, to say more about it.
pub(super) struct Said<'f> {
    old: &'f Schema,
    new: &'f Schema,
    diagnostic: &'f mut Diagnostic,
}

impl<'a> Findings<'a> {
    pub(super) fn new(old: &'a Schema, new: &'a Schema) -> Findings<'a> {
        Findings { old, new, rule: &NOBODY, list: Vec::new() }
    }

    /// Adds a finding at a spot of the new schema.
    pub(super) fn add(&mut self, at: Spot, message: String) -> Said<'_> {
        let place = at.resolve(self.new);
        self.push(Diagnostic::new(self.rule, Severity::Error, message).at(place))
    }

    /// Adds a finding that is nowhere in the new schema.
    pub(super) fn add_nowhere(&mut self, message: String) -> Said<'_> {
        self.push(Diagnostic::new(self.rule, Severity::Error, message))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> Said<'_> {
        let position = self.list.len();
        self.list.push(diagnostic);
        Said { old: self.old, new: self.new, diagnostic: &mut self.list[position] }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.list
    }
}

impl Said<'_> {
    /// Points at a spot of the old schema.
    pub(super) fn was(self, spot: Spot, message: impl Into<String>) -> Self {
        let place = spot.resolve(self.old);
        self.points_at(place, message)
    }

    /// Points at another spot of the new schema.
    pub(super) fn see(self, spot: Spot, message: impl Into<String>) -> Self {
        let place = spot.resolve(self.new);
        self.points_at(place, message)
    }

    fn points_at(self, place: Place, message: impl Into<String>) -> Self {
        self.diagnostic.related.push(Related { place, message: message.into() });
        self
    }

    /// Says the way out.
    pub(super) fn help(self, help: impl Into<String>) {
        self.diagnostic.help = Some(help.into());
    }
}
