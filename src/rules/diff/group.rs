//! Changes under the headings of release notes.

use super::change::{Change, Element, Kind};
use crate::diag::{Advice, ChangeRow, Changelog, Diagnostic, Heading, Severity};

/// The changes with the findings about them. What a finding speaks of is breaking; a finding that speaks of no change
/// here, such as one about a file that is only imported, is a row of its own.
pub fn changelog(changes: &[Change], findings: &[Diagnostic], against: &str) -> Changelog {
    let findings: Vec<&Diagnostic> = findings.iter().filter(|it| it.severity == Severity::Error).collect();
    let mut rows: Vec<ChangeRow> = changes.iter().map(row).collect();
    let mut heard = Vec::new();
    for finding in &findings {
        let about: Vec<usize> = (0..changes.len()).filter(|&at| speaks_of(finding, &changes[at])).collect();
        let exactly: Vec<usize> =
            about.iter().copied().filter(|&at| is_subject(finding.rule.id, &changes[at])).collect();
        let about = if exactly.is_empty() { about } else { exactly };
        for &at in &about {
            rows[at].group = Heading::Breaking;
            if !rows[at].rules.contains(&finding.rule) {
                rows[at].rules.push(finding.rule);
            }
        }
        // What is inside of something that is gone is not listed: its findings go with it.
        let covered = changes.iter().any(|it| it.kind == Kind::Removed && is_inside(finding, it));
        heard.push(covered || !about.is_empty());
    }
    let left = findings.iter().zip(heard).filter(|(_, heard)| !heard).map(|(finding, _)| of_finding(finding));
    for row in left.collect::<Vec<_>>() {
        match rows.iter_mut().find(|it| it.message == row.message && it.group == Heading::Breaking) {
            Some(same) => same.rules.extend(row.rules),
            None => rows.push(row),
        }
    }
    rows.sort_by(|a, b| (a.group, &a.symbol).cmp(&(b.group, &b.symbol)));
    let advice = rows.iter().map(|row| advice(row.group)).max().unwrap_or(Advice::None);
    Changelog { against: against.to_owned(), advice, changes: rows }
}

fn advice(group: Heading) -> Advice {
    match group {
        Heading::Breaking => Advice::Major,
        Heading::Deprecated | Heading::Added | Heading::Changed | Heading::Removed => Advice::Minor,
        Heading::Documented => Advice::Patch,
    }
}

/// Whether a finding is about this change. What is new breaks nobody who knew nothing of it, and words never do.
fn speaks_of(finding: &Diagnostic, change: &Change) -> bool {
    if matches!(change.kind, Kind::Documented | Kind::Deprecated) {
        return false;
    }
    match (&finding.symbol, change.element) {
        (None, Element::File | Element::Package) => {
            finding.message.contains(&format!("`{}`", change.symbol))
                || finding.place.is_some()
                    && finding.place.as_ref().map(|it| &it.file) == change.place.as_ref().map(|it| &it.file)
                    && change.element == Element::File
                    && change.kind == Kind::Changed
        }
        (Some(symbol), Element::Reserved | Element::ExtensionRange) => {
            let is_of_ranges =
                finding.rule.id.starts_with("RESERVED_") || finding.rule.id.starts_with("EXTENSION_MESSAGE_");
            is_of_ranges && change.kind != Kind::Added && *symbol == change.symbol
        }
        (Some(symbol), Element::Message | Element::Enum) => {
            let is_of_ranges =
                finding.rule.id.starts_with("RESERVED_") || finding.rule.id.starts_with("EXTENSION_MESSAGE_");
            !is_of_ranges && change.old_symbol.as_ref() == Some(symbol)
        }
        (Some(symbol), _) => change.old_symbol.as_ref() == Some(symbol),
        _ => false,
    }
}

/// What of an element a rule looks at, by a part of the rule's name.
const SUBJECTS: [(&str, &str); 12] = [
    ("_REQUEST_TYPE", "request"),
    ("_RESPONSE_TYPE", "response"),
    ("_CLIENT_STREAMING", "client streaming"),
    ("_SERVER_STREAMING", "server streaming"),
    ("_IDEMPOTENCY_LEVEL", "option idempotency_level"),
    ("_JSON_NAME", "JSON name"),
    ("_CARDINALITY", "label"),
    ("_COMPATIBLE_TYPE", "type"),
    ("FIELD_SAME_TYPE", "type"),
    ("_SAME_ONEOF", "oneof"),
    ("_SAME_DEFAULT", "default"),
    ("_SAME_JSTYPE", "option jstype"),
];

/// Whether it is this change of an element that a rule minds, among others of the same element.
fn is_subject(rule: &str, change: &Change) -> bool {
    match SUBJECTS.iter().find(|(part, _)| rule.contains(part)) {
        Some((_, what)) => change.what.as_deref() == Some(what),
        None if rule.ends_with("_SAME_NAME") => change.kind == Kind::Renamed,
        None if rule.contains("_NO_DELETE") => {
            change.kind == Kind::Removed || change.what.as_deref() == Some("number")
        }
        None => false,
    }
}

fn is_inside(finding: &Diagnostic, change: &Change) -> bool {
    let inside = finding.symbol.as_ref().and_then(|symbol| symbol.strip_prefix(&change.symbol));
    inside.is_some_and(|rest| rest.starts_with(['.', '/']))
}

fn row(change: &Change) -> ChangeRow {
    let group = match change.kind {
        Kind::Added => Heading::Added,
        Kind::Removed => Heading::Removed,
        Kind::Deprecated => Heading::Deprecated,
        Kind::Documented => Heading::Documented,
        Kind::Renamed | Kind::Moved | Kind::Changed => Heading::Changed,
    };
    ChangeRow {
        group,
        kind: change.kind.word(),
        element: change.element.word(),
        symbol: change.symbol.clone(),
        old_symbol: change.old_symbol.clone(),
        what: change.what.clone(),
        from: change.from.clone(),
        to: change.to.clone(),
        message: change.sentence(),
        rules: Vec::new(),
        place: change.place.clone(),
    }
}

fn of_finding(finding: &Diagnostic) -> ChangeRow {
    let file = finding.place.as_ref().map_or(String::new(), |place| place.file.to_string());
    ChangeRow {
        group: Heading::Breaking,
        kind: Kind::Changed.word(),
        element: if finding.symbol.is_some() { "element" } else { Element::File.word() },
        symbol: finding.symbol.clone().unwrap_or(file),
        old_symbol: finding.symbol.clone(),
        what: None,
        from: None,
        to: None,
        message: finding.message.clone(),
        rules: vec![finding.rule],
        place: finding.place.clone(),
    }
}
