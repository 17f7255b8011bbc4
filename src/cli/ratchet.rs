//! `protogate-ratchet.toml`: the breaks that were there when the check was adopted. They do not count; everything
//! that is new does. The list shrinks when `baseline ratchet` runs again, and grows only when it is told to.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::args::Ratchet as Arguments;
use super::{Context, Outcome, breaking};
use crate::diag::{Diagnostic, Place, Report, RuleInfo, Section, Severity, Span};

/// The file's name, where the configuration names no other.
const FILE_NAME: &str = "protogate-ratchet.toml";

const HEAD: &str = "# Breaks that were there when the check was adopted: `protogate explain BREAKING_RATCHET`.\n\
                    # `protogate baseline ratchet` takes out what is mended; new ones go in with --add only.\n";

/// What is wrong with the file, and what is said of it.
pub static RATCHET: RuleInfo = RuleInfo {
    id: "BREAKING_RATCHET",
    name: "BREAKING_RATCHET",
    summary: "The breaks of before are written down, and there are never more of them.",
    explain: "A repository that has breaks already adopts the check with `protogate baseline ratchet`: all findings of \
              today are written into `protogate-ratchet.toml` (or the file that `ratchet` under `[breaking]` names) by \
              their fingerprints, and do not count from then on. Everything else does. The command run again takes out \
              what does not occur any more and adds nothing: new breaks are findings. With `--add --reason TEXT` they \
              are written down as well, each with the reason. A break that was decided about belongs into \
              `[[breaking.accept]]` instead.",
    url: None,
};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "break")]
    breaks: Vec<Break>,
}

/// One break of before. Ordered by what a reader looks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
    fingerprint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The file as read.
pub struct Ratchet {
    path: PathBuf,
    /// None where there is no file.
    breaks: Option<Vec<Break>>,
}

impl Ratchet {
    /// The file of the configuration, or the one beside it if there is one. With `adopting` it may be missing.
    ///
    /// # Errors
    /// A diagnostic that points into the file.
    pub fn load(context: &Context, adopting: bool) -> Result<Ratchet, Vec<Diagnostic>> {
        let named = context.config.policy.ratchet.as_deref();
        let path = PathBuf::from(context.config.resolve(named.unwrap_or(FILE_NAME)));
        let may_be_missing = named.is_none() || adopting;
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if may_be_missing && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Ratchet { path, breaks: None });
            }
            Err(error) => {
                let said = Diagnostic::failure(&RATCHET, format!("cannot read {shown}: {error}"));
                let help = "write it with `protogate baseline ratchet`, or take `ratchet` out of [breaking]";
                return Err(vec![said.at(Place::file(shown)).help(help)]);
            }
        };
        let written: Result<Written, toml::de::Error> = toml::from_str(&text);
        let written = written.map_err(|error| {
            let span = error.span().map(|range| Span::from_bytes(&text, range.start, range.end));
            let place = Place { file: shown.into(), span, text: Some(text.as_str().into()) };
            let help = "each [[break]] has `rule` and `fingerprint`, and may have `symbol` and `reason`; \
                        `protogate baseline ratchet` writes them";
            vec![Diagnostic::failure(&RATCHET, error.message().to_owned()).at(place).help(help)]
        })?;
        Ok(Ratchet { path, breaks: Some(written.breaks) })
    }

    /// The findings without the breaks of before, and a note about these.
    pub fn apply(&self, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let Some(breaks) = &self.breaks else { return findings };
        let known: BTreeSet<&str> = breaks.iter().map(|it| it.fingerprint.as_str()).collect();
        let mut seen = BTreeSet::new();
        let counts = |finding: &Diagnostic| {
            let before = finding.fingerprint.as_deref().filter(|it| known.contains(it));
            seen.extend(before.filter(|_| finding.severity == Severity::Error).map(str::to_owned));
            finding.severity != Severity::Error || before.is_none()
        };
        let mut said: Vec<Diagnostic> = findings.into_iter().filter(counts).collect();
        let file = self.path.display().to_string();
        let note = |message: String| {
            Diagnostic::new(&RATCHET, Severity::Note, message).at(Place::file(file.as_str()))
        };
        if !seen.is_empty() {
            said.push(note(format!("{} not counted", of_before(seen.len()))));
        }
        let mended = known.len() - seen.len();
        if mended > 0 {
            let message = format!("{} not there any more", of_before(mended));
            said.push(note(message).help("take out what is mended: protogate baseline ratchet"));
        }
        said
    }

    fn write(&self, breaks: Vec<Break>) -> Result<(), Vec<Diagnostic>> {
        let write = || -> Result<(), String> {
            let text = toml::to_string(&Written { breaks }).map_err(|error| error.to_string())?;
            let folder = self.path.parent().filter(|it| !it.as_os_str().is_empty());
            let folder = folder.unwrap_or(std::path::Path::new("."));
            let beside = || -> std::io::Result<()> {
                let mut beside = tempfile::NamedTempFile::new_in(folder)?;
                write!(beside, "{HEAD}\n{text}")?;
                beside.persist(&self.path)?;
                Ok(())
            };
            beside().map_err(|error| error.to_string())
        };
        write().map_err(|error| {
            let shown = self.path.display().to_string();
            let said = Diagnostic::failure(&RATCHET, format!("cannot write {shown}: {error}"));
            vec![said.at(Place::file(shown)).help("make the folder writable")]
        })
    }
}

fn of_before(n: usize) -> String {
    if n == 1 { "1 break of before is".to_owned() } else { format!("{n} breaks of before are") }
}

/// `baseline ratchet`: the first time all findings go in; after that those that are gone go out, and new ones go in
/// with `--add` only.
pub fn ratchet(arguments: &Arguments, context: &Context) -> Outcome {
    let ratchet = Ratchet::load(context, true)?;
    let looked = breaking::look(&arguments.compare, context)?;
    if looked.problems.iter().any(|it| it.severity == Severity::Failure) {
        return Err(looked.problems);
    }
    let said = breaking::forgiven(looked, context)?;
    let (findings, others): (Vec<Diagnostic>, Vec<Diagnostic>) =
        said.into_iter().partition(|it| it.severity == Severity::Error && it.fingerprint.is_some());
    let today: BTreeSet<&str> = findings.iter().filter_map(|it| it.fingerprint.as_deref()).collect();
    let adopts = ratchet.breaks.is_none();
    let before = ratchet.breaks.as_deref().unwrap_or_default();
    let mut breaks: Vec<Break> =
        before.iter().filter(|it| today.contains(it.fingerprint.as_str())).cloned().collect();
    let mended = before.len() - breaks.len();
    let known: BTreeSet<String> = breaks.iter().map(|it| it.fingerprint.clone()).collect();
    let is_new = |finding: &&Diagnostic| finding.fingerprint.as_ref().is_some_and(|it| !known.contains(it));
    let new: BTreeSet<Break> = findings.iter().filter(is_new).filter_map(|it| entry(it, arguments)).collect();
    let adds = adopts || arguments.add;
    let added = if adds { new.len() } else { 0 };
    if adds {
        breaks.extend(new);
    }
    breaks.sort();
    breaks.dedup_by(|a, b| a.fingerprint == b.fingerprint);
    let count = breaks.len();
    if adopts || added + mended > 0 {
        ratchet.write(breaks)?;
    }
    let line = format!("{}: {count} in all, {added} added, {mended} taken out", ratchet.path.display());
    // What was not added is what it was: a finding.
    let left: Vec<Diagnostic> =
        if adds { Vec::new() } else { findings.iter().filter(is_new).cloned().collect() };
    Ok(Report::new(left.into_iter().chain(others).collect()).with(Section::Line(line)))
}

fn entry(finding: &Diagnostic, arguments: &Arguments) -> Option<Break> {
    Some(Break {
        rule: finding.rule.id.to_owned(),
        symbol: finding.symbol.clone(),
        fingerprint: finding.fingerprint.clone()?,
        reason: arguments.reason.clone(),
    })
}
