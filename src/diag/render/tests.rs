//! One sample report, every renderer, snapshots on one screen.

use super::{Format, Style, render};
use crate::diag::{
    Agreement, CallRow, CaseRow, Coverage, Covered, Diagnostic, Direction, Encoding, Evidence, MethodRow,
    Part, Phase, Place, Reading, Report, RuleInfo, RuleRow, Run, Section, Severity, Span, StateRow, Table,
    Verdict, Witness,
};

static RULE: RuleInfo = RuleInfo {
    id: "FIELD_NO_DELETE",
    name: "FIELD_NO_DELETE",
    summary: "Fields are not deleted.",
    explain: "",
    url: None,
};

static CHECK: RuleInfo = RuleInfo { id: "PG101", name: "not_a_server_error", ..RULE };

fn place(file: &str, text: Option<&str>, line: u32, columns: (u32, u32)) -> Place {
    let (start_column, end_column) = columns;
    let span = Some(Span { start_line: line, start_column, end_line: line, end_column });
    Place { file: file.into(), span, text: text.map(Into::into) }
}

pub(super) fn findings() -> Report {
    let new = "syntax = \"proto3\";\nmessage Ä { string a = 1; }\n";
    Report::new(vec![
        Diagnostic::new(&RULE, Severity::Error, "field 2 \"b\" was deleted from message \"Ä\"")
            .at(place("proto/a.proto", Some(new), 2, (9, 10)))
            .related(place("baseline/a.proto", None, 4, (3, 16)), "it was here")
            .help("reserved 2; reserved \"b\";"),
        Diagnostic::new(&RULE, Severity::Warning, "nothing to point at").at(Place::file("z.proto")),
        Diagnostic::new(&RULE, Severity::Warning, "nothing to point at").at(Place::file("z.proto")),
    ])
}

fn coverage() -> Coverage {
    let part =
        |total, missed: &[&str]| Part { total, missed: missed.iter().map(ToString::to_string).collect() };
    Coverage {
        request: Covered {
            fields: part(3, &["filter.since"]),
            values: part(2, &["role=ADMIN"]),
            arms: part(2, &[]),
            cut: false,
        },
        response: Covered { fields: part(2, &[]), ..Covered::default() },
    }
}

pub(super) fn run() -> Run {
    let failure = CaseRow {
        id: "7f3a".into(),
        check: &CHECK,
        method: "user.UserService/CreateUser".into(),
        cause: "INTERNAL".into(),
        message: "a valid request was answered with INTERNAL".into(),
        client_streaming: false,
        request_json: Some(vec![serde_json::json!({"name": "🦀"})]),
        request_hex: vec!["0a04f09fa680".into()],
        status: "INTERNAL".into(),
        replay: "protogate replay 7f3a".into(),
        grpcurl: Some(
            "grpcurl -plaintext -d '{\"name\":\"🦀\"}' 127.0.0.1:50051 user.UserService/CreateUser".into(),
        ),
        place: Some(place("proto/user.proto", None, 21, (3, 9))),
        response_json: vec![serde_json::json!({"id": "7"})],
        details: vec![("message".into(), "byte index 1\u{1b}[2J is not a char boundary".into())],
        before: vec![CallRow {
            id: "1c0d".into(),
            method: "user.UserService/GetUser".into(),
            input: "random".into(),
            status: "NOT_FOUND".into(),
            replay: "protogate replay 1c0d".into(),
        }],
    };
    Run {
        seed: 7,
        again: "protogate contract --target http://127.0.0.1:50051 --seed 7".into(),
        shard: None,
        target: "http://127.0.0.1:50051".into(),
        cases: 20,
        calls: 31,
        elapsed_ms: 1234,
        methods: vec![
            MethodRow {
                name: "user.UserService/CreateUser".into(),
                calls: 20,
                statuses: vec![("OK".into(), 9), ("INTERNAL".into(), 1)],
                malformed: vec![("INTERNAL".into(), 10)],
                skipped: None,
                coverage: Some(coverage()),
                expected: vec!["OK".into(), "ALREADY_EXISTS".into()],
            },
            MethodRow {
                name: "user.UserService/Chat".into(),
                calls: 0,
                statuses: Vec::new(),
                malformed: Vec::new(),
                skipped: Some("not asked for".into()),
                coverage: None,
                expected: vec!["OK".into()],
            },
        ],
        failures: vec![failure],
        rules: vec![
            promise("ensures/echo", "resp.name == req.name", [9, 0, 1, 0]),
            promise("ensures/fresh_id", "resp.id != \"\"", [4, 2, 0, 0]),
            promise("errors/taken", "old.users.exists(k, old.users[k].email == req.email)", [0, 0, 7, 0]),
            RuleRow {
                not_asked: Some("the server may hold more than is known: give --reset-cmd".into()),
                ..promise("final/slice", "got | a\n== b", [0, 0, 3, 0])
            },
            RuleRow {
                of: "user.UserService".into(),
                ..promise("invariant/order", "old < new", [0, 0, 0, 1])
            },
        ],
        states: vec![StateRow { service: "user.UserService".into(), name: "users".into(), most: 5 }],
    }
}

fn promise(id: &str, text: &str, [kept, broken, vacuous, unclear]: [u64; 4]) -> RuleRow {
    let span = Span { start_line: 3, start_column: 5, end_line: 3, end_column: 9 };
    RuleRow {
        of: "user.UserService/CreateUser".into(),
        id: id.into(),
        text: text.into(),
        place: Some(Place { span: Some(span), ..Place::file("proto/user.proto") }),
        kept,
        broken,
        vacuous,
        unclear,
        not_asked: None,
    }
}

pub(super) fn gate() -> Report {
    let phase = |name: &str, verdict, summary: &str| Phase {
        name: name.into(),
        verdict,
        summary: summary.into(),
        elapsed_ms: 40,
    };
    findings().with(Section::Run(run())).with(Section::Phases(vec![
        phase("generate", Verdict::Clean, "9 files as generated"),
        phase("check-breaking", Verdict::Findings, "1 finding"),
    ]))
}

pub(super) fn table() -> Report {
    let cells = |row: [&str; 2]| row.map(str::to_owned).to_vec();
    Report::default()
        .with(Section::Line("accepted".into()))
        .with(Section::Table(Table {
            title: "changes".into(),
            columns: cells(["rule", "what"]),
            rows: vec![cells(["FIELD_NO_DELETE", "b"]), cells(["X", "cc"])],
        }))
        .with(Section::Diff("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n".into()))
}

/// A finding that a witness shows, and one that no value can.
pub(super) fn evidence() -> Report {
    let reading = |direction, encoding, verdict, written: &str, read: &str| Reading {
        direction,
        encoding,
        verdict,
        written: written.into(),
        read: read.into(),
    };
    let readings = vec![
        reading(
            Direction::OldToNew,
            Encoding::Binary,
            Agreement::Lossy,
            "088080808008",
            "{\"a\":-2147483648}",
        ),
        reading(
            Direction::OldToNew,
            Encoding::Json,
            Agreement::Rejected,
            "{\"a\":\"2147483648\"}",
            "out of range",
        ),
        reading(Direction::NewToOld, Encoding::Binary, Agreement::Same, "0801", "{\"a\":\"1\"}"),
    ];
    let witness = Witness {
        message: "p.M".into(),
        hex: "088080808008".into(),
        json: "{\"a\":\"2147483648\"}".into(),
        readings,
    };
    let with = |message: &str, witness| {
        let evidence = Some(Box::new(Evidence { witness: Some(witness), ..Evidence::default() }));
        Diagnostic { evidence, ..Diagnostic::new(&RULE, Severity::Error, message) }
    };
    Report::new(vec![
        with("new readers lose what old writers send", Ok(witness)).at(place("a.proto", None, 2, (3, 9))),
        with("option `go_package` changed", Err("only generated code changes".into()))
            .at(Place::file("b.proto")),
    ])
}

#[test]
fn what_is_shown() {
    let of = |format| render(&evidence(), format, Style::default());
    insta::assert_snapshot!("shown_text", of(Format::Text));
    insta::assert_snapshot!("shown_json", of(Format::Json));
    insta::assert_snapshot!("shown_markdown", of(Format::Markdown));
    insta::assert_snapshot!("shown_github", of(Format::Github));
    insta::assert_snapshot!("shown_gitlab", of(Format::Gitlab));
    insta::assert_snapshot!("shown_junit", of(Format::Junit));
    let sarif: serde_json::Value = of(Format::Sarif).parse().unwrap();
    insta::assert_snapshot!("shown_sarif", format!("{:#}", sarif["runs"][0]["results"]));
    let html = of(Format::Html);
    let rows: Vec<&str> = html.lines().filter(|line| line.contains("<dt>shown</dt>")).collect();
    insta::assert_snapshot!("shown_html", rows.join("\n"));
}

#[test]
fn text() {
    insta::assert_snapshot!("findings_text", render(&findings(), Format::Text, Style::default()));
    insta::assert_snapshot!("gate_text", render(&gate(), Format::Text, Style::default()));
    insta::assert_snapshot!("table_json", render(&table(), Format::Json, Style::default()));
    insta::assert_snapshot!("table_text", render(&table(), Format::Text, Style::default()));
}

#[test]
fn json() {
    insta::assert_snapshot!("findings_json", render(&findings(), Format::Json, Style::default()));
    let run = Report::default().with(Section::Run(run()));
    insta::assert_snapshot!("run_json", render(&run, Format::Json, Style::default()));
    insta::assert_snapshot!("gate_json", render(&gate(), Format::Json, Style::default()));
}

/// The same four reports in `format`.
fn shown(format: Format) -> [String; 4] {
    let run = Report::default().with(Section::Run(run()));
    [findings(), run, gate(), table()].map(|report| render(&report, format, Style::default()))
}

#[test]
fn github() {
    let [findings, run, gate, table] = shown(Format::Github);
    insta::assert_snapshot!("findings_github", findings);
    assert_eq!(gate, findings + &run);
    assert_eq!(table, "");
}

#[test]
fn sarif() {
    let [.., gate, _] = shown(Format::Sarif);
    insta::assert_snapshot!("gate_sarif", gate.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn junit() {
    let [.., gate, _] = shown(Format::Junit);
    insta::assert_snapshot!("gate_junit", gate);
    let unplanned = Report::default().with(Section::Run(Run { methods: Vec::new(), ..run() }));
    assert!(render(&unplanned, Format::Junit, Style::default()).contains("failures=\"1\""));
}

#[test]
fn gitlab() {
    let [.., gate, _] = shown(Format::Gitlab);
    insta::assert_snapshot!("gate_gitlab", gate);
}

#[test]
fn markdown() {
    let [_, _, gate, table] = shown(Format::Markdown);
    insta::assert_snapshot!("gate_markdown", gate);
    insta::assert_snapshot!("table_markdown", table);
}

#[test]
fn ndjson() {
    let [findings, _, gate, table] = shown(Format::Ndjson);
    insta::assert_snapshot!("gate_ndjson", gate);
    assert_eq!(findings.lines().count(), 3);
    assert_eq!(table, "{\"event\":\"summary\",\"verdict\":\"clean\",\"diagnostics\":0}\n");
}

#[test]
fn colour_only_when_asked() {
    let plain = render(&gate(), Format::Text, Style::default());
    let coloured = render(&gate(), Format::Text, Style { colour: true, width: None });
    assert!(!plain.contains('\x1b'));
    assert!(coloured.contains('\x1b'));
}

#[test]
fn silence_is_empty() {
    let nothing = |format| render(&Report::default(), format, Style::default());
    for format in [Format::Text, Format::Json, Format::Github] {
        assert_eq!(nothing(format), "");
    }
    assert_eq!(nothing(Format::Gitlab), "[]\n");
    assert_eq!(nothing(Format::Markdown), "### protogate: clean\n");
    assert!(nothing(Format::Junit).contains("tests=\"0\""));
    assert!(nothing(Format::Sarif).contains("\"results\": []"));
    assert_eq!(Report::default().verdict(), Verdict::Clean);
    assert_eq!(findings().verdict(), Verdict::Findings);
}
