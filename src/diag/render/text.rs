//! Text for people: each diagnostic as rustc would draw it, one line that counts them, then the sections.

use std::fmt::Write;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::finding::tame;
use super::{Style, evidence};
use crate::diag::{
    CallRow, CaseRow, Diagnostic, Phase, Place, Report, Run, Section, Severity, Table, Verdict,
};

pub(super) fn render(report: &Report, style: Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.unwrap_or(DEFAULT_TERM_WIDTH));
    let mut out = String::new();
    for diagnostic in report.diagnostics() {
        out.push_str(&renderer.render(&groups(diagnostic)));
        out.push_str("\n\n");
    }
    out.push_str(&count(report.diagnostics()));
    for section in report.sections() {
        // Writing into a String cannot fail.
        let _ = section_text(&mut out, section, style);
    }
    out
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error | Severity::Failure => Level::ERROR,
    }
}

fn groups(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let title = level(diagnostic.severity).primary_title(diagnostic.message.as_str()).id(diagnostic.rule.id);
    let mut first = at_place(Group::with_title(title), diagnostic.place.as_ref());
    if let Some(help) = &diagnostic.help {
        first = first.element(Level::HELP.message(help.as_str()));
    }
    for line in diagnostic.evidence.iter().flat_map(|it| evidence::lines(it)) {
        first = first.element(Level::NOTE.message(line));
    }
    let related = diagnostic.related.iter().map(|related| {
        let title = Level::NOTE.secondary_title(related.message.as_str());
        at_place(Group::with_title(title), Some(&related.place))
    });
    std::iter::once(first).chain(related).collect()
}

/// The source line with the span under it; the bare place where there is no text to show.
fn at_place<'a>(group: Group<'a>, place: Option<&'a Place>) -> Group<'a> {
    let Some(place) = place else { return group };
    let Some(span) = place.span else { return group.element(Origin::path(&*place.file)) };
    let line = place.text.as_deref().and_then(|text| text.lines().nth(span.start_line as usize - 1));
    let Some(line) = line else {
        let origin = Origin::path(&*place.file).line(span.start_line as usize);
        return group.element(origin.char_column(span.start_column as usize));
    };
    // A span of several lines (a whole message) is shown by its first one.
    let start = byte_of_column(line, span.start_column);
    let end =
        if span.end_line == span.start_line { byte_of_column(line, span.end_column) } else { line.len() };
    let mark = AnnotationKind::Primary.span(start..end.max(start));
    group.element(
        Snippet::source(line).line_start(span.start_line as usize).path(&*place.file).annotation(mark),
    )
}

fn byte_of_column(line: &str, column: u32) -> usize {
    line.char_indices().nth(column as usize - 1).map_or(line.trim_end().len(), |(byte, _)| byte)
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |wanted: &[Severity]| diagnostics.iter().filter(|d| wanted.contains(&d.severity)).count();
    let words = [
        (of(&[Severity::Failure]), "failure"),
        (of(&[Severity::Error]), "finding"),
        (of(&[Severity::Warning]), "warning"),
    ];
    let said: Vec<String> = words
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    if said.is_empty() { String::new() } else { format!("{}\n", said.join(", ")) }
}

fn section_text(out: &mut String, section: &Section, style: Style) -> std::fmt::Result {
    match section {
        Section::Line(line) => writeln!(out, "{line}"),
        Section::Table(table) => table_text(out, table),
        Section::Diff(diff) => diff_text(out, diff, style),
        Section::Run(run) => run_text(out, run, style),
        Section::Phases(phases) => phases_text(out, phases, style),
    }
}

/// Columns as wide as their widest cell; the last one runs free.
fn table_text(out: &mut String, table: &Table) -> std::fmt::Result {
    if !table.title.is_empty() {
        writeln!(out, "{}", table.title)?;
    }
    let rows = || std::iter::once(&table.columns).chain(&table.rows);
    let width = |column: usize| rows().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..table.columns.len()).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows() {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn diff_text(out: &mut String, diff: &str, style: Style) -> std::fmt::Result {
    for line in diff.lines() {
        let code = match line.as_bytes().first() {
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => "",
        };
        writeln!(out, "{}", paint(line, code, style))?;
    }
    Ok(())
}

fn paint(text: &str, code: &str, style: Style) -> String {
    if style.colour && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

fn run_text(out: &mut String, run: &Run, style: Style) -> std::fmt::Result {
    for failure in &run.failures {
        failure_text(out, failure, style)?;
    }
    let rows = run.methods.iter().map(|method| {
        let listed = |answers: &[(String, u64)]| {
            let listed: Vec<String> =
                answers.iter().map(|(answer, calls)| format!("{answer} {calls}")).collect();
            listed.join(", ")
        };
        let answers = match &method.skipped {
            Some(reason) => format!("skipped: {reason}"),
            None if method.malformed.is_empty() => listed(&method.statuses),
            None => {
                format!("{}; to malformed input: {}", listed(&method.statuses), listed(&method.malformed))
            }
        };
        let [sent, seen] = method.ratios();
        vec![method.name.clone(), method.calls.to_string(), sent, seen, answers]
    });
    let columns = ["method", "calls", "sent", "seen", "answers"].map(str::to_owned).to_vec();
    table_text(out, &Table { title: String::new(), columns, rows: rows.collect() })?;
    let failures = match run.failures.len() {
        0 => paint("no failures", "32", style),
        1 => paint("1 failure", "31", style),
        n => paint(&format!("{n} failures"), "31", style),
    };
    let seconds = run.elapsed_ms as f64 / 1000.0;
    writeln!(
        out,
        "{failures}: {} cases, {} calls in {seconds:.1} s on {}; --seed {} draws them again",
        run.cases, run.calls, run.target, run.seed
    )
}

fn failure_text(out: &mut String, failure: &CaseRow, style: Style) -> std::fmt::Result {
    let head = format!("{} {}", failure.check.id, failure.check.name);
    writeln!(out, "{}  {}", paint(&head, "1;31", style), failure.method)?;
    writeln!(out, "  {}", tame(&failure.message, &[]))?;
    match &failure.request_json {
        Some(messages) if messages.is_empty() => writeln!(out, "  request  (no message)")?,
        Some(messages) => {
            for message in messages {
                writeln!(out, "  request  {message}")?;
            }
        }
        None => {}
    }
    // What no other tool can be told in its own words is shown as it went over the wire.
    if failure.request_json.is_none() || failure.grpcurl.is_none() {
        bytes_text(out, &failure.request_hex)?;
    }
    writeln!(out, "  answer   {}", failure.status)?;
    for reply in &failure.response_json {
        writeln!(out, "  reply    {}", cut(&tame(&reply.to_string(), &[])))?;
    }
    for (name, value) in &failure.details {
        writeln!(out, "  {name:8} {}", tame(value, &[]))?;
    }
    if let Some(place) = &failure.place {
        let span = place.span_or_start();
        writeln!(out, "  rpc      {}:{}:{}", place.file, span.start_line, span.start_column)?;
    }
    for (at, call) in failure.before.iter().enumerate() {
        let head = if at == 0 { "before" } else { "" };
        let CallRow { method, input, status, replay, .. } = call;
        writeln!(out, "  {head:8} {replay}  {method} ({}): {status}", tame(input, &[]))?;
    }
    if let Some(line) = &failure.grpcurl {
        writeln!(out, "  grpcurl  {}", tame(line, &[]))?;
    }
    writeln!(out, "  replay   {}\n", failure.replay)
}

/// As much of a line as somebody may read; the saved report has all of it.
fn cut(line: &str) -> String {
    const SHOWN: usize = 240;
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// One line per message; of many small pieces one line for all.
fn bytes_text(out: &mut String, pieces: &[String]) -> std::fmt::Result {
    const LINES: usize = 4;
    if pieces.len() > LINES {
        return writeln!(out, "  bytes    {}", shortened(&pieces.concat()));
    }
    pieces.iter().try_for_each(|hex| writeln!(out, "  bytes    {}", shortened(hex)))
}

fn phases_text(out: &mut String, phases: &[Phase], style: Style) -> std::fmt::Result {
    let width = phases.iter().map(|phase| phase.name.len()).max().unwrap_or(0);
    for phase in phases {
        let (mark, code) = match phase.verdict {
            Verdict::Clean => ("ok    ", "32"),
            Verdict::Findings => ("BROKEN", "31"),
            Verdict::Failed => ("FAILED", "1;31"),
        };
        let seconds = phase.elapsed_ms as f64 / 1000.0;
        writeln!(
            out,
            "  {}  {:width$}  {seconds:>6.1} s  {}",
            paint(mark, code, style),
            phase.name,
            phase.summary
        )?;
    }
    Ok(())
}

/// As many digits as somebody may compare by eye; the saved case and the JSON report have them all.
fn shortened(hex: &str) -> String {
    const SHOWN: usize = 240;
    match hex.get(..SHOWN) {
        Some(start) if hex.len() > SHOWN => format!("{start}… ({} bytes)", hex.len() / 2),
        _ => hex.to_owned(),
    }
}
