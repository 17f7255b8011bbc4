//! SARIF 2.1.0 (OASIS Standard, 27 March 2020), for code scanning. Own types for the part that we say;
//! paragraph signs below are of the standard.

use std::path::{MAIN_SEPARATOR_STR, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use super::evidence;
use super::finding::{Finding, NOWHERE, findings, fingerprints};
use crate::diag::{Place, Related, Report, RuleInfo, Severity, Verdict};

/// The schema's own `$id`.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    short_description: Message,
    full_description: Message,
    help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'static str>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Value,
    /// §3.8: what shows the finding is nobody's property but ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

/// A whole log even when there is nothing to say: an upload without results is what closes old alerts.
pub(super) fn render(report: &Report) -> String {
    let findings = findings(report);
    let rules = rules(&findings);
    let prints = fingerprints(&findings);
    let results: Vec<Outcome> =
        findings.iter().zip(prints).map(|(finding, print)| outcome(finding, print, &rules)).collect();
    let promises: Vec<Value> = report.runs().flat_map(|run| &run.rules).map(super::json::promise).collect();
    // §3.8: what the format has no words for. Without promises there is none.
    let properties = (!promises.is_empty()).then(|| json!({ "promises": promises }));
    let mut log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // §3.20.14. A run that failed on some input is not the whole truth about the others either.
            "invocations": [{ "executionSuccessful": report.verdict() != Verdict::Failed }],
            // §3.14.17: `Span` counts scalar values.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    if let (Some(properties), Some(run)) = (properties, log["runs"].get_mut(0)) {
        run["properties"] = properties;
    }
    format!("{log:#}\n")
}

/// Every rule that occurs, by id. A rule has no level of its own here; the heaviest it was said with stands in.
fn rules(findings: &[Finding]) -> Vec<Rule> {
    let mut said: Vec<(&RuleInfo, Severity)> = findings.iter().map(|f| (f.rule, f.severity)).collect();
    said.sort_by(|(a, weight_a), (b, weight_b)| a.id.cmp(b.id).then(weight_b.cmp(weight_a)));
    said.dedup_by_key(|(rule, _)| rule.id);
    said.into_iter().map(|(rule, severity)| describe(rule, severity)).collect()
}

/// Code scanning takes no rule without a description and a help text: the summary fills in for them.
fn describe(info: &RuleInfo, severity: Severity) -> Rule {
    let explain = if info.explain.is_empty() { info.summary } else { info.explain };
    Rule {
        id: info.id,
        // §3.49.7: a name is there to say more than the id.
        name: (info.name != info.id).then_some(info.name),
        short_description: plain(info.summary),
        full_description: plain(explain),
        help: Message { markdown: Some(explain.to_owned()), ..plain(explain) },
        help_uri: info.url,
        default_configuration: Configuration { level: level(severity) },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error | Severity::Failure => "error",
    }
}

/// §3.11.5: braces stand for placeholders unless they are doubled.
fn plain(text: &str) -> Message {
    Message { text: text.replace('{', "{{").replace('}', "}}"), markdown: None }
}

fn outcome(finding: &Finding, fingerprint: String, rules: &[Rule]) -> Outcome {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let related = finding.related.iter().enumerate().map(|(index, Related { place, message })| Location {
        id: Some(index + 1),
        message: Some(plain(message)),
        ..location(place)
    });
    Outcome {
        rule_id: finding.rule.id,
        rule_index: rules.partition_point(|rule| rule.id < finding.rule.id),
        level: level(finding.severity),
        message: plain(&text),
        locations: vec![finding.place.map_or_else(|| location(&Place::file(NOWHERE)), location)],
        related_locations: related.collect(),
        partial_fingerprints: json!({ "protogateFinding/v1": fingerprint }),
        properties: finding.evidence.and_then(evidence::json).map(|it| json!({ "evidence": it })),
    }
}

/// §3.30: lines and columns from 1, the end column one after the last character, all as in `Span`. Code
/// scanning asks for a line even where a finding is about the file as a whole.
fn location(place: &Place) -> Location {
    let region = Region {
        start_line: place.span_or_start().start_line,
        start_column: place.span.map(|span| span.start_column),
        end_line: place.span.map(|span| span.end_line),
        end_column: place.span.map(|span| span.end_column),
    };
    let artifact_location = ArtifactLocation { uri: uri(&place.file) };
    Location { id: None, physical_location: PhysicalLocation { artifact_location, region }, message: None }
}

/// Everything but what RFC 3986 §2.3 calls unreserved, and the separator. The colon too: the first segment of
/// a relative reference would be a scheme with it.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A relative path is a relative reference (§3.4.3), an absolute one a `file` URI (§3.10.2).
fn uri(file: &str) -> String {
    let slashed = file.replace(MAIN_SEPARATOR_STR, "/");
    let absolute = Path::new(file).is_absolute();
    let path = if absolute { slashed.trim_start_matches('/') } else { &slashed };
    format!("{}{}", if absolute { "file:///" } else { "" }, utf8_percent_encode(path, UNSAFE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (file, expected) in [
            ("proto/user.proto", "proto/user.proto"),
            ("a b/ü#1.proto", "a%20b/%C3%BC%231.proto"),
            ("git:main:a.proto", "git%3Amain%3Aa.proto"),
            #[cfg(unix)]
            ("/srv/a?.proto", "file:///srv/a%3F.proto"),
        ] {
            assert_eq!(uri(file), expected);
        }
    }

    #[test]
    fn braces_are_doubled() {
        assert_eq!(plain("map {0}").text, "map {{0}}");
    }
}
