//! JSON: one object per diagnostic and line, with the keys of `buf breaking --error-format json` first
//! and ours behind them; or one object for a contract run or a gate. Of a table, one object per row and line.

use serde_json::{Map, Value, json};

use super::evidence;
use crate::diag::{
    CallRow, CaseRow, ChangeRow, Changelog, Covered, Diagnostic, MethodRow, Part, Phase, Place, Report,
    RuleRow, Run, Section, Severity, Span, StateRow, Table, Verdict,
};

/// What the document of a contract run calls itself.
pub(in crate::diag) const KIND: &str = "contract";

/// Of that document: keys may come without a new one, none goes or changes its meaning.
pub(in crate::diag) const VERSION: u64 = 1;

pub(super) fn render(report: &Report) -> String {
    let run = report.sections().iter().find_map(|section| match section {
        Section::Run(run) => Some(run),
        _ => None,
    });
    let phases = report.sections().iter().find_map(|section| match section {
        Section::Phases(phases) => Some(phases),
        _ => None,
    });
    let log = report.sections().iter().find_map(|section| match section {
        Section::Changelog(log) => Some(log),
        _ => None,
    });
    if let Some(log) = log {
        return line(&changelog(log, report.diagnostics()));
    }
    let diagnostics = report.diagnostics().iter().map(of_document);
    match (phases, run) {
        (Some(phases), run) => line(&json!({
            "verdict": verdict(report.verdict()),
            "phases": phases.iter().map(phase).collect::<Vec<_>>(),
            "diagnostics": diagnostics.collect::<Vec<_>>(),
            "contract": run.map(contract_run),
        })),
        (None, Some(run)) => {
            let mut object = contract_run(run);
            object.insert("verdict".to_owned(), verdict(report.verdict()).into());
            object.insert("diagnostics".to_owned(), diagnostics.collect());
            line(&Value::Object(object))
        }
        (None, None) => {
            let rows = report.sections().iter().filter_map(|section| match section {
                Section::Table(table) => Some(table_rows(table)),
                _ => None,
            });
            report.diagnostics().iter().map(as_buf).chain(rows.flatten()).map(|it| line(&it)).collect()
        }
    }
}

/// One object per row: its cells under the names of the columns, and what the table is called, where it is.
fn table_rows(table: &Table) -> Vec<Value> {
    let row = |cells: &Vec<String>| {
        let mut object = Map::new();
        // Some begin with a line break, for the eye.
        let title = table.title.trim();
        if !title.is_empty() {
            object.insert("table".to_owned(), title.into());
        }
        let keys = table.columns.iter().map(|column| column.replace(' ', "_"));
        object.extend(keys.zip(cells.iter().map(|cell| cell.as_str().into())));
        Value::Object(object)
    };
    table.rows.iter().map(row).collect()
}

/// One object, so that a badge reads `advice` and nothing else.
fn changelog(log: &Changelog, diagnostics: &[Diagnostic]) -> Value {
    let change = |row: &ChangeRow| {
        let mut object = row.place.as_ref().map(place).unwrap_or_default();
        let optional =
            [("old_symbol", &row.old_symbol), ("what", &row.what), ("from", &row.from), ("to", &row.to)];
        object.insert("group".to_owned(), row.group.word().into());
        object.insert("change".to_owned(), row.kind.into());
        object.insert("element".to_owned(), row.element.into());
        object.insert("symbol".to_owned(), row.symbol.as_str().into());
        for (key, value) in optional {
            if let Some(value) = value {
                object.insert(key.to_owned(), value.as_str().into());
            }
        }
        object.insert("message".to_owned(), row.message.as_str().into());
        object.insert("rules".to_owned(), row.rules.iter().map(|rule| rule.id).collect());
        Value::Object(object)
    };
    json!({
        "kind": "diff",
        "version": VERSION,
        "against": log.against,
        "advice": log.advice.word(),
        "changes": log.changes.iter().map(change).collect::<Vec<_>>(),
        "diagnostics": diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// As buf writes it: what stands nowhere has a position all the same, the first.
pub(super) fn as_buf(it: &Diagnostic) -> Value {
    match it.place {
        Some(_) => diagnostic(it),
        None => with_place(it, position(Span::START)),
    }
}

/// A document is read again, and its verdict with it: both weights above a warning are called "error".
fn of_document(it: &Diagnostic) -> Value {
    let mut value = diagnostic(it);
    if it.severity == Severity::Failure {
        value["failure"] = true.into();
    }
    value
}

pub(super) fn diagnostic(diagnostic: &Diagnostic) -> Value {
    with_place(diagnostic, diagnostic.place.as_ref().map(place).unwrap_or_default())
}

fn with_place(diagnostic: &Diagnostic, mut object: Map<String, Value>) -> Value {
    object.insert("type".to_owned(), diagnostic.rule.id.into());
    object.insert("message".to_owned(), diagnostic.message.as_str().into());
    object.insert("severity".to_owned(), diagnostic.severity.word().into());
    if let Some(help) = &diagnostic.help {
        object.insert("help".to_owned(), help.as_str().into());
    }
    if let Some(symbol) = &diagnostic.symbol {
        object.insert("symbol".to_owned(), symbol.as_str().into());
    }
    if let Some(evidence) = diagnostic.evidence.as_deref().and_then(evidence::json) {
        object.insert("evidence".to_owned(), evidence);
    }
    if let Some(fingerprint) = &diagnostic.fingerprint {
        object.insert("fingerprint".to_owned(), fingerprint.as_str().into());
    }
    if !diagnostic.against.is_empty() {
        object.insert("against".to_owned(), diagnostic.against.clone().into());
    }
    let related = diagnostic.related.iter().map(|related| {
        let mut object = place(&related.place);
        object.insert("message".to_owned(), related.message.as_str().into());
        Value::Object(object)
    });
    if !diagnostic.related.is_empty() {
        object.insert("related".to_owned(), related.collect());
    }
    Value::Object(object)
}

fn place(place: &Place) -> Map<String, Value> {
    // The keys are buf's, and so are the units: buf counts columns as a terminal shows them.
    let mut object = Map::new();
    object.insert("path".to_owned(), (*place.file).into());
    object.extend(position(place.buf_span()));
    object
}

fn position(span: Span) -> Map<String, Value> {
    let mut object = Map::new();
    for (key, number) in [
        ("start_line", span.start_line),
        ("start_column", span.start_column),
        ("end_line", span.end_line),
        ("end_column", span.end_column),
    ] {
        object.insert(key.to_owned(), number.into());
    }
    object
}

pub(super) fn phase(phase: &Phase) -> Value {
    json!({
        "name": phase.name,
        "verdict": verdict(phase.verdict),
        "summary": phase.summary,
        "elapsed_ms": phase.elapsed_ms,
    })
}

pub(in crate::diag) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Findings => "findings",
        Verdict::Failed => "failed",
    }
}

fn contract_run(run: &Run) -> Map<String, Value> {
    let summary = json!({
        "cases": run.cases,
        "calls": run.calls,
        "failures": run.failures.len(),
        "elapsed_ms": run.elapsed_ms,
    });
    let mut object = Map::new();
    object.insert("kind".to_owned(), KIND.into());
    object.insert("version".to_owned(), VERSION.into());
    object.insert("seed".to_owned(), run.seed.into());
    object.insert("shard".to_owned(), run.shard.map(|(part, of)| format!("{part}/{of}")).into());
    object.insert("target".to_owned(), run.target.as_str().into());
    object.insert("again".to_owned(), run.again.as_str().into());
    object.insert("summary".to_owned(), summary);
    object.insert("methods".to_owned(), run.methods.iter().map(method).collect());
    object.insert("failures".to_owned(), run.failures.iter().map(failure).collect());
    object.insert("rules".to_owned(), run.rules.iter().map(promise).collect());
    object.insert("states".to_owned(), run.states.iter().map(state).collect());
    object
}

pub(super) fn method(row: &MethodRow) -> Value {
    let counts = |answers: &[(String, u64)]| -> Map<String, Value> {
        answers.iter().map(|(answer, calls)| (answer.clone(), (*calls).into())).collect()
    };
    let mut object = Map::new();
    object.insert("name".to_owned(), row.name.as_str().into());
    object.insert("calls".to_owned(), row.calls.into());
    object.insert("statuses".to_owned(), counts(&row.statuses).into());
    object.insert("malformed".to_owned(), counts(&row.malformed).into());
    if let Some(reason) = &row.skipped {
        object.insert("skipped".to_owned(), reason.as_str().into());
    }
    if let Some(coverage) = &row.coverage {
        let sides = json!({"request": covered(&coverage.request), "response": covered(&coverage.response)});
        object.insert("coverage".to_owned(), sides);
    }
    if !row.expected.is_empty() {
        object.insert("expected".to_owned(), row.expected.clone().into());
    }
    Value::Object(object)
}

/// What became of a promise.
pub(super) fn promise(row: &RuleRow) -> Value {
    json!({
        "of": row.of,
        "id": row.id,
        "text": row.text,
        "place": row.place.as_ref().map(place),
        "fate": row.fate().word().replace(' ', "_"),
        "kept": row.kept,
        "broken": row.broken,
        "vacuous": row.vacuous,
        "unclear": row.unclear,
        "not_asked": row.not_asked,
    })
}

pub(super) fn state(row: &StateRow) -> Value {
    json!({"service": row.service, "name": row.name, "most": row.most})
}

fn covered(covered: &Covered) -> Value {
    let part = |part: &Part| json!({"reached": part.reached(), "total": part.total, "missed": part.missed});
    let parts = covered.parts().into_iter().map(|(kind, it)| (kind.to_owned(), part(it)));
    let mut object: Map<String, Value> = parts.collect();
    if covered.cut {
        object.insert("cut".to_owned(), true.into());
    }
    Value::Object(object)
}

pub(super) fn failure(row: &CaseRow) -> Value {
    json!({
        "id": row.id,
        "check": row.check.name,
        "code": row.check.id,
        "method": row.method,
        "cause": row.cause,
        "message": row.message,
        "client_streaming": row.client_streaming,
        "request_json": row.request_json.as_ref().map(|messages| request(row, messages.clone())),
        "request_hex": request(row, row.request_hex.iter().map(|hex| Value::from(hex.as_str())).collect()),
        "status": row.status,
        "response_json": row.response_json,
        "replay": row.replay,
        "grpcurl": row.grpcurl,
        "place": row.place.as_ref().map(place),
        "details": details(row),
        "before": row.before.iter().map(call).collect::<Vec<_>>(),
    })
}

/// What has one name several times is one text of several lines.
fn details(row: &CaseRow) -> Map<String, Value> {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in &row.details {
        let text = match object.get(name).and_then(Value::as_str) {
            Some(known) => format!("{known}\n{value}"),
            None => value.clone(),
        };
        object.insert(name.clone(), text.into());
    }
    object
}

fn call(row: &CallRow) -> Value {
    json!({"id": row.id, "method": row.method, "input": row.input, "status": row.status, "replay": row.replay})
}

/// The request is one value, the requests of a stream are a list of them.
fn request(row: &CaseRow, mut messages: Vec<Value>) -> Value {
    match messages.len() {
        1 if !row.client_streaming => messages.remove(0),
        _ => Value::Array(messages),
    }
}
