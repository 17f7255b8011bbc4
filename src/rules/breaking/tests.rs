//! The helper of every rule's tests, and what holds for all rules at once.

use super::*;
use crate::diag::{Diagnostic, Place, Report};
use crate::schema::{Source, load};

pub(super) fn schema(files: &[(&str, &str)]) -> Schema {
    let files = files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let loaded = load(&Source::Text(files));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    loaded.schema
}

/// What one rule says about a change of one file, as `place: message; old place: phrase`. The file starts
/// with a line `syntax = "proto3";` unless it names its syntax itself.
#[track_caller]
pub(super) fn says(rule: &'static Rule, old: &str, new: &str, expected: &[&str]) {
    let file = |text: &str| match text.starts_with("syntax") {
        true => text.to_owned(),
        false => format!("syntax = \"proto3\";\n{text}"),
    };
    says_of_files(rule, &[("a.proto", &file(old))], &[("a.proto", &file(new))], expected);
}

/// The same over several files; places outside `a.proto` start with their file.
#[track_caller]
pub(super) fn says_of_files(
    rule: &'static Rule,
    old: &[(&str, &str)],
    new: &[(&str, &str)],
    expected: &[&str],
) {
    let (old, new) = (schema(old), schema(new));
    let selection = Selection::new(&[rule.info.id.to_owned()], &[]).unwrap();
    let report = Report::new(check(&old, &new, &selection));
    let said: Vec<String> = report.diagnostics().iter().map(one_line).collect();
    assert_eq!(said, expected);
    for schema in [&old, &new] {
        assert_eq!(check(schema, schema, &selection).len(), 0, "a schema against itself");
    }
}

fn one_line(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place.as_ref().map_or("nowhere".to_owned(), show);
    let related = diagnostic.related.iter().map(|it| format!("; {}: {}", show(&it.place), it.message));
    format!("{place}: {}{}", diagnostic.message, related.collect::<String>())
}

fn show(place: &Place) -> String {
    let span = place
        .span
        .map(|it| format!("{}:{}-{}:{}", it.start_line, it.start_column, it.end_line, it.end_column));
    match (&*place.file, span) {
        ("a.proto", Some(span)) => span,
        (file, Some(span)) => format!("{file} {span}"),
        (file, None) => file.to_owned(),
    }
}
