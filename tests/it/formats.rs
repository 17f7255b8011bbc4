//! Formats of others, judged by others: what we write is valid to the tool that defines it.

#![allow(clippy::unwrap_used)] // clippy knows the functions with #[test] only, not their helpers

use std::path::Path;
use std::process::{Command, Output};

use protogate::diag::render::{Format, Style, render};
use protogate::diag::{CaseRow, Diagnostic, Place, Report, RuleInfo, Run, Section, Severity, Span};

use crate::peers;

static RULE: RuleInfo = RuleInfo {
    id: "FIELD_NO_DELETE",
    name: "FIELD_NO_DELETE",
    summary: "Fields are not deleted.",
    explain: "A field that is gone takes its number with it. Use `reserved {1}`.",
    url: Some("https://protobuf.dev/programming-guides/proto3/#deleting"),
};

static CHECK: RuleInfo = RuleInfo { id: "PG101", name: "not_a_server_error", explain: "", url: None, ..RULE };

fn place(file: &str, end_line: u32) -> Place {
    Place {
        span: Some(Span { start_line: 2, start_column: 3, end_line, end_column: 9 }),
        ..Place::file(file)
    }
}

/// Every kind of place, severity and character that is worth a validator's opinion.
fn sample() -> Report {
    let failure = CaseRow {
        client_streaming: false,
        id: "7f3a".into(),
        check: &CHECK,
        method: "user.UserService/CreateUser".into(),
        cause: "INTERNAL".into(),
        message: "answered with INTERNAL: {\"at\": [1](2)}".into(),
        request_json: None,
        request_hex: vec!["ff".into()],
        status: "INTERNAL".into(),
        replay: "protogate replay 7f3a".into(),
        grpcurl: None,
        place: Some(place("proto/user.proto", 2)),
        response_json: vec![],
        details: vec![],
        before: vec![],
    };
    let run = Run {
        seed: 7,
        again: String::new(),
        shard: None,
        target: "http://127.0.0.1:50051".into(),
        cases: 1,
        calls: 1,
        elapsed_ms: 1,
        methods: vec![],
        failures: vec![failure],
        rules: vec![],
        states: vec![],
    };
    Report::new(vec![
        Diagnostic::new(&RULE, Severity::Error, "field 2 \"b\" was deleted\u{1b} <Ä>")
            .at(place("proto/a b#ü:1.proto", 2))
            .related(place("baseline/a.proto", 4), "it was here")
            .help("reserved 2;"),
        Diagnostic::new(&RULE, Severity::Warning, "over several lines").at(place("/srv/a.proto", 7)),
        Diagnostic::new(&RULE, Severity::Note, "a whole file").at(Place::file("git:main:z.proto")),
        Diagnostic::failure(&RULE, "nowhere"),
    ])
    .with(Section::Run(run))
}

/// The errors of the schema, of the standard's prose and of GitHub's code scanning.
fn validate(sarif: &Path, text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("log.sarif"), text).unwrap();
    let mut command = Command::new(sarif);
    command.args(["validate", "log.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error"]);
    // A slim machine has no ICU, without which .NET only runs when told so.
    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    command.current_dir(folder.path()).output().unwrap()
}

#[test]
fn sarif_is_valid_to_its_authors() {
    let Some(sarif) = peers::or_skip("sarif") else { return };
    for report in [sample(), Report::default()] {
        let text = render(&report, Format::Sarif, Style::default());
        let output = validate(&sarif, &text);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && !said.contains(": error "), "{said}\n{text}");
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let Some(sarif) = peers::or_skip("sarif") else { return };
    let text =
        render(&sample(), Format::Sarif, Style::default()).replace("\"startLine\": 2", "\"startLine\": 0");
    let output = validate(&sarif, &text);
    assert!(String::from_utf8_lossy(&output.stdout).contains("error JSON1008"), "{output:?}");
}
