//! What `[breaking]` says beyond rules and paths: more baselines, history, deletions, accepted breaks.

use serde::Deserialize;
use toml::Spanned;

use super::block::Word;
use super::date::Date;
use crate::diag::{Diagnostic, Place};
use crate::rules::accept::{ACCEPT, Acceptance, Written};
use crate::rules::deletion;

/// The part of `[breaking]` that is no block, as written.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// What is compared with, in place of `baseline`.
    pub against: Vec<String>,
    /// The releases that are looked back on.
    pub history: Option<Word>,
    /// The version that is being made.
    pub release: Option<Word>,
    /// When something may be deleted.
    pub deletion: Option<deletion::Policy>,
    /// Accepted breaks; `over` is not filled in.
    pub accept: Vec<Acceptance>,
    /// The file of breaks that were there when the check was adopted.
    pub ratchet: Option<String>,
}

/// `deletion = { deprecated-releases = 2, reserved = true }`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrittenDeletion {
    deprecated_releases: u16,
    reserved: bool,
}

impl From<&WrittenDeletion> for deletion::Policy {
    fn from(written: &WrittenDeletion) -> deletion::Policy {
        let WrittenDeletion { deprecated_releases, reserved } = *written;
        deletion::Policy { deprecated_releases: deprecated_releases.into(), reserved }
    }
}

/// `[[breaking.accept]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WrittenAcceptance {
    rule: Spanned<String>,
    symbol: Option<String>,
    fingerprint: Option<String>,
    reason: Spanned<String>,
    owner: Option<String>,
    until: Option<toml::Value>,
}

impl WrittenAcceptance {
    /// The acceptance, without `over`.
    pub fn read(&self, place: impl Fn(std::ops::Range<usize>) -> Place) -> Result<Acceptance, Diagnostic> {
        let rule = self.rule.get_ref().clone();
        let at = place(self.rule.span());
        if self.reason.get_ref().trim().is_empty() {
            let help = "say why the break may stay, such as the number of a ticket";
            let said = Diagnostic::failure(&ACCEPT, "the reason is empty").at(place(self.reason.span()));
            return Err(said.help(help));
        }
        if self.symbol.is_none() && self.fingerprint.is_none() {
            let help = "write `symbol`, the full name of what changed, or `fingerprint`, the id of the finding; \
                        `protogate accept ID --reason TEXT` writes both";
            let message = "the entry would accept every finding of the rule";
            return Err(Diagnostic::failure(&ACCEPT, message).at(at).help(help));
        }
        let until = self.until.as_ref().map(|value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        Ok(Acceptance {
            rule,
            symbol: self.symbol.clone(),
            fingerprint: self.fingerprint.clone(),
            reason: self.reason.get_ref().clone(),
            owner: self.owner.clone(),
            until,
            over: None,
            place: at,
            written: Written::Configuration,
        })
    }
}

/// Until when an acceptance counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Until {
    /// The last day.
    Day(Date),
    /// The version with which it ends.
    Version(semver::Version),
}

impl std::str::FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Until, String> {
        if let Ok(day) = text.parse() {
            return Ok(Until::Day(day));
        }
        let version = semver::Version::parse(text.strip_prefix('v').unwrap_or(text));
        version.map(Until::Version).map_err(|_| {
            format!("`{text}` is neither a day nor a version: write {} or 2.0.0", Date::in_days(90))
        })
    }
}
