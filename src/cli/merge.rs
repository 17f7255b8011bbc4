//! `report merge`: the reports of the shards of a contract run become one.

use std::path::{Path, PathBuf};

use super::{Outcome, catalogue};
use crate::contract;
use crate::diag::{Diagnostic, Place, Report, RuleInfo, Run, Section, Severity, Span, read};

/// A report that cannot be read, or that does not belong to the others.
pub static REPORT: RuleInfo = RuleInfo {
    id: "REPORT",
    name: "REPORT",
    summary: "Reports that are merged are those of the shards of one contract run, each of them once.",
    explain: "`protogate report merge` takes what `protogate contract --shard I/N --seed S --format json` wrote on each \
              machine. All of them have the same seed and the same N. A shard that is missing is a warning: its cases \
              were not run.",
    url: None,
};

/// One file: its name, and what it holds.
struct Part {
    file: String,
    run: Run,
    said: Vec<Diagnostic>,
}

pub fn merge(files: &[PathBuf]) -> Outcome {
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for file in files {
        match part(file) {
            Ok(part) => parts.push(part),
            Err(diagnostic) => wrong.push(*diagnostic),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    parts.sort_by_key(|part| shard(&part.run).0);
    let missing = missing(&parts)?;
    let count = parts.len();
    let (runs, said): (Vec<Run>, Vec<Vec<Diagnostic>>) =
        parts.into_iter().map(|part| (part.run, part.said)).unzip();
    let Some(run) = Run::join(runs) else { return Ok(Report::default()) };
    let mut said = contract::together(said.concat(), &run.methods);
    said.extend(missing);
    let report = Report::new(said).with(Section::Run(run));
    Ok(if count > 1 { report.with(Section::Line(format!("merged {count} shards"))) } else { report })
}

/// The whole run is the only part of one.
fn shard(run: &Run) -> (u64, u64) {
    run.shard.unwrap_or((1, 1))
}

fn part(path: &Path) -> Result<Part, Box<Diagnostic>> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read {file}: {error}");
        let help = "name the files that `protogate contract --format json` wrote";
        Diagnostic::failure(&REPORT, message).at(Place::file(&*file)).help(help)
    })?;
    let report = read::contract_run(&text, &catalogue::rule).map_err(|error| {
        let point = |(line, column)| Span {
            start_line: line,
            start_column: column,
            end_line: line,
            end_column: column,
        };
        // The text is not shown: a report is one long line.
        let place = Place { span: error.at.map(point), ..Place::file(&*file) };
        let message = format!("{file} is no report of a contract run: {error}");
        let help = "write it with this version: protogate contract … --format json > FILE";
        Diagnostic::failure(&REPORT, message).at(place).help(help)
    })?;
    let said = report.diagnostics().to_vec();
    let run = report.runs().next().cloned().ok_or_else(|| Diagnostic::failure(&REPORT, file.clone()))?;
    Ok(Part { file, run, said })
}

/// A warning for each shard that nobody ran.
///
/// # Errors
/// Reports that are not of one run, with the two files that show it.
fn missing(parts: &[Part]) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let Some(first) = parts.first() else { return Ok(Vec::new()) };
    let refused = |part: &Part, message: String, help: &str| {
        Err(vec![Diagnostic::failure(&REPORT, message).at(Place::file(&*part.file)).help(help)])
    };
    let of = shard(&first.run).1;
    for (at, part) in parts.iter().enumerate() {
        let (one, other) = (&first.file, &part.file);
        if part.run.seed != first.run.seed {
            let seeds = (first.run.seed, part.run.seed);
            let message = format!("{one} is of seed {}, {other} of seed {}", seeds.0, seeds.1);
            return refused(part, message, "run every shard with the same --seed");
        }
        let (index, parts_of) = shard(&part.run);
        if parts_of != of {
            let message = format!("{one} is one shard of {of}, {other} one of {parts_of}");
            return refused(part, message, "run every shard with the same N in --shard I/N");
        }
        if let Some(twin) = parts[..at].iter().find(|it| shard(&it.run).0 == index) {
            let message = format!("{} and {other} are both shard {index}/{of}", twin.file);
            return refused(part, message, "give each shard once, and each machine a --shard of its own");
        }
    }
    // However many shards somebody claims there are, so many lines are enough.
    const NAMED: usize = 20;
    let there = |index: &u64| parts.iter().any(|part| shard(&part.run).0 == *index);
    let seed = first.run.seed;
    let missing = (1..=of).filter(|index| !there(index)).take(NAMED).map(|index| {
        let message = format!("shard {index}/{of} is missing: its cases were not run");
        let help = format!("give its report too: protogate contract … --seed {seed} --shard {index}/{of}");
        Diagnostic::new(&REPORT, Severity::Warning, message).help(help)
    });
    Ok(missing.collect())
}
