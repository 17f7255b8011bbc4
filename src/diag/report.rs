//! The values: rules, diagnostics, reports.

use super::{Changelog, Coverage, Evidence, Place, RuleRow, StateRow};

/// A rule, check or kind of failure: what `explain ID` prints. Always a static, so that a finding points
/// at its rule for nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Stable, `UPPER_SNAKE` for schema rules (buf's name where buf has the rule), `PG…` codes for checks.
    pub id: &'static str,
    /// A short name where the id is a code (`not_a_server_error`); the id itself elsewhere.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it means, why it matters, what to do. Markdown.
    pub explain: &'static str,
    /// Where the rule comes from, if it is taken from a specification.
    pub url: Option<&'static str>,
}

/// How much a diagnostic weighs. Ordered from light to heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something worth knowing; never changes the exit code.
    Note,
    /// Something to look at; never changes the exit code.
    Warning,
    /// A finding: exit code 1.
    Error,
    /// We could not do our job on this input: exit code 2.
    Failure,
}

impl Severity {
    /// The word that stands before the message.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error | Severity::Failure => "error",
        }
    }
}

/// A second place that belongs to a diagnostic, and what is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Related {
    /// The place.
    pub place: Place,
    /// What is there, as a phrase: "it was field 2 here".
    pub message: String,
}

/// One thing we say.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Which rule speaks.
    pub rule: &'static RuleInfo,
    /// How heavy it is.
    pub severity: Severity,
    /// One sentence, without place or rule.
    pub message: String,
    /// Where, if it is anywhere.
    pub place: Option<Place>,
    /// Other places: the old declaration, the first definition.
    pub related: Vec<Related>,
    /// The way out, as an imperative.
    pub help: Option<String>,
    /// The full name of what it is about, as the old schema has it: `user.v1.UserResponse.name`.
    pub symbol: Option<String>,
    /// What shows that it is true.
    pub evidence: Option<Box<Evidence>>,
    /// What it was found against, where there were several.
    pub against: Vec<String>,
    /// Its name, which stays the same while lines and files move.
    pub fingerprint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with no place yet.
    pub fn new(rule: &'static RuleInfo, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            rule,
            severity,
            message: message.into(),
            place: None,
            related: Vec::new(),
            help: None,
            symbol: None,
            evidence: None,
            against: Vec::new(),
            fingerprint: None,
        }
    }

    /// A failure: we could not do our job.
    pub fn failure(rule: &'static RuleInfo, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(rule, Severity::Failure, message)
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Diagnostic {
        self.place = place.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Points at a second place.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Diagnostic {
        self.related.push(Related { place, message: message.into() });
        self
    }

    fn key(&self) -> (&Option<Place>, &str, &str) {
        (&self.place, self.rule.id, &self.message)
    }
}

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing found: exit code 0.
    Clean,
    /// Findings: exit code 1.
    Findings,
    /// Could not do the job: exit code 2.
    Failed,
}

impl Verdict {
    /// 0, 1 or 2.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Clean => 0,
            Verdict::Findings => 1,
            Verdict::Failed => 2,
        }
    }
}

/// A table for people: column heads and rows of the same width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What stands above it.
    pub title: String,
    /// Column heads.
    pub columns: Vec<String>,
    /// Rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// What one method was asked and answered in a contract run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodRow {
    /// `package.Service/Method`.
    pub name: String,
    /// Calls made.
    pub calls: u64,
    /// How the calls with valid input ended: a status code's name or the way the call broke, and how often.
    pub statuses: Vec<(String, u64)>,
    /// The same for malformed input, where INTERNAL is a right answer.
    pub malformed: Vec<(String, u64)>,
    /// Why it was not called, if it was not.
    pub skipped: Option<String>,
    /// What of its schema was used, if it was called.
    pub coverage: Option<Coverage>,
    /// The statuses that its contract names; empty where it names none.
    pub expected: Vec<String>,
}

impl MethodRow {
    /// `12/14` of the request and of the response, or dashes.
    pub fn ratios(&self) -> [String; 2] {
        match &self.coverage {
            Some(coverage) => [coverage.request.ratio(), coverage.response.ratio()],
            None => ["-".to_owned(), "-".to_owned()],
        }
    }

    /// The statuses that its contract names and no call was answered with.
    pub fn unseen(&self) -> Vec<&str> {
        let seen = |code: &&str| self.statuses.iter().any(|(answer, _)| answer == code);
        let named = self.expected.iter().map(String::as_str).filter(|_| self.skipped.is_none());
        named.filter(|code| !seen(code)).collect()
    }
}

/// One call that was made before a server died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// What `replay` takes.
    pub id: String,
    /// `package.Service/Method`.
    pub method: String,
    /// What was special about what it sent.
    pub input: String,
    /// How it ended.
    pub status: String,
    /// The command that runs it again.
    pub replay: String,
}

/// One failing case of a contract run, shrunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// What `replay` takes.
    pub id: String,
    /// The check's name.
    pub check: &'static RuleInfo,
    /// `package.Service/Method`.
    pub method: String,
    /// What makes two failures of a check on a method different, such as a status name.
    pub cause: String,
    /// What went wrong, one sentence.
    pub message: String,
    /// Whether the client streams: its request is a list, also of one message.
    pub client_streaming: bool,
    /// The request messages as ProtoJSON; `None` for bytes that are no message.
    pub request_json: Option<Vec<serde_json::Value>>,
    /// The request messages as lowercase hex.
    pub request_hex: Vec<String>,
    /// The name of the status code that came back, or how the call ended without one.
    pub status: String,
    /// The command that runs it again.
    pub replay: String,
    /// The same request as a line for grpcurl, where grpcurl can say it.
    pub grpcurl: Option<String>,
    /// Where the method stands in the schema.
    pub place: Option<Place>,
    /// The first replies as ProtoJSON, without the values of the user's headers.
    pub response_json: Vec<serde_json::Value>,
    /// More lines: the status message, confirmations, what the input was.
    pub details: Vec<(String, String)>,
    /// When the server died: the calls before this one, the last one first.
    pub before: Vec<CallRow>,
}

/// A contract run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The seed that draws the same cases again.
    pub seed: u64,
    /// The command line that runs the same again, without secrets; empty if nobody said it.
    pub again: String,
    /// Which part of the cases, counted from 1, of how many; nothing for all of them.
    pub shard: Option<(u64, u64)>,
    /// The address that was called.
    pub target: String,
    /// Cases drawn.
    pub cases: u64,
    /// Calls made, shrinking and liveness included.
    pub calls: u64,
    /// Wall time, in milliseconds.
    pub elapsed_ms: u64,
    /// One row per method of the plan.
    pub methods: Vec<MethodRow>,
    /// The failing cases.
    pub failures: Vec<CaseRow>,
    /// The promises of the schema and of side files, in the order of their methods.
    pub rules: Vec<RuleRow>,
    /// The variables of the models.
    pub states: Vec<StateRow>,
}

/// One step of the gate and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// The step's name.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// One line.
    pub summary: String,
    /// Wall time, in milliseconds.
    pub elapsed_ms: u64,
}

/// A part of a report that is not a diagnostic.
#[derive(Debug, Clone, PartialEq)]
pub enum Section {
    /// One line of prose.
    Line(String),
    /// A table.
    Table(Table),
    /// A unified diff.
    Diff(String),
    /// A contract run.
    Run(Run),
    /// The steps of a gate.
    Phases(Vec<Phase>),
    /// Every change between two schemas.
    Changelog(Changelog),
}

/// Diagnostics plus sections. Sorted by place and deduplicated from birth.
#[derive(Debug, Clone, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    sections: Vec<Section>,
}

impl Report {
    /// Sorts by file, line, column, rule and message, and drops what says the same twice.
    pub fn new(mut diagnostics: Vec<Diagnostic>) -> Report {
        diagnostics.sort_by(|a, b| a.key().cmp(&b.key()));
        diagnostics.dedup_by(|a, b| a.key() == b.key());
        Report { diagnostics, sections: Vec::new() }
    }

    /// Adds a section.
    #[must_use]
    pub fn with(mut self, section: Section) -> Report {
        self.sections.push(section);
        self
    }

    /// Both reports in one.
    #[must_use]
    pub fn merge(self, other: Report) -> Report {
        let mut sections = self.sections;
        sections.extend(other.sections);
        let mut diagnostics = self.diagnostics;
        diagnostics.extend(other.diagnostics);
        Report { sections, ..Report::new(diagnostics) }
    }

    /// The diagnostics, sorted.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The contract runs among the sections.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.sections.iter().filter_map(|section| match section {
            Section::Run(run) => Some(run),
            _ => None,
        })
    }

    /// The same, to add what only the caller knows.
    pub fn runs_mut(&mut self) -> impl Iterator<Item = &mut Run> {
        self.sections.iter_mut().filter_map(|section| match section {
            Section::Run(run) => Some(run),
            _ => None,
        })
    }

    /// The sections, in the order they were added.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The heaviest thing said.
    pub fn verdict(&self) -> Verdict {
        let said = self.diagnostics.iter().map(|d| match d.severity {
            Severity::Note | Severity::Warning => Verdict::Clean,
            Severity::Error => Verdict::Findings,
            Severity::Failure => Verdict::Failed,
        });
        let ran = self.sections.iter().map(|section| match section {
            Section::Run(run) if !run.failures.is_empty() => Verdict::Findings,
            Section::Phases(phases) => phases.iter().map(|p| p.verdict).max().unwrap_or(Verdict::Clean),
            _ => Verdict::Clean,
        });
        said.chain(ran).max().unwrap_or(Verdict::Clean)
    }
}
