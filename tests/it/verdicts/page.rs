//! `docs/verdicts.md`.

use std::fmt::Write as _;

use protogate::diag::{Agreement, Direction, Encoding, Reading};

use super::rows::Row;
use super::{Answer, answer};

const HEAD: &str = include_str!("../../fixtures/verdicts/head.md");
/// What was counted and read by eye.
const MAJORS: &str = include_str!("../../fixtures/verdicts/majors.md");

pub fn page(rows: &[Row]) -> String {
    let answers: Vec<Answer> = rows.iter().map(answer).collect();
    let mut page = HEAD.to_owned();
    page += "\n| change | what is true | binary | JSON | strict JSON | `PROVEN` | buf FILE | PACKAGE | WIRE_JSON | WIRE |\n";
    page += "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (row, answer) in rows.iter().zip(&answers) {
        let truth =
            if row.note.is_empty() { row.truth.clone() } else { format!("{} ({})", row.truth, row.note) };
        let cells = match &answer.verdicts {
            Some(verdicts) => verdicts.map(|it| format!("{} / {}", word(it[0]), word(it[1]))).to_vec(),
            None => vec!["refused".to_owned(); 3],
        };
        let proven = if answer.proven.is_empty() { "-".to_owned() } else { answer.proven.join(", ") };
        let buf: Vec<&str> = row.buf.iter().map(String::as_str).collect();
        let truth = cell(&truth);
        let all: Vec<&str> = [row.id.as_str(), truth.as_str()]
            .into_iter()
            .chain(cells.iter().map(String::as_str))
            .chain([proven.as_str()])
            .chain(buf)
            .map(|it| if it.is_empty() { "-" } else { it })
            .collect();
        let _ = writeln!(page, "| {} |", all.join(" | "));
    }
    page += "\n## What shows it\n\nThe worst reading of each row in each direction.\n\n";
    page += "| change | direction | encoding | verdict | written | read |\n| --- | --- | --- | --- | --- | --- |\n";
    for (row, answer) in rows.iter().zip(&answers) {
        for reading in worst(answer) {
            let Reading { direction, encoding, verdict, written, read } = reading;
            let (direction, encoding, verdict) = (direction.words(), encoding.word(), verdict.word());
            let (written, read) = (code(written), code(read));
            let _ =
                writeln!(page, "| {} | {direction} | {encoding} | {verdict} | {written} | {read} |", row.id);
        }
    }
    page += "\n## Where the bytes say something else\n\n";
    for row in rows.iter().filter(|row| !row.but.is_empty()) {
        let _ = writeln!(page, "- **{}** (\"{}\"): {}", row.id, row.truth, row.but);
    }
    page += "\n## What is refused\n\n";
    for (row, answer) in rows.iter().zip(&answers) {
        answer.refused.iter().for_each(|it| {
            let _ = writeln!(page, "- {}: {it}", row.id);
        });
    }
    page + MAJORS
}

/// The first of the worst in each direction, bytes before JSON.
fn worst(answer: &Answer) -> Vec<&Reading> {
    let of = |direction: Direction| {
        let mut worst: Option<&Reading> = None;
        let readings = answer.differences.iter().flat_map(|it| &it.witness.readings);
        let readings = readings.filter(|it| it.direction == direction && it.encoding != Encoding::StrictJson);
        for it in readings.filter(|it| it.verdict != Agreement::Same) {
            if worst.is_none_or(|worst| worst.verdict < it.verdict) {
                worst = Some(it);
            }
        }
        worst
    };
    [Direction::OldToNew, Direction::NewToOld].into_iter().filter_map(of).collect()
}

fn word(it: Agreement) -> String {
    if it == Agreement::Same { "same".to_owned() } else { format!("**{}**", it.word()) }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    format!("`{}`", if text.is_empty() { "(no bytes)" } else { text }.replace('`', "'").replace('|', "\\|"))
}
