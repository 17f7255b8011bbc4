//! GitHub workflow commands: one line per finding, which the runner turns into an annotation on the changed
//! file. Escapes as `@actions/core` does (`command.ts`: `escapeData`, `escapeProperty`).

use std::fmt::Write;

use super::finding::{Finding, findings, tame};
use crate::diag::{Place, Report, Severity, tally};

pub(super) fn render(report: &Report) -> String {
    // One line, as the runner shows few annotations: which promises they are stands in the other forms.
    let promises = report.runs().filter_map(|run| tally(&run.rules));
    let promises = promises.map(|tally| format!("::notice title=promises::{}\n", data(&tally)));
    findings(report).iter().map(command).chain(promises).collect()
}

fn command(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error | Severity::Failure => "error",
    };
    let mut properties = finding.place.map(place).unwrap_or_default();
    properties.push(("title", finding.title()));
    let properties: Vec<String> =
        properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    format!("::{word} {}::{}\n", properties.join(","), data(&body(finding)))
}

/// The runner takes columns only within one line.
fn place(place: &Place) -> Vec<(&'static str, String)> {
    let mut properties = vec![("file", place.file.to_string())];
    let Some(span) = place.span else { return properties };
    properties.push(("line", span.start_line.to_string()));
    properties.push(("endLine", span.end_line.to_string()));
    if span.start_line == span.end_line {
        properties.push(("col", span.start_column.to_string()));
        properties.push(("endColumn", span.end_column.to_string()));
    }
    properties
}

fn body(finding: &Finding) -> String {
    let mut body = finding.message.clone();
    for related in finding.related {
        let span = related.place.span_or_start();
        // Writing into a String cannot fail.
        let _ = write!(body, "\n{}: {}:{}", related.message, related.place.file, span.start_line);
    }
    for line in finding.shown() {
        let _ = write!(body, "\n{line}");
    }
    if let Some(help) = &finding.help {
        let _ = write!(body, "\nhelp: {help}");
    }
    body
}

fn data(text: &str) -> String {
    tame(text, &['\n', '\r', '\t']).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_escape_more_than_data() {
        assert_eq!(data("50%: a,\r\nb"), "50%25: a,%0D%0Ab");
        assert_eq!(property("50%: a,\r\nb"), "50%25%3A a%2C%0D%0Ab");
        assert_eq!(data("\u{1b}[2J"), "\\u{1b}[2J");
    }

    #[test]
    fn columns_go_when_lines_differ() {
        let mut span = crate::diag::Span { start_line: 3, start_column: 2, end_line: 3, end_column: 9 };
        let keys = |span| {
            let place = super::place(&Place { span: Some(span), ..Place::file("a.proto") });
            place.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(keys(span), ["file", "line", "endLine", "col", "endColumn"]);
        span.end_line = 4;
        assert_eq!(keys(span), ["file", "line", "endLine"]);
    }
}
