//! What the formats of other tools have room for: a list of findings, each at one place. A diagnostic is one;
//! so is a failing case of a contract run, at its rpc. Not a format itself.

use std::collections::HashMap;

use super::evidence;
use crate::diag::{CaseRow, Diagnostic, Evidence, Place, Related, Report, RuleInfo, Section, Severity};

/// Stands in for the file of a finding that has no place, where a format takes none without: the repository.
/// GitLab and GitHub's code scanning both drop the whole report over one such finding.
pub(super) const NOWHERE: &str = ".";

/// One finding, whatever it came from.
pub(super) struct Finding<'a> {
    pub rule: &'static RuleInfo,
    pub severity: Severity,
    pub message: String,
    pub place: Option<&'a Place>,
    pub related: &'a [Related],
    pub help: Option<String>,
    pub evidence: Option<&'a Evidence>,
}

impl Finding<'_> {
    /// The rule as people know it: its code, and its name where that says more.
    pub fn title(&self) -> String {
        rule_title(self.rule)
    }

    /// What shows it, a phrase per line, as people read it.
    pub fn shown(&self) -> Vec<String> {
        self.evidence.map(evidence::lines).unwrap_or_default()
    }
}

/// The code of a rule, and its name where that is another word.
pub(super) fn rule_title(rule: &RuleInfo) -> String {
    if rule.name == rule.id { rule.id.to_owned() } else { format!("{} {}", rule.id, rule.name) }
}

/// The diagnostics in their order, then the failing cases in theirs.
pub(super) fn findings(report: &Report) -> Vec<Finding<'_>> {
    let said = report.diagnostics().iter().map(of_diagnostic);
    let ran = report.sections().iter().filter_map(|section| match section {
        Section::Run(run) => Some(run.failures.iter().map(of_case)),
        _ => None,
    });
    said.chain(ran.flatten()).collect()
}

fn of_diagnostic(diagnostic: &Diagnostic) -> Finding<'_> {
    Finding {
        rule: diagnostic.rule,
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        place: diagnostic.place.as_ref(),
        related: &diagnostic.related,
        help: diagnostic.help.clone(),
        evidence: diagnostic.evidence.as_deref(),
    }
}

fn of_case(case: &CaseRow) -> Finding<'_> {
    Finding {
        rule: case.check,
        severity: Severity::Error,
        message: format!("{}: {}", case.method, case.message),
        place: case.place.as_ref(),
        related: &[],
        help: Some(format!("run it again: {}", case.replay)),
        evidence: None,
    }
}

/// One name per finding, unique within the report: a hash of rule, file and message. Lines stay out of it, so
/// that a finding keeps its name when code moves above it; findings that differ by nothing else are counted.
pub(super) fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen = HashMap::new();
    let name = |finding: &Finding| {
        let file = finding.place.map_or("", |place| &*place.file);
        let parts = [finding.rule.id, file, &finding.message];
        let earlier = seen.entry(parts.map(str::to_owned)).or_insert(0_u64);
        let count = earlier.to_string();
        *earlier += 1;
        format!("{:016x}", hash(parts.into_iter().chain((count != "0").then_some(&*count))))
    };
    findings.iter().map(name).collect()
}

/// FNV-1a, 64 bits: short, and the same on every machine and in every release, which the hashers of `std` do
/// not promise. It guards nothing, so that it need not resist anybody.
fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    // 0xff occurs in no UTF-8: it keeps "ab", "c" from meeting "a", "bc".
    let bytes = parts.flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Shows control characters instead of obeying them, `kept` ones excepted: what a server says must not write
/// on a terminal or end a line of a format.
pub(super) fn tame(text: &str, kept: &[char]) -> String {
    let shown = |c: char| c.is_control() && !kept.contains(&c);
    text.chars().map(|c| if shown(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // The draft's vectors for "" and "a"; ours goes on with the separator.
        assert_eq!(hash(std::iter::empty()), 0xcbf2_9ce4_8422_2325);
        let separated = (0xaf63_dc4c_8601_ec8c_u64 ^ 0xff).wrapping_mul(0x100_0000_01b3);
        assert_eq!(hash(std::iter::once("a")), separated);
    }
}
