//! A run in parts comes to the same as the whole.

use super::*;
use crate::diag::{
    Diagnostic, MethodRow, Place, Report, Severity,
    read::contract_run,
    render::{Format, Style, render},
};

/// What a run is about: which method was answered how and how often, what failed, how many cases there were.
fn table(run: &Run) -> (Vec<MethodRow>, Vec<[String; 3]>, u64) {
    let key = |row: &crate::diag::CaseRow| [row.check.id.to_owned(), row.method.clone(), row.cause.clone()];
    let mut failed: Vec<_> = run.failures.iter().map(key).collect();
    failed.sort();
    (run.methods.clone(), failed, run.cases)
}

/// As `report merge` would: through the text.
fn again(report: &Report) -> Run {
    let text = render(report, Format::Json, Style::default());
    let rule = |word: &str| {
        let checks = CHECKS.iter().map(|check| &check.info).chain(NOTES.iter().copied());
        checks.into_iter().find(|info| info.id == word || info.name == word)
    };
    let read = contract_run(&text, &rule).unwrap();
    assert_eq!(render(&read, Format::Json, Style::default()), text);
    read.runs().next().unwrap().clone()
}

/// The servers answer by what they are asked alone and name nothing, so that no case depends on another.
#[tokio::test]
async fn the_shards_of_a_run_come_to_the_whole_run() {
    type Server = fn(&DescriptorPool, &Call) -> Exchange;
    let pool = users();
    for (server, failures) in [(healthy as Server, 0), (fragile as Server, 1)] {
        let server = Mock(|call: &Call| server(&pool, call));
        let (whole, _) = outcome(&server, config(4)).await;
        for of in [1, 3] {
            let mut parts = Vec::new();
            for part in 0..of {
                let (outcome, _) = outcome(&server, Config { shard: (part, of), ..config(4) }).await;
                assert_eq!(outcome.complete, of == 1);
                parts.push(again(&outcome.report));
            }
            // The order in which they come is nobody's business.
            parts.rotate_left(1);
            assert!(parts.iter().all(|part| of == 1 || part.cases < again(&whole.report).cases / 2));
            let joined = Run::join(parts).unwrap();
            assert_eq!(table(&joined), table(&again(&whole.report)), "{of} parts");
            assert_eq!(joined.failures.len(), failures);
        }
    }
}

/// A shard that saw no OK among its cases cannot know of those of another.
#[test]
fn what_is_said_of_a_method_is_said_of_all_its_calls() {
    let said = |calls: u64, method: &str| {
        let message = format!("none of {calls} valid calls of {method} was answered with OK");
        Diagnostic::new(&checks::LOW_VALID_RATE, Severity::Warning, message).at(Place::file("a.proto"))
    };
    let row = |name: &str, statuses: &[(&str, u64)]| MethodRow {
        name: name.to_owned(),
        calls: 0,
        statuses: statuses.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect(),
        malformed: Vec::new(),
        skipped: None,
        coverage: None,
        expected: Vec::new(),
    };
    let other = Diagnostic::new(&checks::SKIPPED, Severity::Note, "left out");
    let parts = vec![said(60, "a.B/C"), said(70, "a.B/C"), said(50, "a.B/Cc"), said(50, "a.B/D"), other];
    let rows = [
        row("a.B/C", &[("NOT_FOUND", 100), ("INTERNAL", 30)]),
        row("a.B/Cc", &[("NOT_FOUND", 100), ("OK", 1)]),
        row("a.B/D", &[("NOT_FOUND", 50)]),
    ];
    let messages: Vec<String> = together(parts, &rows).into_iter().map(|it| it.message).collect();
    let expected = ["left out".to_owned(), said(130, "a.B/C").message, said(50, "a.B/D").message];
    assert_eq!(messages, expected);
}
