//! Where rules put what they find.

use std::ops::Deref;
use std::sync::OnceLock;

use prost_reflect::FileDescriptor;

use super::element::Spot;
use super::evidence;
use super::selection::Selection;
use crate::diag::{Diagnostic, Evidence, Peer, Place, Related, RuleInfo, Severity, Witness};
use crate::rules::reach::{Flow, Uses};
use crate::rules::witness::World;
use crate::schema::Schema;

/// A list that knows both schemas, so that a rule names a [`Spot`] and never a line. Spots are looked up
/// only here: a change without findings never touches a source position.
pub(super) struct Findings<'a> {
    old: &'a Schema,
    new: &'a Schema,
    selection: &'a Selection,
    /// What uses what in the old schema; made when a rule first asks.
    uses: &'a OnceLock<Uses>,
    /// Who speaks; the walker sets it before it asks a rule.
    pub(super) rule: &'static RuleInfo,
    list: Vec<Found>,
}

/// A finding and the files it is in: the place alone does not tell the package, and a place may be nowhere.
struct Found {
    diagnostic: Diagnostic,
    new: Option<FileDescriptor>,
    old: Option<FileDescriptor>,
}

/// Who speaks before anybody was asked.
static NOBODY: RuleInfo = RuleInfo { id: "", name: "", summary: "", explain: "", url: None };

/// A finding that was just added, to say more about it.
pub(super) struct Said<'f> {
    old: &'f Schema,
    new: &'f Schema,
    found: &'f mut Found,
}

impl<'a> Findings<'a> {
    pub(super) fn new(
        old: &'a Schema,
        new: &'a Schema,
        selection: &'a Selection,
        uses: &'a OnceLock<Uses>,
    ) -> Findings<'a> {
        Findings { old, new, selection, uses, rule: &NOBODY, list: Vec::new() }
    }

    /// What uses what in the old schema: its callers are there when the new one comes.
    pub(super) fn uses(&self) -> &'a Uses {
        self.uses.get_or_init(|| Uses::of(self.old))
    }

    /// Where messages with this type in them go.
    pub(super) fn flow(&self, name: &str) -> Flow {
        self.uses().flow(name, self.selection.stored())
    }

    /// Whether a deletion that was announced is a finding.
    pub(super) fn tells_of_every_deletion(&self) -> bool {
        self.selection.tells_of_every_deletion()
    }

    /// The custom options that somebody relies on.
    pub(super) fn options(&self) -> &'a [String] {
        self.selection.options()
    }

    /// The schemas that are compared, the old one first.
    pub(super) fn schemas(&self) -> (&'a Schema, &'a Schema) {
        (self.old, self.new)
    }

    /// Adds a finding at a spot of the new schema.
    pub(super) fn add(&mut self, at: Spot, message: String) -> Said<'_> {
        let place = at.resolve(self.new);
        let symbol = at.symbol();
        self.push(Some(at.into_file()), Some(place), symbol, message)
    }

    /// Adds a finding about a file that is gone: it is shown where the file would be now, and nowhere as
    /// buf has it.
    pub(super) fn add_gone(&mut self, file: &FileDescriptor, message: String) -> Said<'_> {
        let place =
            (!self.selection.is_exactly_as_buf()).then(|| Place::file(would_be(file.name(), self.new)));
        self.push(None, place, None, message)
    }

    fn push(
        &mut self,
        new: Option<FileDescriptor>,
        place: Option<Place>,
        symbol: Option<String>,
        message: String,
    ) -> Said<'_> {
        let position = self.list.len();
        let diagnostic =
            Diagnostic { symbol, ..Diagnostic::new(self.rule, Severity::Error, message).at(place) };
        self.list.push(Found { diagnostic, new, old: None });
        Said { old: self.old, new: self.new, found: &mut self.list[position] }
    }

    /// What is not ignored, each with what shows it where that is asked for.
    pub(super) fn into_diagnostics(self, world: &impl Deref<Target = World>) -> Vec<Diagnostic> {
        let ignores = self.selection.ignores();
        let is_dropped = |it: &Found| ignores.drop(it.diagnostic.rule.id, it.new.as_ref(), it.old.as_ref());
        let left = self.list.into_iter().filter(|it| !is_dropped(it)).map(|it| it.diagnostic);
        if !self.selection.shows_evidence() {
            return left.collect();
        }
        let show = |mut it: Diagnostic| {
            if it.evidence.as_ref().is_none_or(|evidence| evidence.witness.is_none()) {
                let shown = evidence::of(&it, self.old, self.new, world);
                it.evidence.get_or_insert_default().witness = shown.witness;
            }
            it
        };
        left.map(show).collect()
    }
}

/// What the user would know a file by, if the schema had it: as its neighbours are shown.
fn would_be(name: &str, schema: &Schema) -> String {
    let prefix = schema.own_files().find_map(|file| file.shown().strip_suffix(file.name()));
    format!("{}{name}", prefix.unwrap_or(""))
}

impl Said<'_> {
    /// Points at a spot of the old schema. The first one is where the finding was.
    pub(super) fn was(self, spot: Spot, message: impl Into<String>) -> Self {
        let place = spot.resolve(self.old);
        if self.found.old.is_none() {
            self.found.diagnostic.symbol = spot.symbol().or(self.found.diagnostic.symbol.take());
            self.found.old = Some(spot.into_file());
        }
        self.points_at(place, message)
    }

    /// Points at another spot of the new schema.
    pub(super) fn see(self, spot: Spot, message: impl Into<String>) -> Self {
        let place = spot.resolve(self.new);
        self.points_at(place, message)
    }

    /// Says who breaks, and in which order to deploy so that nobody does.
    pub(super) fn breaks(self, who: &[Peer], deploy: Option<&str>) -> Self {
        let evidence = self.found.diagnostic.evidence.get_or_insert_default();
        evidence.breaks = who.to_vec();
        evidence.deploy = deploy.map(str::to_owned);
        self
    }

    /// Shows a value that proves it, or says why none can.
    pub(super) fn witness(self, witness: Result<Witness, String>) -> Self {
        self.found.diagnostic.evidence.get_or_insert_default().witness = Some(witness);
        self
    }

    fn points_at(self, place: Place, message: impl Into<String>) -> Self {
        self.found.diagnostic.related.push(Related { place, message: message.into() });
        self
    }

    /// Adds what shows it.
    pub(super) fn shown_by(self, evidence: Evidence) -> Self {
        self.found.diagnostic.evidence = Some(Box::new(evidence));
        self
    }

    /// Says the way out.
    pub(super) fn help(self, help: impl Into<String>) {
        self.found.diagnostic.help = Some(help.into());
    }
}
