//! GitLab's code quality report: the part of Code Climate's issue format that GitLab reads
//! (`docs.gitlab.com/ci/testing/code_quality`, "Code Quality report format").

use serde_json::{Value, json};

use super::finding::{Finding, NOWHERE, findings, fingerprints};
use crate::diag::{Report, Severity};

/// A JSON array, `[]` when there is nothing to say: GitLab takes the file as the state of the branch.
pub(super) fn render(report: &Report) -> String {
    let findings = findings(report);
    let issues = findings.iter().zip(fingerprints(&findings)).map(|(finding, print)| issue(finding, print));
    format!("{:#}\n", issues.collect::<Value>())
}

fn issue(finding: &Finding, fingerprint: String) -> Value {
    // GitLab shows the description on one line.
    let mut description = finding.message.clone();
    for line in finding.shown() {
        description.push_str(&format!("; {line}"));
    }
    if let Some(help) = &finding.help {
        description.push_str(&format!("; help: {help}"));
    }
    let (path, line) =
        finding.place.map_or((NOWHERE, 1), |place| (&*place.file, place.span_or_start().start_line));
    json!({
        "description": description,
        "check_name": finding.rule.id,
        "fingerprint": fingerprint,
        "severity": severity(finding.severity),
        "location": {
            // Paths that begin with ./ do not match the files of a merge request.
            "path": path.strip_prefix("./").unwrap_or(path),
            "lines": { "begin": line },
        },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "info",
        Severity::Warning => "minor",
        Severity::Error => "critical",
        Severity::Failure => "blocker",
    }
}
