//! `rules` and `explain`: everything that can be said, and what it means.

use super::Outcome;
use super::breaking::COMPILE;
use super::config::CONFIG;
use super::diff::DIFF;
use super::docs::DOCS_COVERAGE;
use super::history::RELEASE;
use super::known::KNOWN;
use super::merge::REPORT;
use super::plugin::PLUGIN;
use super::ratchet::RATCHET;
use super::service::SERVICE;
use super::tls::TLS;
use super::watch::WATCH;
use crate::codegen;
use crate::contract::{CHECKS, Level, NOTES, PROBES};
use crate::diag::{Diagnostic, Report, RuleInfo, Section, Table};
use crate::promise::contract::lint;
use crate::rules::accept::{ACCEPT, EXPIRED, UNUSED};
use crate::rules::breaking::{BREAKING, Files, Rule, SELECTION};
use crate::rules::ledger::{CATEGORY, HISTORY};
use crate::schema::{PROBLEMS, nearest};

/// An id that nothing has.
static EXPLAIN: RuleInfo = RuleInfo {
    id: "EXPLAIN",
    name: "EXPLAIN",
    summary: "The rule or check exists.",
    explain: "`protogate rules` lists every rule and check.",
    url: None,
};

/// Everything that has an id but is neither a breaking rule nor a check.
fn others() -> impl Iterator<Item = &'static RuleInfo> {
    let notes = NOTES.iter().copied();
    PROBLEMS
        .into_iter()
        .chain([&ACCEPT, &UNUSED, &EXPIRED, &RATCHET, &RELEASE, &DIFF, &DOCS_COVERAGE])
        .chain(codegen::PROBLEMS)
        .chain([&CONFIG, &COMPILE, &PLUGIN, &WATCH, &SERVICE, &TLS, &KNOWN, &REPORT, &SELECTION, &EXPLAIN])
        .chain(notes)
        .chain(lint::PROBLEMS)
}

/// The rule, check or note of this id or name.
pub fn rule(word: &str) -> Option<&'static RuleInfo> {
    let checks = CHECKS.iter().map(|check| &check.info).chain(PROBES.iter().map(|probe| &probe.info));
    let all = BREAKING.iter().map(|rule| &rule.info).chain(HISTORY).chain(checks).chain(others());
    all.into_iter().find(|info| info.id == word || info.name == word)
}

pub fn rules() -> Report {
    let table = |title: &str, columns: &[&str], rows: Vec<Vec<String>>| {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Section::Table(Table { title: title.to_owned(), columns, rows })
    };
    let breaking = BREAKING.iter().map(|rule| {
        let categories: Vec<&str> = rule.categories.iter().map(|category| category.id()).collect();
        vec![rule.info.id.to_owned(), categories.join(" "), rule.info.summary.to_owned()]
    });
    let history =
        HISTORY.iter().map(|info| vec![info.id.to_owned(), CATEGORY.to_owned(), info.summary.to_owned()]);
    let breaking = breaking.chain(history);
    let row = |info: &RuleInfo, level: Level| {
        let level = format!("{level:?}").to_lowercase();
        vec![info.id.to_owned(), info.name.to_owned(), level, info.summary.to_owned()]
    };
    let checks = CHECKS.iter().map(|check| row(&check.info, check.level));
    let checks = checks.chain(PROBES.iter().map(|probe| row(&probe.info, probe.level)));
    let problems = others().map(|info| vec![info.id.to_owned(), info.summary.to_owned()]);
    Report::default()
        .with(table("check-breaking", &["rule", "categories", "what it checks"], breaking.collect()))
        .with(table("\ncontract", &["code", "check", "level", "what it checks"], checks.collect()))
        .with(table("\nproblems and notes", &["id", "what it checks"], problems.collect()))
}

/// Every rule and check with all that `explain` says of it, in Markdown.
pub fn page() -> Report {
    let mut page =
        "# Rules and checks\n\nWritten by `protogate rules --page`.\n\n## check-breaking\n".to_owned();
    let entry = |info: &RuleInfo, more: String| {
        let name = if info.name == info.id { String::new() } else { format!(" {}", info.name) };
        let source = info.url.map(|url| format!("\n\nSource: <{url}>")).unwrap_or_default();
        format!("\n### {}{name}\n\n{}{more}\n\n{}{source}\n", info.id, info.summary, info.explain)
    };
    for rule in BREAKING {
        let categories: Vec<&str> = rule.categories.iter().map(|category| category.id()).collect();
        page += &entry(&rule.info, format!(" Categories: {}.", categories.join(", ")));
        page += &format!("\nBefore:\n\n{}\nAfter:\n\n{}", files(rule.example.old), files(rule.example.new));
    }
    for info in HISTORY {
        page += &entry(info, format!(" Category: {CATEGORY}."));
    }
    page += "\n## contract\n";
    let checks = CHECKS.iter().map(|check| (&check.info, check.level));
    for (info, level) in checks.chain(PROBES.iter().map(|probe| (&probe.info, probe.level))) {
        page += &entry(info, format!(" Level: {}.", format!("{level:?}").to_lowercase()));
    }
    page += "\n## Problems and notes\n";
    for info in others() {
        page += &entry(info, String::new());
    }
    Report::default().with(Section::Line(page.trim_end().to_owned()))
}

pub fn explain(id: &str) -> Outcome {
    let same = |info: &RuleInfo| info.id.eq_ignore_ascii_case(id) || info.name.eq_ignore_ascii_case(id);
    if let Some(rule) = BREAKING.iter().find(|rule| same(&rule.info)) {
        return Ok(Report::default().with(Section::Line(breaking_rule(rule))));
    }
    let probes = || PROBES.iter().map(|probe| &probe.info);
    let checks = || CHECKS.iter().map(|check| &check.info).chain(probes());
    if let Some(info) = HISTORY.into_iter().chain(checks()).chain(others()).find(|info| same(info)) {
        return Ok(Report::default().with(Section::Line(words(info))));
    }
    let breaking = BREAKING.iter().map(|rule| rule.info.id).chain(HISTORY.iter().map(|info| info.id));
    let names: Vec<&str> =
        breaking.chain(others().map(|info| info.id)).chain(checks().map(|info| info.name)).collect();
    let upper = id.to_uppercase();
    let help = match nearest(&upper, names.iter().copied()).or_else(|| nearest(id, names.iter().copied())) {
        Some(name) => format!("did you mean {name}?"),
        None => "`protogate rules` lists them all".to_owned(),
    };
    Err(vec![Diagnostic::failure(&EXPLAIN, format!("no rule or check is called `{id}`")).help(help)])
}

fn words(info: &RuleInfo) -> String {
    let title = if info.name == info.id { info.id.to_owned() } else { format!("{} {}", info.id, info.name) };
    let source = info.url.map(|url| format!("\n\nSource: {url}")).unwrap_or_default();
    format!("{title}\n{}\n\n{}{source}", info.summary, info.explain)
}

fn breaking_rule(rule: &Rule) -> String {
    let categories: Vec<&str> = rule.categories.iter().map(|category| category.id()).collect();
    format!(
        "{}\n\nCategories: {}\n\nBefore:\n{}\nAfter:\n{}",
        words(&rule.info),
        categories.join(", "),
        files(rule.example.old),
        files(rule.example.new)
    )
}

fn files(files: Files) -> String {
    let one = |(name, text): &(&str, &str)| {
        let lines: Vec<String> = text.trim().lines().map(|line| format!("    {line}\n")).collect();
        format!("    // {name}\n{}", lines.concat())
    };
    match files {
        [] => "    (no file)\n".to_owned(),
        files => files.iter().map(one).collect(),
    }
}
