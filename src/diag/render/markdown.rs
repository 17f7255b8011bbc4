//! Markdown as GitHub and GitLab read it, for a job summary or a comment on a change: counts, a row per
//! finding, the details folded away. What a report carries is text here, never markup: see [`escape`].

use std::fmt::{Result, Write};

use super::finding::{Finding, findings, rule_title, tame};
use crate::diag::{
    CaseRow, Changelog, Heading, Phase, Place, Report, RuleRow, Run, Section, Severity, Table, Verdict, tally,
};

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = write_report(&mut out, report);
    out
}

fn write_report(out: &mut String, report: &Report) -> Result {
    // Release notes are pasted as they are.
    if let ([], [Section::Changelog(log)]) = (report.diagnostics(), report.sections()) {
        return write_changelog(out, log);
    }
    writeln!(out, "### protogate: {}", counts(report))?;
    for section in report.sections() {
        if let Section::Phases(phases) = section {
            write_phases(out, phases)?;
        }
    }
    let said = findings(report);
    write_diagnostics(out, &said[..report.diagnostics().len()])?;
    for section in report.sections() {
        match section {
            Section::Phases(_) => {}
            Section::Line(line) => writeln!(out, "\n{}", text(line))?,
            Section::Table(table) => write_table(out, table)?,
            Section::Diff(diff) => write!(out, "\n{}", fence("diff", diff))?,
            Section::Run(run) => write_run(out, run)?,
            Section::Changelog(log) => {
                writeln!(out)?;
                write_changelog(out, log)?;
            }
        }
    }
    Ok(())
}

fn write_changelog(out: &mut String, log: &Changelog) -> Result {
    writeln!(out, "## Changes since {}\n", code(&log.against))?;
    if log.changes.is_empty() {
        return writeln!(out, "None.");
    }
    writeln!(out, "Semantic versioning: **{}**", log.advice.word())?;
    for group in Heading::ALL {
        let mut rows = log.of(group).peekable();
        if rows.peek().is_some() {
            let (first, rest) = group.word().split_at(1);
            writeln!(out, "\n### {}{rest}\n", first.to_uppercase())?;
        }
        rows.try_for_each(|row| writeln!(out, "- {}", note(&row.sentence())))?;
    }
    Ok(())
}

/// A sentence of release notes, which people read as it is written too: plain words stay plain.
fn note(sentence: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | ':' | ',' | '(' | ')' | '_' | '.');
    let parts: Vec<&str> = sentence.split('`').collect();
    let words = |(index, part): (usize, &&str)| match index % 2 {
        1 => code(part),
        _ if part.chars().all(is_plain) => (*part).to_owned(),
        _ => escape(part),
    };
    // An even number of parts has a backtick without its other one.
    if parts.len().is_multiple_of(2) { text(sentence) } else { parts.iter().enumerate().map(words).collect() }
}

fn counts(report: &Report) -> String {
    let of = |severity| report.diagnostics().iter().filter(|d| d.severity == severity).count();
    let cases = report.sections().iter().map(|section| match section {
        Section::Run(run) => run.failures.len(),
        _ => 0,
    });
    let words = [
        (of(Severity::Failure), "failure"),
        (of(Severity::Error), "finding"),
        (cases.sum(), "failing case"),
        (of(Severity::Warning), "warning"),
        (of(Severity::Note), "note"),
    ];
    let said: Vec<String> =
        words.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| many(n, word)).collect();
    match report.verdict() {
        _ if !said.is_empty() => said.join(", "),
        Verdict::Clean => "clean".to_owned(),
        Verdict::Findings => "broken".to_owned(),
        Verdict::Failed => "failed".to_owned(),
    }
}

fn many(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn write_row(out: &mut String, cells: &[String]) -> Result {
    writeln!(out, "| {} |", cells.join(" | "))
}

/// Cells are Markdown already.
fn write_rows(out: &mut String, heads: &[String], rows: impl Iterator<Item = Vec<String>>) -> Result {
    writeln!(out)?;
    write_row(out, heads)?;
    write_row(out, &vec!["---".to_owned(); heads.len()])?;
    for mut row in rows {
        row.resize(heads.len(), String::new());
        write_row(out, &row)?;
    }
    Ok(())
}

fn heads<const N: usize>(names: [&str; N]) -> [String; N] {
    names.map(str::to_owned)
}

fn write_phases(out: &mut String, phases: &[Phase]) -> Result {
    let rows = phases.iter().map(|phase| {
        let verdict = match phase.verdict {
            Verdict::Clean => "✅ ok",
            Verdict::Findings => "❌ broken",
            Verdict::Failed => "💥 failed",
        };
        vec![text(&phase.name), verdict.to_owned(), text(&phase.summary), seconds(phase.elapsed_ms)]
    });
    write_rows(out, &heads(["step", "result", "summary", "time"]), rows)
}

fn seconds(milliseconds: u64) -> String {
    format!("{:.1} s", milliseconds as f64 / 1000.0)
}

fn write_diagnostics(out: &mut String, findings: &[Finding]) -> Result {
    if findings.is_empty() {
        return Ok(());
    }
    let rows = findings.iter().map(|finding| {
        let message = match finding.severity {
            Severity::Error => text(&finding.message),
            Severity::Failure => format!("failure: {}", text(&finding.message)),
            Severity::Warning | Severity::Note => {
                format!("{}: {}", finding.severity.word(), text(&finding.message))
            }
        };
        let at = finding.place.map(place).unwrap_or_default();
        vec![code(finding.rule.id), at, message, finding.help.as_deref().map(text).unwrap_or_default()]
    });
    write_rows(out, &heads(["rule", "place", "message", "help"]), rows)?;
    write_evidence(out, findings)?;
    let older = || findings.iter().filter(|finding| !finding.related.is_empty());
    if older().next().is_none() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>Related places</summary>\n")?;
    for finding in older() {
        writeln!(out, "- {} {}", code(finding.rule.id), text(&finding.message))?;
        for related in finding.related {
            writeln!(out, "  - {}: {}", place(&related.place), text(&related.message))?;
        }
    }
    writeln!(out, "\n</details>")
}

fn write_evidence(out: &mut String, findings: &[Finding]) -> Result {
    if findings.iter().all(|finding| finding.shown().is_empty()) {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>What shows it</summary>\n")?;
    for finding in findings.iter().filter(|finding| !finding.shown().is_empty()) {
        writeln!(out, "- {} {}", code(finding.rule.id), text(&finding.message))?;
        for line in finding.shown() {
            writeln!(out, "  - {}", text(&line))?;
        }
    }
    writeln!(out, "\n</details>")
}

fn place(place: &Place) -> String {
    code(&match place.span {
        Some(span) => format!("{}:{}:{}", place.file, span.start_line, span.start_column),
        None => place.file.to_string(),
    })
}

fn write_table(out: &mut String, table: &Table) -> Result {
    if !table.title.is_empty() {
        writeln!(out, "\n**{}**", text(&table.title))?;
    }
    let cells = |row: &[String]| row.iter().map(|cell| text(cell)).collect::<Vec<_>>();
    write_rows(out, &cells(&table.columns), table.rows.iter().map(|row| cells(row)))
}

fn write_run(out: &mut String, run: &Run) -> Result {
    let failures = match run.failures.len() {
        0 => "no failures".to_owned(),
        n => many(n, "failing case"),
    };
    writeln!(out, "\n#### Contract: {failures}\n")?;
    let time = seconds(run.elapsed_ms);
    writeln!(
        out,
        "{} cases, {} calls in {time} on {}; {} draws them again",
        run.cases,
        run.calls,
        code(&run.target),
        code(&format!("--seed {}", run.seed))
    )?;
    let rows = run.methods.iter().map(|method| {
        let answers = match &method.skipped {
            Some(reason) => format!("skipped: {}", text(reason)),
            None => {
                let counted =
                    method.statuses.iter().map(|(status, calls)| format!("{} {calls}", code(status)));
                counted.collect::<Vec<_>>().join(", ")
            }
        };
        let unseen: Vec<String> = method.unseen().into_iter().map(code).collect();
        let answers = match unseen.is_empty() {
            true => answers,
            false => format!("{answers}; promised and never seen: {}", unseen.join(", ")),
        };
        let [sent, seen] = method.ratios();
        vec![code(&method.name), method.calls.to_string(), sent, seen, answers]
    });
    write_rows(out, &heads(["method", "calls", "sent", "seen", "answers"]), rows)?;
    write_promises(out, run)?;
    run.failures.iter().try_for_each(|failure| write_failure(out, failure))
}

fn write_promises(out: &mut String, run: &Run) -> Result {
    let Some(tally) = tally(&run.rules) else { return Ok(()) };
    writeln!(out, "\n<details><summary>Promises: {tally}</summary>\n")?;
    let rows = run.rules.iter().map(|row: &RuleRow| {
        let fate = match &row.not_asked {
            Some(why) if row.kept + row.broken + row.unclear == 0 => format!("not asked: {}", text(why)),
            _ => row.fate().word().to_owned(),
        };
        let counts = [row.kept, row.broken, row.vacuous].map(|count| count.to_string());
        let at = if row.place.is_some() { code(&row.line()) } else { String::new() };
        [vec![code(&row.of), code(&row.id)], counts.to_vec(), vec![fate, code(&row.text), at]].concat()
    });
    write_rows(out, &heads(["of", "promise", "kept", "broken", "vacuous", "fate", "text", "line"]), rows)?;
    for row in &run.states {
        writeln!(out, "\n- {} of {}: {} at most", code(&row.name), code(&row.service), row.most)?;
    }
    writeln!(out, "\n</details>")
}

fn write_failure(out: &mut String, case: &CaseRow) -> Result {
    let rule = rule_title(case.check);
    // The line of a summary is HTML, where backticks are only backticks.
    let summary = format!("{} {}: {}", element(&rule), element(&case.method), text(&case.message));
    writeln!(out, "\n<details><summary>{summary}</summary>\n")?;
    match &case.request_json {
        Some(messages) => {
            let pretty = messages.iter().map(|message| format!("{message:#}"));
            write!(out, "Request:\n\n{}", fence("json", &pretty.collect::<Vec<_>>().join("\n")))?;
        }
        None => write!(out, "Request, as bytes:\n\n{}", fence("text", &case.request_hex.join("\n")))?,
    }
    writeln!(out, "\n- answer: {}", code(&case.status))?;
    for (name, value) in &case.details {
        writeln!(out, "- {}: {}", text(name), code(value))?;
    }
    if let Some(at) = &case.place {
        writeln!(out, "- rpc: {}", place(at))?;
    }
    let commands: Vec<&str> = std::iter::once(&*case.replay).chain(case.grpcurl.as_deref()).collect();
    write!(out, "\nReplay:\n\n{}", fence("sh", &commands.join("\n")))?;
    writeln!(out, "\n</details>")
}

/// A block of code whose fence is longer than any in it.
fn fence(language: &str, content: &str) -> String {
    let content = tame(content, &['\n', '\t']);
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", content.trim_end_matches('\n'))
}

/// A code span: between backticks where nothing in it could end them, and as an element otherwise.
fn code(content: &str) -> String {
    let simple = |c: char| !c.is_control() && !matches!(c, '`' | '|' | '\\' | '<' | '>' | '&');
    match content.chars().all(simple) && !content.trim().is_empty() && content.trim() == content {
        true => format!("`{content}`"),
        false => element(content),
    }
}

fn element(content: &str) -> String {
    format!("<code>{}</code>", escape(content))
}

/// Text as itself, but for what stands between backticks: messages quote names that way, and it becomes code.
fn text(content: &str) -> String {
    let parts: Vec<&str> = content.split('`').collect();
    // An even number of parts has a backtick without its other one.
    if parts.len().is_multiple_of(2) {
        return escape(content);
    }
    let shown = parts.into_iter().enumerate();
    shown.map(|(index, part)| if index.is_multiple_of(2) { escape(part) } else { element(part) }).collect()
}

/// Whatever could be Markdown or HTML is a character reference, which never is
/// (CommonMark §2.5), in or outside a table. A line break stays one; a mention notifies nobody.
fn escape(content: &str) -> String {
    let mut out = String::new();
    let content = tame(&content.replace("\r\n", "\n"), &['\n']);
    let mut rest = content.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let inside_a_word = before.is_alphanumeric() && rest.peek().is_some_and(|c| c.is_alphanumeric());
        // What begins a list, a quote or indented code only does so at the start; a space before a word is none.
        let word_follows = c == ' ' && rest.peek().is_some_and(|c| c.is_alphanumeric());
        let starts = out.is_empty() && !c.is_alphanumeric() && !word_follows;
        match c {
            '\n' => out.push_str("<br>"),
            '@' => out.push_str("@&#8203;"),
            '_' if inside_a_word => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '#' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            _ if starts => out.push_str(&format!("&#{};", u32::from(c))),
            _ => out.push(c),
        }
        before = c;
    }
    out
}
