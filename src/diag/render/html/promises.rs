//! What became of the promises of a run, as the page shows it.

use serde::Serialize;

use super::view::shown;
use crate::diag::{Fate, RuleRow, Run, tally};

#[derive(Serialize)]
pub(super) struct Promises {
    tally: String,
    rows: Vec<Row>,
    states: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    of: String,
    id: String,
    text: String,
    line: String,
    fate: &'static str,
    kind: &'static str,
    why: String,
    kept: u64,
    broken: u64,
    vacuous: u64,
}

/// Those that were not simply kept come first, and otherwise the order is that of the schema.
pub(super) fn promises(run: &Run) -> Promises {
    let mut rows: Vec<&RuleRow> = run.rules.iter().collect();
    rows.sort_by_key(|row| row.fate());
    Promises {
        tally: tally(&run.rules).unwrap_or_default(),
        rows: rows.into_iter().map(row).collect(),
        states: run
            .states
            .iter()
            .map(|it| format!("{} of {}: {}", shown(&it.name), shown(&it.service), it.most))
            .collect(),
    }
}

fn row(row: &RuleRow) -> Row {
    let fate = row.fate();
    let kind = match fate {
        Fate::Violated | Fate::Unclear => "bad",
        Fate::Satisfied => "good",
        Fate::Vacuous | Fate::NotAsked => "",
    };
    let why = row.not_asked.as_deref().filter(|_| fate == Fate::NotAsked);
    Row {
        of: shown(&row.of),
        id: shown(&row.id),
        text: shown(&row.text),
        line: shown(&row.line()),
        fate: fate.word(),
        kind,
        why: why.map(shown).unwrap_or_default(),
        kept: row.kept,
        broken: row.broken,
        vacuous: row.vacuous,
    }
}
