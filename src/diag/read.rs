//! A contract run read back from the JSON that [`render`](super::render) made of it. Strict about what it is and
//! what has to be there; keys that are not known are a newer protogate's, and are passed over.
//!
//! Text in, report out: which file it was, the caller knows.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::render::json::{KIND, VERSION, verdict};
use super::{
    CallRow, CaseRow, Coverage, Covered, Diagnostic, MethodRow, Part, Place, Related, Report, RuleInfo,
    RuleRow, Run, Section, Severity, Span, StateRow,
};

/// Why a text is no report of a contract run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// One phrase: "it has no `seed`".
    pub message: String,
    /// Line and column, where the text breaks off or a value is of the wrong kind.
    pub at: Option<(u32, u32)>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

fn wrong(message: impl Into<String>) -> ReadError {
    ReadError { message: message.into(), at: None }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> ReadError {
        let said = error.to_string();
        let message = said.rsplit_once(" at line ").map_or(&*said, |(message, _)| message);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
        ReadError { message: message.to_owned(), at: Some((count(error.line()), count(error.column()))) }
    }
}

/// Finds a rule or check by its id or name.
pub type Rules<'a> = &'a dyn Fn(&str) -> Option<&'static RuleInfo>;

/// The report of a contract run.
///
/// # Errors
/// What is missing or wrong, and where.
pub fn contract_run(text: &str, rules: Rules<'_>) -> Result<Report, ReadError> {
    check_kind(text)?;
    let document: Document = serde_json::from_str(text)?;
    let diagnostics = document.diagnostics.into_iter().map(|it| it.read(rules)).collect::<Result<_, _>>()?;
    let failures: Vec<CaseRow> =
        document.failures.into_iter().map(|it| it.read(rules)).collect::<Result<_, _>>()?;
    if failures.len() as u64 != document.summary.failures {
        let counted = document.summary.failures;
        return Err(wrong(format!("its summary counts {counted} failures, and it has {}", failures.len())));
    }
    let run = Run {
        seed: document.seed,
        shard: document.shard.as_deref().map(shard).transpose()?,
        target: document.target,
        again: document.again,
        cases: document.summary.cases,
        calls: document.summary.calls,
        elapsed_ms: document.summary.elapsed_ms,
        methods: document.methods.into_iter().map(Method::read).collect::<Result<_, _>>()?,
        failures,
        rules: document.rules.into_iter().map(Rule::read).collect(),
        states: document.states.into_iter().map(State::read).collect(),
    };
    let report = Report::new(diagnostics).with(Section::Run(run));
    let follows = verdict(report.verdict());
    if follows != document.verdict {
        let said = document.verdict;
        return Err(wrong(format!("its verdict is {said:?}, and what it says comes to {follows:?}")));
    }
    Ok(report)
}

/// What it calls itself comes first: of another kind of document everything would be missing.
fn check_kind(text: &str) -> Result<(), ReadError> {
    let whole: Value = serde_json::from_str(text)?;
    let Some(object) = whole.as_object() else { return Err(wrong("it is no JSON object")) };
    match object.get("kind").and_then(Value::as_str) {
        Some(KIND) => {}
        Some(kind) => return Err(wrong(format!("its kind is {kind:?}, not {KIND:?}"))),
        None if object.contains_key("phases") => return Err(wrong("it is the report of a gate")),
        None => return Err(wrong("it has no `kind`")),
    }
    match object.get("version").and_then(Value::as_u64) {
        Some(VERSION) => Ok(()),
        Some(version) => {
            Err(wrong(format!("it is of version {version}, and {VERSION} is the one known here")))
        }
        None => Err(wrong("it has no `version`")),
    }
}

#[derive(Deserialize)]
struct Document {
    seed: u64,
    #[serde(deserialize_with = "there")]
    shard: Option<String>,
    target: String,
    again: String,
    summary: Summary,
    methods: Vec<Method>,
    failures: Vec<Failure>,
    // Of an older protogate's report they are missing.
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    states: Vec<State>,
    verdict: String,
    diagnostics: Vec<Said>,
}

#[derive(Deserialize)]
struct Summary {
    cases: u64,
    calls: u64,
    failures: u64,
    elapsed_ms: u64,
}

#[derive(Deserialize)]
struct Method {
    name: String,
    calls: u64,
    statuses: Map<String, Value>,
    malformed: Map<String, Value>,
    skipped: Option<String>,
    coverage: Option<Sides>,
    #[serde(default)]
    expected: Vec<String>,
}

#[derive(Deserialize)]
struct Rule {
    of: String,
    id: String,
    text: String,
    place: Option<Position>,
    kept: u64,
    broken: u64,
    vacuous: u64,
    unclear: u64,
    not_asked: Option<String>,
}

impl Rule {
    fn read(self) -> RuleRow {
        let Rule { of, id, text, place, kept, broken, vacuous, unclear, not_asked } = self;
        RuleRow { of, id, text, place: place.map(Position::read), kept, broken, vacuous, unclear, not_asked }
    }
}

#[derive(Deserialize)]
struct State {
    service: String,
    name: String,
    most: u64,
}

impl State {
    fn read(self) -> StateRow {
        let State { service, name, most } = self;
        StateRow { service, name, most }
    }
}

#[derive(Deserialize)]
struct Sides {
    request: Reached,
    response: Reached,
}

#[derive(Deserialize)]
struct Reached {
    fields: OfKind,
    enum_values: OfKind,
    oneof_arms: OfKind,
    #[serde(default)]
    cut: bool,
}

#[derive(Deserialize)]
struct OfKind {
    total: usize,
    missed: Vec<String>,
}

impl Reached {
    fn read(self) -> Covered {
        let part = |OfKind { total, missed }| Part { total, missed };
        let Reached { fields, enum_values, oneof_arms, cut } = self;
        Covered { fields: part(fields), values: part(enum_values), arms: part(oneof_arms), cut }
    }
}

#[derive(Deserialize)]
struct Failure {
    id: String,
    check: String,
    method: String,
    cause: String,
    message: String,
    client_streaming: bool,
    #[serde(deserialize_with = "there")]
    request_json: Option<Value>,
    request_hex: Value,
    status: String,
    response_json: Vec<Value>,
    replay: String,
    #[serde(deserialize_with = "there")]
    grpcurl: Option<String>,
    #[serde(deserialize_with = "there")]
    place: Option<Position>,
    details: Map<String, Value>,
    before: Vec<Before>,
}

#[derive(Deserialize)]
struct Before {
    id: String,
    method: String,
    input: String,
    status: String,
    replay: String,
}

impl Before {
    fn read(self) -> CallRow {
        let Before { id, method, input, status, replay } = self;
        CallRow { id, method, input, status, replay }
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    rule: String,
    message: String,
    severity: String,
    #[serde(default)]
    failure: bool,
    help: Option<String>,
    symbol: Option<String>,
    #[serde(default)]
    against: Vec<String>,
    fingerprint: Option<String>,
    path: Option<String>,
    // Those of `path`, which are there with it.
    start_line: Option<u32>,
    start_column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    #[serde(default)]
    related: Vec<Beside>,
}

#[derive(Deserialize)]
struct Beside {
    #[serde(flatten)]
    place: Position,
    message: String,
}

#[derive(Deserialize)]
struct Position {
    path: String,
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// A key that may be null and has to be there.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

impl Position {
    fn read(self) -> Place {
        let Position { path, start_line, start_column, end_line, end_column } = self;
        // Lines and columns are counted from 1 and nothing ends before it starts; renderers count on it.
        let (start_line, start_column) = (start_line.max(1), start_column.max(1));
        let (end_line, end_column) = (end_line, end_column.max(1)).max((start_line, start_column));
        let span = Span { start_line, start_column, end_line, end_column };
        Place { span: Some(span), ..Place::file(path) }
    }
}

impl Method {
    fn read(self) -> Result<MethodRow, ReadError> {
        let Method { name, calls, statuses, malformed, skipped, coverage, expected } = self;
        let both = |it: Sides| Coverage { request: it.request.read(), response: it.response.read() };
        let coverage = coverage.map(both);
        let counts = |counts: Map<String, Value>| {
            let count = |(answer, count): (String, Value)| match count.as_u64() {
                Some(count) => Ok((answer, count)),
                None => Err(wrong(format!("{answer} of {name} is {count}, and not how often it came"))),
            };
            counts.into_iter().map(count).collect::<Result<Vec<_>, _>>()
        };
        let (statuses, malformed) = (counts(statuses)?, counts(malformed)?);
        Ok(MethodRow { name, calls, statuses, malformed, skipped, coverage, expected })
    }
}

impl Failure {
    fn read(self, rules: Rules<'_>) -> Result<CaseRow, ReadError> {
        let check = rule(rules, &self.check)?;
        // One value of a method that takes one message; all others are lists.
        let listed = |value: Value| match value {
            Value::Array(messages) if self.client_streaming => messages,
            value => vec![value],
        };
        let request_hex = match self.request_hex {
            Value::Array(pieces) => pieces,
            piece => vec![piece],
        };
        let id = self.id;
        let hex = |piece: Value| match piece {
            Value::String(hex) => Ok(hex),
            other => Err(wrong(format!("`request_hex` of {id} holds {other}, which is no text"))),
        };
        let request_hex = request_hex.into_iter().map(hex).collect::<Result<Vec<_>, _>>()?;
        let mut details = Vec::new();
        for (name, said) in self.details {
            let Value::String(text) = said else {
                return Err(wrong(format!("the detail `{name}` of {id} is {said}, which is no text")));
            };
            // A line for each time that the name was there.
            details.extend(text.split('\n').map(|line| (name.clone(), line.to_owned())));
        }
        Ok(CaseRow {
            check,
            method: self.method,
            cause: self.cause,
            message: self.message,
            client_streaming: self.client_streaming,
            request_json: self.request_json.map(listed),
            request_hex,
            status: self.status,
            replay: self.replay,
            grpcurl: self.grpcurl,
            place: self.place.map(Position::read),
            response_json: self.response_json,
            details,
            before: self.before.into_iter().map(Before::read).collect(),
            id,
        })
    }
}

impl Said {
    fn read(self, rules: Rules<'_>) -> Result<Diagnostic, ReadError> {
        let severity = match (&*self.severity, self.failure) {
            ("error", true) => Severity::Failure,
            ("error", false) => Severity::Error,
            ("warning", _) => Severity::Warning,
            ("note", _) => Severity::Note,
            (other, _) => return Err(wrong(format!("there is no severity {other:?}"))),
        };
        let span = (self.start_line, self.start_column, self.end_line, self.end_column);
        let place = match (self.path, span) {
            (None, _) => None,
            (Some(path), (Some(start_line), Some(start_column), Some(end_line), Some(end_column))) => {
                Some(Position { path, start_line, start_column, end_line, end_column })
            }
            (Some(path), _) => return Err(wrong(format!("of {path} it says no line or no column"))),
        };
        let related = self.related.into_iter();
        Ok(Diagnostic {
            rule: rule(rules, &self.rule)?,
            severity,
            message: self.message,
            place: place.map(Position::read),
            related: related.map(|it| Related { place: it.place.read(), message: it.message }).collect(),
            help: self.help,
            symbol: self.symbol,
            evidence: None,
            against: self.against,
            fingerprint: self.fingerprint,
        })
    }
}

fn rule(rules: Rules<'_>, name: &str) -> Result<&'static RuleInfo, ReadError> {
    rules(name).ok_or_else(|| wrong(format!("there is no rule or check {name:?} here")))
}

/// `I/N`, counted from one.
fn shard(text: &str) -> Result<(u64, u64), ReadError> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    let shard = parts.filter(|(part, of)| (1..=*of).contains(part));
    shard.ok_or_else(|| wrong(format!("its shard is {text:?}, which is not such as \"2/8\"")))
}
