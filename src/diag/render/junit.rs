//! JUnit XML, for the test tab of a CI server: a suite per file, per method of a contract run, and one for the
//! steps of a gate. The model and the writer are `quick-junit`'s. The same report always gives the same bytes:
//! no timestamps, no host names, no random ids.

use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::finding::{Finding, findings, rule_title, tame};
use crate::diag::{CaseRow, MethodRow, Phase, Report, RuleRow, Run, Section, Severity, Verdict};

pub(super) fn render(report: &Report) -> String {
    let mut junit = quick_junit::Report::new(env!("CARGO_PKG_NAME"));
    let diagnostics = findings(report);
    let diagnostics = &diagnostics[..report.diagnostics().len()];
    // The diagnostics are sorted by place: those of one file stand together.
    junit.add_test_suites(diagnostics.chunk_by(|a, b| file(a) == file(b)).map(file_suite));
    let mut elapsed = None;
    for section in report.sections() {
        match section {
            Section::Run(run) => {
                junit.add_test_suites(method_suites(run));
                elapsed = elapsed.or(Some(run.elapsed_ms));
            }
            Section::Phases(phases) => {
                junit.add_test_suite(phase_suite(phases));
                elapsed = Some(phases.iter().map(|phase| phase.elapsed_ms).sum());
            }
            Section::Line(_) | Section::Table(_) | Section::Diff(_) | Section::Changelog(_) => {}
        }
    }
    if let Some(elapsed) = elapsed {
        junit.set_time(Duration::from_millis(elapsed));
    }
    junit.to_string().expect("writing UTF-8 into memory cannot fail")
}

/// Text that XML 1.0 allows (§2.2, `Char`): no controls, shown instead, and neither U+FFFE nor U+FFFF.
fn xml(text: &str) -> String {
    tame(text, &['\n']).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Attributes hold one line: a parser would turn a line break in one into a space (§3.3.3).
fn attribute(text: &str) -> String {
    xml(text).replace('\n', " ")
}

fn file<'a>(finding: &Finding<'a>) -> &'a str {
    finding.place.map_or(env!("CARGO_PKG_NAME"), |place| &*place.file)
}

fn file_suite(findings: &[Finding]) -> TestSuite {
    let name = findings.first().map_or("", file);
    let mut suite = TestSuite::new(attribute(name));
    suite.add_test_cases(findings.iter().map(|finding| diagnostic_case(name, finding)));
    suite
}

/// A finding fails its case; we could not look is an error; what does not change the exit code passes, with
/// what it says as output.
fn diagnostic_case(file: &str, finding: &Finding) -> TestCase {
    let span = finding.place.and_then(|place| place.span);
    let at = span.map(|span| format!(" {}:{}", span.start_line, span.start_column)).unwrap_or_default();
    let mut body = format!("{}{at}: {}", file, finding.message);
    for related in finding.related {
        let span = related.place.span_or_start();
        let place = format!("{} {}:{}", related.place.file, span.start_line, span.start_column);
        body.push_str(&format!("\n{place}: {}", related.message));
    }
    for line in finding.shown() {
        body.push_str(&format!("\n{line}"));
    }
    if let Some(help) = &finding.help {
        body.push_str(&format!("\nhelp: {help}"));
    }
    let status = match finding.severity {
        Severity::Note | Severity::Warning => TestCaseStatus::success(),
        Severity::Error => failed(NonSuccessKind::Failure, &finding.title(), &finding.message, &body),
        Severity::Failure => failed(NonSuccessKind::Error, &finding.title(), &finding.message, &body),
    };
    let mut case = TestCase::new(format!("{}{at}", finding.title()), status);
    case.set_classname(attribute(file));
    if finding.severity < Severity::Error {
        case.set_system_out(xml(&body));
    }
    case
}

fn failed(kind: NonSuccessKind, rule: &str, message: &str, body: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(rule).set_message(attribute(message)).set_description(xml(body));
    status
}

/// `satisfied: kept 3, broken 0, vacuous 1 (user.proto:34)`
fn promise(rule: &RuleRow) -> String {
    let (fate, line) = (rule.fate().word(), rule.line());
    let at = if line.is_empty() { line } else { format!(" ({line})") };
    let RuleRow { kept, broken, vacuous, .. } = rule;
    attribute(&format!("{fate}: kept {kept}, broken {broken}, vacuous {vacuous}{at}"))
}

/// One suite per method of the plan; a method without failures is one case that passed.
fn method_suites(run: &Run) -> Vec<TestSuite> {
    let suite = |row: &MethodRow| {
        let failures: Vec<&CaseRow> = run.failures.iter().filter(|case| case.method == row.name).collect();
        let mut suite = TestSuite::new(attribute(&row.name));
        suite.add_property(("calls", row.calls.to_string().as_str()));
        for (status, calls) in &row.statuses {
            suite.add_property((format!("calls.{}", attribute(status)).as_str(), calls.to_string().as_str()));
        }
        for rule in run.rules.iter().filter(|rule| rule.of == row.name) {
            suite.add_property((format!("promise.{}", attribute(&rule.id)).as_str(), promise(rule).as_str()));
        }
        if failures.is_empty() {
            let status = row.skipped.as_deref().map_or_else(TestCaseStatus::success, skipped);
            suite.add_test_case(in_class(&row.name, "contract", status));
        }
        suite.add_test_cases(failures.into_iter().map(failing_case));
        suite
    };
    let mut suites: Vec<TestSuite> = run.methods.iter().map(suite).collect();
    // What a service promises as a whole belongs to none of its methods.
    let of_services = run.rules.iter().filter(|rule| run.methods.iter().all(|row| row.name != rule.of));
    if let (Some(first), rules) = (suites.first_mut(), of_services) {
        for rule in rules {
            let name = format!("promise.{}.{}", attribute(&rule.of), attribute(&rule.id));
            first.add_property((name.as_str(), promise(rule).as_str()));
        }
    }
    // Not to be lost, whatever the plan says.
    let unplanned = |case: &&CaseRow| run.methods.iter().all(|row| row.name != case.method);
    let mut rest = TestSuite::new("contract");
    rest.add_test_cases(run.failures.iter().filter(unplanned).map(failing_case));
    suites.extend((rest.tests > 0).then_some(rest));
    suites
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(attribute(reason));
    status
}

fn in_class(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(attribute(name), status);
    case.set_classname(attribute(class));
    case
}

fn failing_case(case: &CaseRow) -> TestCase {
    let mut lines = vec![case.message.clone()];
    match &case.request_json {
        Some(messages) => lines.extend(messages.iter().map(|message| format!("request: {message}"))),
        None => lines.extend(case.request_hex.iter().map(|hex| format!("bytes: {hex}"))),
    }
    lines.push(format!("answer: {}", case.status));
    lines.extend(case.details.iter().map(|(name, value)| format!("{name}: {value}")));
    if let Some(place) = &case.place {
        lines.push(format!("rpc: {}:{}", place.file, place.span_or_start().start_line));
    }
    lines.extend(case.grpcurl.iter().map(|line| format!("grpcurl: {line}")));
    lines.push(format!("replay: {}", case.replay));
    let rule = rule_title(case.check);
    let status = failed(NonSuccessKind::Failure, &rule, &case.message, &lines.join("\n"));
    in_class(&case.method, &rule, status)
}

fn phase_suite(phases: &[Phase]) -> TestSuite {
    let mut suite = TestSuite::new("gate");
    suite.add_test_cases(phases.iter().map(|phase| {
        let status = match phase.verdict {
            Verdict::Clean => TestCaseStatus::success(),
            Verdict::Findings => failed(NonSuccessKind::Failure, "gate", &phase.summary, &phase.summary),
            Verdict::Failed => failed(NonSuccessKind::Error, "gate", &phase.summary, &phase.summary),
        };
        let mut case = in_class("gate", &phase.name, status);
        case.set_time(Duration::from_millis(phase.elapsed_ms));
        case
    }));
    suite.set_time(Duration::from_millis(phases.iter().map(|phase| phase.elapsed_ms).sum()));
    suite
}
