//! What the page shows, as plain values: every text in it is one that a person can read on a line.

use serde::Serialize;

use super::missed::{Missed, folded};
use super::promises::{Promises, promises};
use crate::diag::render::evidence;
use crate::diag::render::finding::{rule_title, tame};
use crate::diag::{
    CaseRow, Covered, Diagnostic, MethodRow, Phase, Place, Report, Run, Section, Severity, Verdict,
};

/// The most of one request or reply that is shown; the JSON report has all of it.
const SHOWN: usize = 16_384;

#[derive(Serialize)]
pub(super) struct Page {
    verdict: &'static str,
    title: String,
    heading: String,
    script: &'static str,
    runs: Vec<RunView>,
    steps: Vec<Step>,
    findings: Vec<Finding>,
    notes: Vec<Finding>,
    counts: Vec<(&'static str, &'static str, usize)>,
    lines: Vec<String>,
    tables: Vec<TableView>,
    diffs: Vec<String>,
}

#[derive(Serialize)]
struct RunView {
    facts: Vec<(&'static str, String)>,
    again: String,
    methods: Vec<MethodView>,
    seen: bool,
    promises: Promises,
}

#[derive(Serialize)]
struct MethodView {
    service: String,
    name: String,
    calls: u64,
    statuses: Vec<Count>,
    malformed: Vec<Count>,
    unseen: Vec<String>,
    skipped: Option<String>,
    covered: Vec<Bar>,
    failures: usize,
}

#[derive(Serialize)]
struct Count {
    name: String,
    calls: u64,
    kind: &'static str,
}

#[derive(Serialize)]
struct Bar {
    side: &'static str,
    ratio: String,
    percent: usize,
    parts: Vec<String>,
    missed: Vec<Missed>,
    cut: bool,
}

#[derive(Serialize)]
struct Step {
    name: String,
    verdict: &'static str,
    summary: String,
    seconds: String,
}

#[derive(Serialize)]
struct TableView {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A failing case, or a diagnostic.
#[derive(Default, Serialize)]
struct Finding {
    anchor: String,
    severity: &'static str,
    rule: String,
    about: String,
    url: Option<&'static str>,
    method: Option<String>,
    message: String,
    place: Option<String>,
    source: Option<SourceLine>,
    related: Vec<(String, String)>,
    help: Option<String>,
    shown: Vec<String>,
    case: Option<CaseView>,
}

/// A line of a file, cut where the span begins and where it ends.
#[derive(Serialize)]
struct SourceLine {
    number: u32,
    before: String,
    marked: String,
    after: String,
}

#[derive(Serialize)]
struct CaseView {
    /// Nothing for bytes that are no message.
    json: Option<String>,
    hex: String,
    status: String,
    kind: &'static str,
    replies: Vec<String>,
    details: Vec<(String, String)>,
    before: Vec<Vec<String>>,
    replay: String,
    grpcurl: Option<String>,
}

/// The whole page.
pub(super) fn page(report: &Report) -> Page {
    let mut page = Page {
        verdict: verdict(report.verdict()),
        title: String::new(),
        heading: String::new(),
        script: super::SCRIPT,
        runs: Vec::new(),
        steps: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        counts: Vec::new(),
        lines: Vec::new(),
        tables: Vec::new(),
        diffs: Vec::new(),
    };
    for section in report.sections() {
        match section {
            Section::Line(text) => page.lines.push(shown(text)),
            Section::Table(table) => page.tables.push(TableView {
                title: shown(&table.title),
                columns: table.columns.iter().map(|cell| shown(cell)).collect(),
                rows: table.rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect(),
            }),
            Section::Diff(diff) => page.diffs.push(shown(diff)),
            Section::Run(run) => {
                page.findings.extend(run.failures.iter().map(of_case));
                page.runs.push(of_run(run));
            }
            Section::Phases(phases) => page.steps.extend(phases.iter().map(step)),
            Section::Changelog(log) => {
                page.lines.push(shown(&log.summary()));
                page.tables.push(TableView {
                    title: String::new(),
                    columns: ["group", "change"].map(str::to_owned).into(),
                    rows: log
                        .changes
                        .iter()
                        .map(|it| vec![it.group.word().to_owned(), shown(&it.sentence())])
                        .collect(),
                });
            }
        }
    }
    for diagnostic in report.diagnostics() {
        let list = if diagnostic.severity < Severity::Error { &mut page.notes } else { &mut page.findings };
        list.push(of_diagnostic(diagnostic));
    }
    // Anchors are counted: ids repeat when somebody merges reports.
    for (at, finding) in page.findings.iter_mut().chain(&mut page.notes).enumerate() {
        finding.anchor = format!("finding-{}", at + 1);
    }
    let of = |word: &str| page.findings.iter().chain(&page.notes).filter(|it| it.severity == word).count();
    let kinds = [("error", "Errors"), ("warning", "Warnings"), ("note", "Notes")];
    page.counts = kinds.into_iter().map(|(word, words)| (word, words, of(word))).collect();
    let what = match (page.runs.is_empty(), page.steps.is_empty()) {
        (_, false) => "Gate",
        (false, true) => "Contract run",
        (true, true) => "protogate",
    };
    page.heading = format!("{what}: {}", words(report, &page));
    page.title.clone_from(&page.heading);
    page
}

/// What it came to, in words.
fn words(report: &Report, page: &Page) -> String {
    let many = |n: usize, word: &str| (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }));
    let failures = page.findings.iter().filter(|it| it.case.is_some()).count();
    let found = report.diagnostics().iter().filter(|it| it.severity == Severity::Error).count();
    let failed = (page.verdict == "failed").then(|| "could not do the job".to_owned());
    let said: Vec<String> =
        [many(failures, "failure"), many(found, "finding"), failed].into_iter().flatten().collect();
    if said.is_empty() { page.verdict.to_owned() } else { said.join(", ") }
}

fn of_run(run: &Run) -> RunView {
    let called = run.methods.iter().filter(|method| method.skipped.is_none()).count();
    RunView {
        facts: vec![
            ("Target", shown(&run.target)),
            ("Seed", run.seed.to_string()),
            ("Methods", format!("{called} of {}", run.methods.len())),
            ("Cases", run.cases.to_string()),
            ("Calls", run.calls.to_string()),
            ("Time", seconds(run.elapsed_ms)),
        ],
        again: shown(&run.again),
        methods: run.methods.iter().map(|row| of_method(row, run)).collect(),
        seen: !run.methods.is_empty(),
        promises: promises(run),
    }
}

fn of_method(row: &MethodRow, run: &Run) -> MethodView {
    let counts = |answers: &[(String, u64)], is_valid| {
        let count = |(name, calls): &(String, u64)| {
            let kind = if is_valid { kind(name) } else { "" };
            Count { name: shown(name), calls: *calls, kind }
        };
        answers.iter().map(count).collect()
    };
    let (service, name) = row.name.rsplit_once('/').unwrap_or(("", &row.name));
    let covered = row.coverage.iter().flat_map(|coverage| {
        [bar("request", "sent", &coverage.request), bar("response", "seen", &coverage.response)]
    });
    MethodView {
        service: shown(service),
        name: shown(name),
        calls: row.calls,
        statuses: counts(&row.statuses, true),
        malformed: counts(&row.malformed, false),
        unseen: row.unseen().into_iter().map(shown).collect(),
        skipped: row.skipped.as_deref().map(shown),
        covered: covered.collect(),
        failures: run.failures.iter().filter(|failure| failure.method == row.name).count(),
    }
}

fn bar(side: &'static str, verb: &str, covered: &Covered) -> Bar {
    let (reached, total) = covered.sum();
    let parts = covered.parts().into_iter().filter(|(_, part)| part.total > 0);
    let words = |(kind, part): (&str, &crate::diag::Part)| {
        format!("{} of {} {} {verb}", part.reached(), part.total, kind.replace('_', " "))
    };
    let missed = folded(covered);
    Bar {
        side,
        ratio: covered.ratio(),
        percent: (reached * 100).checked_div(total).unwrap_or(0),
        parts: parts.map(words).collect(),
        missed: missed.into_iter().map(|it| Missed { path: shown(&it.path), ..it }).collect(),
        cut: covered.cut,
    }
}

fn of_case(row: &CaseRow) -> Finding {
    let pretty = |messages: &[serde_json::Value]| match messages {
        [] => "(no message)".to_owned(),
        messages => messages.iter().map(|it| cut(format!("{it:#}"))).collect::<Vec<_>>().join("\n"),
    };
    let hex: Vec<String> = row.request_hex.iter().map(|hex| cut(hex.clone())).collect();
    Finding {
        severity: "error",
        rule: rule_title(row.check),
        about: row.check.summary.to_owned(),
        url: row.check.url,
        method: Some(shown(&row.method)),
        message: shown(&row.message),
        place: row.place.as_ref().map(position),
        case: Some(CaseView {
            json: row.request_json.as_deref().map(pretty),
            hex: hex.join("\n"),
            status: shown(&row.status),
            kind: kind(&row.status),
            replies: row.response_json.iter().map(|it| cut(format!("{it:#}"))).collect(),
            details: row.details.iter().map(|(name, value)| (shown(name), shown(value))).collect(),
            before: row.before.iter().map(call).collect(),
            replay: shown(&row.replay),
            grpcurl: row.grpcurl.as_deref().map(shown),
        }),
        ..Finding::default()
    }
}

fn call(row: &crate::diag::CallRow) -> Vec<String> {
    [&row.replay, &row.method, &row.input, &row.status].map(|text| shown(text)).to_vec()
}

fn of_diagnostic(said: &Diagnostic) -> Finding {
    Finding {
        severity: said.severity.word(),
        rule: rule_title(said.rule),
        about: said.rule.summary.to_owned(),
        url: said.rule.url,
        message: shown(&said.message),
        place: said.place.as_ref().map(position),
        source: said.place.as_ref().and_then(source),
        related: said.related.iter().map(|it| (position(&it.place), shown(&it.message))).collect(),
        help: said.help.as_deref().map(shown),
        shown: said.evidence.as_deref().map(evidence::lines).unwrap_or_default(),
        ..Finding::default()
    }
}

fn position(place: &Place) -> String {
    shown(&match place.span {
        Some(span) => format!("{}:{}:{}", place.file, span.start_line, span.start_column),
        None => place.file.to_string(),
    })
}

/// The line a place begins on, where its text is known.
fn source(place: &Place) -> Option<SourceLine> {
    let span = place.span?;
    let line = place.text.as_deref()?.lines().nth(span.start_line.checked_sub(1)? as usize)?;
    let chars: Vec<char> = line.chars().collect();
    let start = (span.start_column.saturating_sub(1) as usize).min(chars.len());
    let end = if span.end_line == span.start_line {
        span.end_column.saturating_sub(1) as usize
    } else {
        chars.len()
    };
    let end = end.clamp(start, chars.len());
    let text = |part: &[char]| shown(&part.iter().collect::<String>());
    Some(SourceLine {
        number: span.start_line,
        before: text(&chars[..start]),
        marked: text(&chars[start..end]),
        after: text(&chars[end..]),
    })
}

fn step(phase: &Phase) -> Step {
    Step {
        name: shown(&phase.name),
        verdict: verdict(phase.verdict),
        summary: shown(&phase.summary),
        seconds: seconds(phase.elapsed_ms),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Findings => "findings",
        Verdict::Failed => "failed",
    }
}

/// How a valid call may end well, how it may not, and the rest.
fn kind(status: &str) -> &'static str {
    match status {
        "OK" => "good",
        "CANCELLED"
        | "INVALID_ARGUMENT"
        | "DEADLINE_EXCEEDED"
        | "NOT_FOUND"
        | "ALREADY_EXISTS"
        | "PERMISSION_DENIED"
        | "RESOURCE_EXHAUSTED"
        | "FAILED_PRECONDITION"
        | "ABORTED"
        | "OUT_OF_RANGE"
        | "UNAVAILABLE"
        | "UNAUTHENTICATED" => "",
        // A server error, or no status at all.
        _ => "bad",
    }
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.1} s", milliseconds as f64 / 1000.0)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => shown(&format!("{}… ({} bytes)", &text[..end], text.len())),
        None => shown(&text),
    }
}

/// Control characters as their escapes, and so what turns the direction of the text around it.
pub(super) fn shown(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let tamed = tame(&text.replace("\r\n", "\n"), &['\n', '\t']);
    match tamed.contains(turns) {
        true => tamed
            .chars()
            .map(|c| if turns(c) { c.escape_unicode().to_string() } else { c.to_string() })
            .collect(),
        false => tamed,
    }
}
