//! NDJSON: one event per line, for whoever follows a run. What is known at the end is rendered here; what is told
//! while it goes on is said by whoever hears of it, in lines of the same shape.

use serde_json::{Map, Value, json};

use super::json::{diagnostic, failure, method, phase, promise, state, verdict};
use crate::diag::{Report, Run, Section};

/// The diagnostics, the steps of a gate, the failures and methods of a run, and last what it comes to.
pub(super) fn render(report: &Report) -> String {
    let mut lines: Vec<String> =
        report.diagnostics().iter().map(|it| line("diagnostic", diagnostic(it))).collect();
    let mut summary = Map::new();
    summary.insert("verdict".to_owned(), verdict(report.verdict()).into());
    summary.insert("diagnostics".to_owned(), report.diagnostics().len().into());
    for section in report.sections() {
        match section {
            Section::Run(run) => {
                lines.extend(run.failures.iter().map(|row| line("failure", failure(row))));
                lines.extend(run.methods.iter().map(|row| line("method_done", method(row))));
                lines.extend(run.rules.iter().map(|row| line("promise", promise(row))));
                lines.extend(run.states.iter().map(|row| line("state", state(row))));
                summary.extend(sum(run));
            }
            Section::Phases(phases) => lines.extend(phases.iter().map(|it| line("step_done", phase(it)))),
            Section::Line(_) | Section::Table(_) | Section::Diff(_) | Section::Changelog(_) => {}
        }
    }
    lines.push(line("summary", Value::Object(summary)));
    lines.concat()
}

/// One line: the kind of event first, then what is known of it.
pub(super) fn line(event: &str, fields: Value) -> String {
    let mut object = Map::new();
    object.insert("event".to_owned(), event.into());
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    format!("{}\n", Value::Object(object))
}

fn sum(run: &Run) -> Map<String, Value> {
    let sum = json!({
        "seed": run.seed,
        "target": run.target,
        "again": run.again,
        "cases": run.cases,
        "calls": run.calls,
        "failures": run.failures.len(),
        "elapsed_ms": run.elapsed_ms,
    });
    if let Value::Object(fields) = sum { fields } else { Map::new() }
}
