//! Laws that hold for every text a schema, a file name or a server can put into a report.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quick_xml::XmlVersion;
use quick_xml::events::Event as Xml;
use serde_json::Value;

use super::finding::tame;
use super::{Format, Style, render};
use crate::diag::read::contract_run;
use crate::diag::{
    CallRow, CaseRow, Coverage, Covered, Diagnostic, MethodRow, Part, Place, Report, RuleInfo, Run, Section,
    Severity, Span,
};

static RULE: RuleInfo = RuleInfo { id: "RULE", name: "RULE", summary: "S.", explain: "", url: None };

/// Any text, leaning towards what formats trip over.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        proptest::sample::select(vec![
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\0",
            "\u{1b}[31m",
            "\u{9b}",
            "\u{85}",
            "\u{2028}",
            "\u{fffe}",
            "\u{ffff}",
            "::error::",
            "%0A",
            "%",
            "]]>",
            "&lt;",
            "&#42;",
            "<b>",
            "<!--",
            "`",
            "```",
            "|",
            "\\|",
            "**a**",
            "_a_",
            "[a](b)",
            "{0}",
            "\"",
            "'",
            "🦀",
            "@you",
            "# a",
            "- a",
            "1. a",
            "$x$",
            "a_b",
            " ",
            "a",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn finding() -> impl Strategy<Value = Diagnostic> {
    (any_text(), any_text(), any_text(), any_text(), any::<bool>()).prop_map(
        |(message, file, help, related, placed)| {
            let span = Some(Span { start_line: 1, start_column: 2, end_line: 1, end_column: 3 });
            let place = Place { span, ..Place::file(file) };
            Diagnostic::new(&RULE, Severity::Error, message)
                .at(placed.then(|| place.clone()))
                .related(place, related)
                .help(help)
        },
    )
}

fn report(diagnostics: Vec<Diagnostic>, said: String) -> Report {
    let method = MethodRow {
        name: said.clone(),
        calls: 1,
        statuses: vec![(said.clone(), 1)],
        malformed: vec![(said.clone(), 1)],
        skipped: None,
        coverage: Some(Coverage {
            request: Covered { fields: Part { total: 1, missed: vec![said.clone()] }, ..Covered::default() },
            response: Covered::default(),
        }),
        expected: vec![said.clone(), "OK".into()],
    };
    let failure = CaseRow {
        client_streaming: false,
        id: "1".into(),
        check: &RULE,
        method: said.clone(),
        cause: said.clone(),
        message: said.clone(),
        request_json: Some(vec![Value::from(said.as_str())]),
        request_hex: vec![],
        status: said.clone(),
        replay: said.clone(),
        grpcurl: Some(said.clone()),
        place: None,
        response_json: vec![Value::from(said.as_str())],
        details: vec![(said.clone(), said.clone())],
        before: vec![CallRow {
            id: said.clone(),
            method: said.clone(),
            input: said.clone(),
            status: said.clone(),
            replay: said.clone(),
        }],
    };
    let line = said.clone();
    let promise = crate::diag::RuleRow {
        of: said.clone(),
        id: said.clone(),
        text: said.clone(),
        not_asked: Some(said.clone()),
        ..crate::diag::RuleRow::default()
    };
    let state = crate::diag::StateRow { service: said.clone(), name: said.clone(), most: 1 };
    let run = Run {
        seed: 1,
        again: said.clone(),
        shard: None,
        target: said,
        cases: 1,
        calls: 1,
        elapsed_ms: 1,
        methods: vec![method],
        failures: vec![failure],
        rules: vec![promise],
        states: vec![state],
    };
    Report::new(diagnostics).with(Section::Line(line)).with(Section::Run(run))
}

fn any_report() -> impl Strategy<Value = Report> {
    (proptest::collection::vec(finding(), 0..4), any_text())
        .prop_map(|(findings, said)| report(findings, said))
}

fn shown(report: &Report, format: Format) -> String {
    render(report, format, Style::default())
}

proptest! {
    #[test]
    fn every_format_ends_in_a_newline(report in any_report()) {
        for (name, format) in Format::ALL {
            let text = shown(&report, format);
            prop_assert!(text.is_empty() || text.ends_with('\n'), "{name}: {text:?}");
        }
    }

    #[test]
    fn a_run_is_read_back_as_it_was(report in any_report()) {
        let back = contract_run(&shown(&report, Format::Json), &|_| Some(&RULE)).unwrap();
        // A detail of several lines is several details, which look the same.
        let plain = |report: &Report| {
            let mut runs: Vec<Run> = report.runs().cloned().collect();
            runs.iter_mut().flat_map(|run| &mut run.failures).for_each(|row| row.details.clear());
            runs
        };
        prop_assert_eq!(plain(&back), plain(&report));
        prop_assert_eq!(back.verdict(), report.verdict());
        // Columns are buf's from here on, and stay.
        let again = shown(&back, Format::Json);
        let back = contract_run(&again, &|_| Some(&RULE)).unwrap();
        prop_assert_eq!(shown(&back, Format::Json), again);
    }

    #[test]
    fn what_is_no_report_is_no_panic(report in any_report(), at in any::<usize>(), text in any_text()) {
        let mut json = shown(&report, Format::Json);
        let at = (0..=json.len()).rev().filter(|at| json.is_char_boundary(*at)).nth(at % json.chars().count());
        json.insert_str(at.unwrap_or_default(), &text);
        if let Ok(back) = contract_run(&json, &|_| Some(&RULE)) {
            for (_, format) in Format::ALL {
                shown(&back, format);
            }
        }
        prop_assert!(contract_run(&text, &|_| Some(&RULE)).is_err());
    }

    #[test]
    fn json_formats_parse_back_to_the_message(report in any_report()) {
        let messages = || report.diagnostics().iter().map(|d| d.message.as_str());
        let json: Value = serde_json::from_str(&shown(&report, Format::Json)).unwrap();
        for (index, message) in messages().enumerate() {
            prop_assert_eq!(json["diagnostics"][index]["message"].as_str(), Some(message));
        }
        let gitlab: Vec<Value> = serde_json::from_str(&shown(&report, Format::Gitlab)).unwrap();
        prop_assert_eq!(gitlab.len(), report.diagnostics().len() + 1);
        for (issue, message) in gitlab.iter().zip(messages()) {
            prop_assert!(issue["description"].as_str().unwrap().starts_with(message));
        }
        let prints: std::collections::HashSet<_> =
            gitlab.iter().map(|issue| issue["fingerprint"].as_str()).collect();
        prop_assert_eq!(prints.len(), gitlab.len());
        let sarif: Value = serde_json::from_str(&shown(&report, Format::Sarif)).unwrap();
        for (result, message) in sarif["runs"][0]["results"].as_array().unwrap().iter().zip(messages()) {
            // A reader of SARIF undoes the doubling, pair by pair.
            let text = result["message"]["text"].as_str().unwrap().replace("{{", "{").replace("}}", "}");
            prop_assert!(text.starts_with(message), "{text:?}");
        }
    }

    #[test]
    fn github_has_one_line_per_command(report in any_report()) {
        let text = shown(&report, Format::Github);
        let lines: Vec<&str> = text.split_terminator(['\n', '\r']).collect();
        // One for the failing case, and one for the promises.
        prop_assert_eq!(lines.len(), report.diagnostics().len() + 2);
        prop_assert_eq!(lines.last(), Some(&"::notice title=promises::1 not asked"));
        for line in &lines[..lines.len() - 1] {
            let properties = line.strip_prefix("::error ").and_then(|rest| rest.split_once("::"));
            let (properties, _) = properties.expect("a command");
            let keys = ["file", "line", "endLine", "col", "endColumn", "title"];
            let well_formed = properties.split(',').all(|property| {
                property.split_once('=').is_some_and(|(key, value)| keys.contains(&key) && !value.contains(':'))
            });
            prop_assert!(well_formed, "{line:?}");
        }
    }

    #[test]
    fn junit_is_xml_of_legal_characters(report in any_report()) {
        let text = shown(&report, Format::Junit);
        // XML 1.0 §2.2, `Char`; surrogates are no `char` at all.
        let control = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
        let illegal = |c: char| control(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
        prop_assert!(!text.contains(illegal));
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut failures = 0;
        loop {
            match reader.read_event() {
                Ok(Xml::Eof) => break,
                Ok(Xml::Start(tag) | Xml::Empty(tag)) => {
                    failures += usize::from(tag.name().as_ref() == b"failure");
                    for attribute in tag.attributes() {
                        prop_assert!(attribute.unwrap().normalized_value(XmlVersion::Explicit1_0).is_ok());
                    }
                }
                Ok(_) => {}
                Err(error) => return Err(TestCaseError::fail(format!("{error}: {text}"))),
            }
        }
        prop_assert_eq!(failures, report.diagnostics().len() + 1);
    }

    #[test]
    fn markdown_shows_text_and_obeys_none_of_it(report in any_report()) {
        let text = shown(&report, Format::Markdown);
        let (cells, markup) = read_markdown(&text);
        prop_assert!(markup.is_empty(), "{markup:?} in {text}");
        // Four cells to a finding, five to the one method and eight to the one promise.
        prop_assert_eq!(cells.len(), 4 * report.diagnostics().len() + 5 + 8);
        for (diagnostic, cells) in report.diagnostics().iter().zip(cells.chunks(4)) {
            let lines = diagnostic.message.replace("\r\n", "\n");
            let mut expected = tame(&lines, &['\n']).replace('@', "@\u{200b}");
            // Pairs of backticks have become code.
            if expected.matches('`').count().is_multiple_of(2) {
                expected = expected.replace('`', "");
            }
            prop_assert_eq!(cells[2].trim(), expected.trim());
        }
    }
}

/// The text of every cell below the heads, and every markup that is not ours.
fn read_markdown(text: &str) -> (Vec<String>, Vec<String>) {
    let ours = ["<br>", "<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>"];
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH;
    let (mut cells, mut markup, mut head) = (Vec::<String>::new(), Vec::new(), false);
    let mut inside = false;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::TableHead) => head = true,
            Event::End(TagEnd::TableHead) => head = false,
            Event::Start(Tag::TableCell) if !head => {
                cells.push(String::new());
                inside = true;
            }
            Event::End(TagEnd::TableCell) => inside = false,
            Event::Text(text) | Event::Code(text) if inside => append(&mut cells, &text),
            Event::InlineHtml(html) if &*html == "<br>" && inside => append(&mut cells, "\n"),
            Event::InlineHtml(html) | Event::Html(html) => {
                let left = ours.iter().fold(html.to_string(), |html, tag| html.replace(tag, ""));
                markup.extend(left.contains(['<', '`']).then_some(left));
            }
            Event::InlineMath(math) | Event::DisplayMath(math) => markup.push(math.to_string()),
            Event::Start(
                tag @ (Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::BlockQuote(_)),
            ) => markup.push(format!("{tag:?}")),
            _ => {}
        }
    }
    (cells, markup)
}

fn append(cells: &mut [String], text: &str) {
    if let Some(cell) = cells.last_mut() {
        cell.push_str(text);
    }
}
