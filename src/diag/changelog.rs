//! What changed from one schema to another, as release notes have it.

use super::{Place, RuleInfo};

/// All changes, and what they mean for the next version.
#[derive(Debug, Clone, PartialEq)]
pub struct Changelog {
    /// What was compared with, as the user wrote it.
    pub against: String,
    /// Which part of a version goes up.
    pub advice: Advice,
    /// In the order of their groups, and inside a group of their symbols.
    pub changes: Vec<ChangeRow>,
}

/// Which part of a version (semver.org) goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// None: nothing changed.
    None,
    /// Only words changed.
    Patch,
    /// Something is there that was not, or is other than it was, and nobody breaks.
    Minor,
    /// Somebody breaks.
    Major,
}

impl Advice {
    /// Every one, from the lightest.
    pub const ALL: [Advice; 4] = [Advice::None, Advice::Patch, Advice::Minor, Advice::Major];

    /// "minor".
    pub fn word(self) -> &'static str {
        match self {
            Advice::None => "none",
            Advice::Patch => "patch",
            Advice::Minor => "minor",
            Advice::Major => "major",
        }
    }
}

/// Under which heading a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heading {
    /// A rule speaks of it.
    Breaking,
    /// It goes away one day.
    Deprecated,
    /// It is new.
    Added,
    /// It is other than it was.
    Changed,
    /// It is gone, and no rule minds.
    Removed,
    /// Its comment is another.
    Documented,
}

impl Heading {
    /// Every one, in their order.
    pub const ALL: [Heading; 6] = [
        Heading::Breaking,
        Heading::Deprecated,
        Heading::Added,
        Heading::Changed,
        Heading::Removed,
        Heading::Documented,
    ];

    /// "breaking".
    pub fn word(self) -> &'static str {
        match self {
            Heading::Breaking => "breaking",
            Heading::Deprecated => "deprecated",
            Heading::Added => "added",
            Heading::Changed => "changed",
            Heading::Removed => "removed",
            Heading::Documented => "documented",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// Its heading.
    pub group: Heading,
    /// "added", "removed", "renamed", "moved", "changed", "deprecated", "documented".
    pub kind: &'static str,
    /// "field".
    pub element: &'static str,
    /// The full name, as the new schema has it; of what is gone, as the old one had it.
    pub symbol: String,
    /// The full name that the old schema had, if it had it.
    pub old_symbol: Option<String>,
    /// What of it changed, where it is still there: "type".
    pub what: Option<String>,
    /// What that was.
    pub from: Option<String>,
    /// What that is.
    pub to: Option<String>,
    /// All of it as one sentence, with names between backticks.
    pub message: String,
    /// The rules that say it breaks.
    pub rules: Vec<&'static RuleInfo>,
    /// Where it stands now; of what is gone, where it stood.
    pub place: Option<Place>,
}

impl Changelog {
    /// The changes under one heading.
    pub fn of(&self, group: Heading) -> impl Iterator<Item = &ChangeRow> {
        self.changes.iter().filter(move |row| row.group == group)
    }

    /// "major: 2 breaking, 3 added".
    pub fn summary(&self) -> String {
        let count = |group: Heading| self.of(group).count();
        let parts: Vec<String> = Heading::ALL
            .iter()
            .filter(|group| count(**group) > 0)
            .map(|group| format!("{} {}", count(*group), group.word()))
            .collect();
        match parts.is_empty() {
            true => format!("no changes since {}", self.against),
            false => format!("{}: {} since {}", self.advice.word(), parts.join(", "), self.against),
        }
    }
}

impl ChangeRow {
    /// The sentence, and the rules behind it.
    pub fn sentence(&self) -> String {
        let rules: Vec<&str> = self.rules.iter().map(|rule| rule.id).collect();
        if rules.is_empty() {
            self.message.clone()
        } else {
            format!("{} ({})", self.message, rules.join(", "))
        }
    }
}
