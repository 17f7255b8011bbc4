//! `protogate-known.toml`: failures that a team has decided to live with, each with a reason and a last day.
//!
//! A failure that is known is a warning. One whose day is over is a failure again. An entry that a whole run had
//! no use for is worth a note, so that the file only ever shrinks by itself.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobMatcher;
use serde::Deserialize;
use toml::Spanned;

use super::Context;
use super::config::did_you_mean;
use super::date::Date;
use crate::contract::{self, CHECKS, Case, PROBES, THE_SERVER};
use crate::diag::{CaseRow, Diagnostic, Place, RuleInfo, Run, Severity, Span};

/// The file's name, where the configuration names no other.
const FILE_NAME: &str = "protogate-known.toml";

/// What is wrong with the file, or with an entry of it.
pub static KNOWN: RuleInfo = RuleInfo {
    id: "KNOWN_FAILURES",
    name: "KNOWN_FAILURES",
    summary: "Every known failure has a check, a method, a reason and a last day, and is still there.",
    explain: "`protogate-known.toml`, or the file that `known` under `[contract]` names, holds a `[[known]]` for each \
              failure that a team has decided to live with: `check`, `method` (a glob does), `reason`, `expires` \
              (YYYY-MM-DD, the last day on which it counts) and, if only one way to fail is meant, `cause`. Such a \
              failure is a warning. `protogate contract --accept-known --reason TEXT` writes the entries. An entry \
              that no failure of a whole run matches is to be removed: what it stood for is mended.",
    url: None,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    known: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    check: Spanned<String>,
    method: Spanned<String>,
    cause: Option<String>,
    reason: Spanned<String>,
    expires: Spanned<toml::Value>,
}

/// The file as read.
pub struct Known {
    path: PathBuf,
    text: String,
    entries: Vec<Entry>,
}

/// One failure, or one kind of them.
struct Entry {
    check: &'static RuleInfo,
    method: String,
    pattern: GlobMatcher,
    cause: Option<String>,
    reason: String,
    expires: Date,
    place: Place,
    /// Whether it decided about a failure of this run.
    used: bool,
}

impl Known {
    /// The file of the configuration, or the one beside it if there is one. With `accepting` it may be missing.
    ///
    /// # Errors
    /// A diagnostic that points into the file.
    pub fn load(context: &Context, accepting: bool) -> Result<Known, Vec<Diagnostic>> {
        let named = context.config.contract.known.as_deref();
        let path = PathBuf::from(context.config.resolve(named.unwrap_or(FILE_NAME)));
        let may_be_missing = named.is_none() || accepting;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if may_be_missing && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                let help = "take `known` out of [contract], or write the file with \
                            `protogate contract --accept-known --reason TEXT`";
                return Err(vec![Diagnostic::failure(&KNOWN, message).at(shown(&path)).help(help)]);
            }
        };
        let entries = entries(&path, &text)?;
        Ok(Known { path, text, entries })
    }

    /// Appends an entry for each failure that no entry of today matches; says how many.
    ///
    /// # Errors
    /// When the file cannot be written, or would not be one of ours any more.
    pub fn accept(&mut self, run: &Run, reason: &str, expires: Date) -> Result<usize, Vec<Diagnostic>> {
        let today = Date::today();
        let is_new = |row: &&CaseRow| !self.entries.iter().any(|it| it.is(row) && it.expires >= today);
        let mut added = String::new();
        let mut count = 0;
        for row in run.failures.iter().filter(is_new) {
            added.push_str(&written(row, reason, expires));
            count += 1;
        }
        if count == 0 {
            return Ok(0);
        }
        let head = match self.text.is_empty() {
            true => {
                "# Failures of the contract that are known, and until when: `protogate explain KNOWN_FAILURES`.\n"
            }
            false if self.text.ends_with('\n') => "",
            false => "\n",
        };
        let added = format!("{head}{added}");
        let whole = format!("{}{added}", self.text);
        // Appended, so that comments and order stay; read again before it is written, because not every file can be
        // appended to: `known = [...]` cannot.
        self.entries = entries(&self.path, &whole).map_err(|_| {
            let help = "write its entries as tables that begin with [[known]], at the end of the file";
            let message = format!("cannot add to {}", self.path.display());
            vec![Diagnostic::failure(&KNOWN, message).at(shown(&self.path)).help(help)]
        })?;
        let opened = std::fs::OpenOptions::new().create(true).append(true).open(&self.path);
        opened.and_then(|mut file| file.write_all(added.as_bytes())).map_err(|error| {
            let message = format!("cannot write {}: {error}", self.path.display());
            vec![Diagnostic::failure(&KNOWN, message).at(shown(&self.path)).help("make the file writable")]
        })?;
        self.text = whole;
        Ok(count)
    }

    /// The file, as messages name it.
    pub fn file(&self) -> String {
        self.path.display().to_string()
    }

    /// Takes what is known on this day out of the failures of a run and says it as warnings.
    pub fn apply(&mut self, run: &mut Run, today: Date) -> Vec<Diagnostic> {
        let mut said = Vec::new();
        for mut row in std::mem::take(&mut run.failures) {
            let Some(entry) = self.decides(row.check.name, &row.method, &row.cause, today) else {
                run.failures.push(row);
                continue;
            };
            if entry.expires < today {
                let why = format!("expired on {}: {} ({})", entry.expires, entry.reason, entry.line());
                row.details.push(("known".to_owned(), why));
                run.failures.push(row);
                continue;
            }
            let message = format!("{}: {} (known: {})", row.method, row.message, entry.reason);
            let until = format!("counts until {}, {}", entry.expires, entry.line());
            said.push(
                Diagnostic::new(row.check, Severity::Warning, message)
                    .at(row.place)
                    .help(format!("{until}; see it again: {}", row.replay)),
            );
        }
        said
    }

    /// Marks the entry that would decide about a case, if it were heavier.
    pub fn is_needed(&mut self, case: &Case, today: Date) {
        let method = if case.method.is_empty() { THE_SERVER } else { &case.method };
        self.decides(&case.check, method, &case.cause, today);
    }

    /// The entry that decides about a failure: the first that counts, or else the first that did.
    fn decides(&mut self, check: &str, method: &str, cause: &str, today: Date) -> Option<&Entry> {
        let matching = |entry: &Entry| entry.matches(check, method, cause);
        let counts = self.entries.iter().position(|entry| matching(entry) && entry.expires >= today);
        let at = counts.or_else(|| self.entries.iter().position(matching))?;
        let entry = &mut self.entries[at];
        entry.used = true;
        Some(entry)
    }

    /// A note for each entry that a run had no use for, among those that `asked` says it could have had.
    pub fn unused(&self, asked: impl Fn(&RuleInfo, &GlobMatcher) -> bool) -> Vec<Diagnostic> {
        let idle = self.entries.iter().filter(|entry| !entry.used && asked(entry.check, &entry.pattern));
        let note = |entry: &Entry| {
            let message = format!("{} of {} does not fail this way any more", entry.check.name, entry.method);
            Diagnostic::new(&KNOWN, Severity::Note, message)
                .at(entry.place.clone())
                .help("remove the entry, if it was not for chance")
        };
        idle.map(note).collect()
    }
}

impl Entry {
    fn matches(&self, check: &str, method: &str, cause: &str) -> bool {
        self.check.name == check
            && self.pattern.is_match(method)
            && self.cause.as_deref().is_none_or(|known| known == cause)
    }

    fn is(&self, row: &CaseRow) -> bool {
        self.matches(row.check.name, &row.method, &row.cause)
    }

    fn line(&self) -> String {
        format!("{}:{}", self.place.file, self.place.span_or_start().start_line)
    }
}

fn shown(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

fn written(row: &CaseRow, reason: &str, expires: Date) -> String {
    let mut text = "\n[[known]]\n".to_owned();
    let (check, expires) = (row.check.name, expires.to_string());
    let keys = [("check", check), ("method", &row.method), ("cause", &row.cause), ("reason", reason)];
    let filled = keys.into_iter().filter(|(_, value)| !value.is_empty());
    for (key, value) in filled.chain([("expires", expires.as_str())]) {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{key} = {}", toml::Value::from(value));
    }
    text
}

fn entries(path: &Path, text: &str) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let (file, whole): (Arc<str>, Arc<str>) = (path.display().to_string().into(), text.into());
    let place = |range: Option<std::ops::Range<usize>>| Place {
        file: file.clone(),
        span: range.map(|range| Span::from_bytes(text, range.start, range.end)),
        text: Some(whole.clone()),
    };
    let parsed: Result<Written, toml::de::Error> = toml::from_str(text);
    let written = parsed.map_err(|error| {
        let help = did_you_mean(error.message()).unwrap_or_else(|| {
            "each [[known]] has `check`, `method`, `reason` and `expires`, and may have `cause`".to_owned()
        });
        vec![Diagnostic::failure(&KNOWN, error.message().to_owned()).at(place(error.span())).help(help)]
    })?;
    let mut wrong = Vec::new();
    let mut entries = Vec::new();
    for it in written.known {
        let at = place(Some(it.check.span()));
        let check = contract::select(std::slice::from_ref(it.check.get_ref()), &[], false);
        let pattern = contract::patterns(std::slice::from_ref(it.method.get_ref()));
        let expires = match it.expires.get_ref() {
            toml::Value::String(text) => text.parse(),
            other => other.to_string().parse::<Date>(),
        };
        match (check.map(|_| info(it.check.get_ref())), pattern.as_deref(), &expires) {
            (Err(diagnostic), ..) => wrong.push(Diagnostic { rule: &KNOWN, ..diagnostic }.at(at)),
            (_, Err(diagnostic), _) => {
                wrong.push(
                    Diagnostic { rule: &KNOWN, ..diagnostic.clone() }.at(place(Some(it.method.span()))),
                );
            }
            (.., Err(message)) => {
                let message = format!("`expires`: {message}");
                let help = "`expires` is the last day on which the failure counts as known";
                wrong
                    .push(Diagnostic::failure(&KNOWN, message).at(place(Some(it.expires.span()))).help(help));
            }
            _ if it.reason.get_ref().trim().is_empty() => {
                let help = "say why the failure may stay, such as the number of a ticket";
                let at = place(Some(it.reason.span()));
                wrong.push(Diagnostic::failure(&KNOWN, "the reason is empty").at(at).help(help));
            }
            (Ok(Some(check)), Ok([pattern]), Ok(expires)) => entries.push(Entry {
                check,
                method: it.method.get_ref().clone(),
                pattern: pattern.clone(),
                cause: it.cause,
                reason: it.reason.into_inner(),
                expires: *expires,
                place: at,
                used: false,
            }),
            _ => {}
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
}

/// The check of this name or code.
fn info(word: &str) -> Option<&'static RuleInfo> {
    let infos = CHECKS.iter().map(|check| &check.info).chain(PROBES.iter().map(|probe| &probe.info));
    infos.into_iter().find(|info| info.name == word || info.id.eq_ignore_ascii_case(word))
}
