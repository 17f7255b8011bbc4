//! Breaks that a team has decided to live with: which findings are accepted, by whom, why and until when.
//!
//! An [`Acceptance`] stands in a configuration or in a [comment](comments) at the element. It names a rule and a
//! symbol, and the [`fingerprint`] of a finding where only one change is meant. [`accept`] turns the findings that
//! are accepted into warnings; an acceptance that is over, or that no finding has any use for, is a finding itself,
//! so that the list only ever shrinks.
//!
//! Absent on purpose: what day it is, which version comes next, and what a configuration looks like.

mod comment;
mod fingerprint;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use comment::comments;
pub use fingerprint::fingerprint;

use crate::diag::{Diagnostic, Place, RuleInfo, Severity};

/// An acceptance that cannot be used.
pub static ACCEPT: RuleInfo = RuleInfo {
    id: "BREAKING_ACCEPT",
    name: "BREAKING_ACCEPT",
    summary: "Every accepted break has a rule, a symbol or fingerprint, and a reason.",
    explain: "A break that a team lives with is written down: as `[[breaking.accept]]` in `protogate.toml` with \
              `rule`, `symbol`, `reason`, and if wanted `fingerprint` (the id that the finding is printed with, when \
              only this change is meant), `owner` and `until` (the last day, or the version with which it ends); or as \
              a comment above the element, in the new schema or in the old one: `// protogate:accept FIELD_NO_DELETE \
              reason=\"...\" until=2027-01-01 owner=api-team`. A comment counts for what it stands above and for what \
              is, or was, inside. `protogate accept ID --reason TEXT` writes an entry. An accepted break is a warning. \
              An entry without a reason is refused.",
    url: None,
};

/// One that nothing needs.
pub static UNUSED: RuleInfo = RuleInfo {
    id: "ACCEPT_UNUSED",
    name: "ACCEPT_UNUSED",
    summary: "Every accepted break is still there.",
    explain: "No finding of this run is what the entry accepts: the change was taken back, or the baseline has it by \
              now. Remove the entry, so that it does not accept the next break of the same kind. It is not said of \
              rules that were not asked, nor when a schema does not compile.",
    url: None,
};

/// One whose time is over.
pub static EXPIRED: RuleInfo = RuleInfo {
    id: "ACCEPT_EXPIRED",
    name: "ACCEPT_EXPIRED",
    summary: "No accepted break is over its time.",
    explain: "The last day of the entry has passed, or its version has come, and the break is still there: it counts \
              again. Take the change back, or decide anew and write another `until`.",
    url: None,
};

/// One decision to live with a break.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The rule's id.
    pub rule: String,
    /// The full name of what breaks; nothing for what has none, such as a file.
    pub symbol: Option<String>,
    /// The id of the one finding that is meant, or how it starts.
    pub fingerprint: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Until when, as written.
    pub until: Option<String>,
    /// Why it does not count any more, if so.
    pub over: Option<String>,
    /// Where it is written.
    pub place: Place,
    /// How it was written.
    pub written: Written,
}

/// Where an acceptance is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// In a configuration: it is about its symbol only.
    Configuration,
    /// Above an element of the new schema: it is about what is inside as well.
    New,
    /// The same in the old schema, which nobody can edit: that nothing needs it is not said.
    Old,
}

impl Acceptance {
    /// Whether it speaks of this finding.
    pub fn matches(&self, finding: &Diagnostic) -> bool {
        finding.rule.id == self.rule && self.is_about(finding) && self.means(finding)
    }

    fn is_about(&self, finding: &Diagnostic) -> bool {
        match (&self.symbol, &finding.symbol, self.written) {
            (Some(own), Some(its), Written::Configuration) => own == its,
            (Some(own), Some(its), _) => {
                let inside = its.strip_prefix(own.as_str());
                inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            }
            (None, _, Written::Configuration) => true,
            // A comment above `syntax` or `package` is about the file.
            (None, None, _) => {
                let files = finding.place.iter().chain(finding.related.iter().map(|it| &it.place));
                files.into_iter().any(|place| place.file == self.place.file)
            }
            _ => false,
        }
    }

    fn means(&self, finding: &Diagnostic) -> bool {
        let Some(own) = &self.fingerprint else { return true };
        finding.fingerprint.as_ref().is_some_and(|its| its.starts_with(own.as_str()))
    }

    /// Where to find it.
    fn line(&self) -> String {
        format!("{}:{}", self.place.file, self.place.span_or_start().start_line)
    }

    /// "FIELD_NO_DELETE of `p.M.b`".
    fn title(&self) -> String {
        match (&self.symbol, &self.fingerprint) {
            (Some(symbol), _) => format!("{} of `{symbol}`", self.rule),
            (None, Some(fingerprint)) => format!("{} ({fingerprint})", self.rule),
            (None, None) => self.rule.clone(),
        }
    }
}

/// Turns what is accepted into warnings, and says which acceptances are over or have nothing to accept. `asked` are
/// the rules that had something to say; where `whole` is not set, something was not compared, and nothing is unused.
pub fn accept(
    findings: Vec<Diagnostic>,
    acceptances: &[Acceptance],
    asked: &BTreeSet<&str>,
    whole: bool,
) -> Vec<Diagnostic> {
    let mut used = vec![false; acceptances.len()];
    let mut said: Vec<Diagnostic> = Vec::new();
    for mut finding in findings {
        let matching: Vec<usize> = match finding.severity {
            Severity::Error => {
                (0..acceptances.len()).filter(|&at| acceptances[at].matches(&finding)).collect()
            }
            _ => Vec::new(),
        };
        matching.iter().for_each(|&at| used[at] = true);
        if let Some(&at) = matching.iter().find(|&&at| acceptances[at].over.is_none()) {
            weaken(&mut finding, &acceptances[at]);
        }
        said.push(finding);
    }
    for (acceptance, used) in acceptances.iter().zip(used) {
        let at = acceptance.place.clone();
        match (&acceptance.over, used) {
            (Some(why), true) => said.push(
                Diagnostic::new(
                    &EXPIRED,
                    Severity::Error,
                    format!("{} is accepted no longer: {why}", acceptance.title()),
                )
                .at(at)
                .help(format!(
                    "take the change back, or write another `until`; the reason was: {}",
                    acceptance.reason
                )),
            ),
            (_, false)
                if whole
                    && acceptance.written != Written::Old
                    && asked.contains(acceptance.rule.as_str()) =>
            {
                said.push(
                    Diagnostic::new(
                        &UNUSED,
                        Severity::Error,
                        format!("{} is accepted, and there is no such finding", acceptance.title()),
                    )
                    .at(at)
                    .help("remove it"),
                )
            }
            _ => {}
        }
    }
    said
}

fn weaken(finding: &mut Diagnostic, acceptance: &Acceptance) {
    finding.severity = Severity::Warning;
    finding.message = format!("{} (accepted: {})", finding.message, acceptance.reason);
    let owner = acceptance.owner.as_ref().map(|owner| format!(" by {owner}"));
    let until = acceptance.until.as_ref().map(|until| format!(" until {until}"));
    let (owner, until) = (owner.unwrap_or_default(), until.unwrap_or_default());
    finding.help = Some(format!("accepted{owner}{until}, {}", acceptance.line()));
}
