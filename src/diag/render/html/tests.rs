//! The page as data for a browser: what others say stays text, and every kind of report is whole.

use super::{PARTS, SCRIPT, render};
use crate::diag::render::tests::{findings, gate, run, table};
use crate::diag::{
    CallRow, Diagnostic, MethodRow, Place, Report, RuleInfo, Run, Section, Severity, Span, Table,
};

#[test]
fn the_policy_knows_the_script() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let (_, script) = PARTS.iter().find(|(name, _)| *name == "page.js").unwrap();
    // The template writes the script without its last line break.
    let page = render(&Report::default());
    let written = page.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
    assert_eq!(written.trim_end(), script.trim_end());
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(written));
    assert_eq!(SCRIPT, format!("sha256-{hash}"), "write the new hash into SCRIPT");
}

/// What a server, a schema and a file name can say, in every place where they can say it.
fn hostile(said: &str) -> Report {
    static RULE: RuleInfo = RuleInfo { id: "R", name: "R", summary: "S.", explain: "", url: None };
    let text = || said.to_owned();
    let place = Place {
        file: said.into(),
        span: Some(Span { start_line: 1, start_column: 1, end_line: 1, end_column: 2 }),
        text: Some(said.into()),
    };
    let sample = run();
    let mut failure = sample.failures[0].clone();
    failure.place = Some(place.clone());
    failure.request_json = Some(vec![serde_json::json!({said: said})]);
    failure.request_hex = vec![text()];
    failure.response_json = vec![serde_json::json!({said: [said]})];
    failure.details = vec![(text(), text())];
    failure.grpcurl = Some(text());
    failure.before =
        vec![CallRow { id: text(), method: text(), input: text(), status: text(), replay: text() }];
    for field in
        [&mut failure.id, &mut failure.method, &mut failure.message, &mut failure.status, &mut failure.replay]
    {
        *field = text();
    }
    let mut coverage = sample.methods[0].coverage.clone().unwrap();
    for part in [&mut coverage.request.fields, &mut coverage.request.values, &mut coverage.response.arms] {
        part.missed = vec![text()];
    }
    let answers = || vec![(text(), 1)];
    let method = |skipped| MethodRow {
        name: text(),
        calls: 1,
        statuses: answers(),
        malformed: answers(),
        skipped,
        coverage: Some(coverage.clone()),
        expected: vec![text(), "OK".to_owned()],
    };
    let run = Run {
        target: text(),
        again: text(),
        methods: vec![method(None), method(Some(text()))],
        failures: vec![failure],
        rules: vec![crate::diag::RuleRow {
            of: text(),
            id: text(),
            text: text(),
            place: Some(place.clone()),
            not_asked: Some(text()),
            ..crate::diag::RuleRow::default()
        }],
        states: vec![crate::diag::StateRow { service: text(), name: text(), most: 1 }],
        ..sample
    };
    let phase = crate::diag::Phase {
        name: text(),
        verdict: crate::diag::Verdict::Failed,
        summary: text(),
        elapsed_ms: 1,
    };
    let diagnostic = |severity| {
        Diagnostic::new(&RULE, severity, said).at(place.clone()).related(place.clone(), said).help(said)
    };
    Report::new(vec![diagnostic(Severity::Error), Diagnostic::new(&RULE, Severity::Note, said)])
        .with(Section::Line(text()))
        .with(Section::Table(Table { title: text(), columns: vec![text()], rows: vec![vec![text()]] }))
        .with(Section::Diff(text()))
        .with(Section::Run(run))
        .with(Section::Phases(vec![phase]))
}

/// The tags of a page, without what is not ours to escape.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split("<body>").nth(1).and_then(|rest| rest.split("<script>").next()).unwrap();
    body.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)).collect()
}

#[test]
fn no_markup_of_others_passes() {
    let harmless = render(&hostile("word"));
    for said in [
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "' onmouseover='alert(1)",
        "\" autofocus onfocus=\"alert(1)",
        "</pre></details></main><img src=x onerror=alert(1)>",
        "</title></style><script>",
        "<!--",
        "{{ 7 * 7 }}{% for %}",
        "javascript:alert(1)",
        "&lt;script&gt;",
    ] {
        let page = render(&hostile(said));
        // The same tags with the same attributes, but for the text that attributes quote.
        let shape = |tags: Vec<&str>| -> Vec<String> {
            let names = |tag: &str| {
                let unquoted = tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
                unquoted.split_whitespace().collect::<Vec<_>>().join(" ")
            };
            tags.into_iter().map(names).collect()
        };
        assert_eq!(shape(tags(&page)), shape(tags(&harmless)), "{said}");
        assert_eq!(page.matches("<script").count(), 1, "{said}");
        assert!(!page.contains("alert(1)>"), "{said}");
    }
}

#[test]
fn what_stands_between_backticks_is_code_and_no_markup() {
    let page = render(&hostile("`<script>` and `<b>`"));
    let shown = "<code>&lt;script&gt;</code> and <code>&lt;b&gt;</code>";
    assert!(page.contains(&format!("<span class=\"message\">{shown}</span>")), "{page}");
    assert_eq!((page.matches("<script").count(), page.contains("<b>`")), (1, false));
    assert!(render(&hostile("it`s <b>")).contains("<span class=\"message\">it`s &lt;b&gt;</span>"));
}

#[test]
fn text_that_turns_others_around_is_shown_as_what_it_is() {
    let page = render(&hostile("a\u{202e}b\u{2066}c\u{1b}[2Jd\0"));
    assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{1b}', '\0']));
    assert!(page.contains(r"a\u{202e}b\u{2066}c\u{1b}[2Jd\u{0}"));
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = render(&gate());
    for reaching in ["src=", "@import", "url(", "<link", "fetch(", "XMLHttpRequest", "http-equiv=\"refresh\""]
    {
        assert!(!page.contains(reaching), "{reaching}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn every_kind_of_report_is_a_page() {
    let whole = |page: &str| page.starts_with("<!doctype html>") && page.ends_with("</html>\n");
    for (report, heading) in [
        (Report::default(), "protogate: clean"),
        (findings(), "protogate: 1 finding"),
        (table(), "protogate: clean"),
        (Report::default().with(Section::Run(run())), "Contract run: 1 failure"),
        (gate(), "Gate: 1 failure, 1 finding"),
    ] {
        let page = render(&report);
        assert!(whole(&page) && page.contains(&format!("</span>{heading}</h1>")), "{heading}");
    }
}

#[test]
fn a_sample() {
    // Without what does not change from page to page.
    let page = render(&gate());
    let body = page.split("<body>").nth(1).and_then(|rest| rest.split("<script>").next()).unwrap();
    insta::assert_snapshot!("gate_html", body);
}
