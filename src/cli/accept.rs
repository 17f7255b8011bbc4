//! Accepted breaks: which of them count today, and `accept`, which writes one into `protogate.toml`.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use super::args::Accept;
use super::breaking::Looked;
use super::config::{Config, FILE_NAME};
use super::date::Date;
use super::policy::Until;
use super::{Context, Outcome, breaking, catalogue, history};
use crate::diag::{Diagnostic, Place, Report, Section, Severity};
use crate::rules::accept::{ACCEPT, Acceptance, Written, accept};
use crate::rules::breaking::BREAKING;
use crate::rules::ledger::HISTORY;
use crate::schema::nearest;

/// The findings of a comparison after what is accepted, and what is wrong with acceptances.
///
/// # Errors
///
/// When an acceptance cannot be used.
pub fn forgive(looked: Looked, context: &Context) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let mut acceptances = context.config.policy.accept.clone();
    let mut wrong = Vec::new();
    for comment in looked.comments {
        match comment {
            Ok(acceptance) => acceptances.push(acceptance),
            Err(problem) => wrong.push(problem),
        }
    }
    let today = Date::today();
    // Asking git takes longer than comparing a small schema: only when an acceptance ends with a version.
    let known = OnceCell::new();
    let release = || -> &Result<semver::Version, String> {
        known.get_or_init(|| match &looked.release {
            Some(version) => Ok(version.clone()),
            None => history::latest(&looked.workspace).map_err(|problem| problem.message),
        })
    };
    // One comment may be seen twice, with every baseline.
    let mut seen = BTreeSet::new();
    acceptances.retain(|it| seen.insert((it.place.file.to_string(), it.place.span, it.rule.clone())));
    let mut usable = Vec::new();
    for acceptance in acceptances {
        let is_old = acceptance.written == Written::Old;
        match resolved(acceptance, today, release) {
            Ok(acceptance) => usable.push(acceptance),
            // Nobody can mend the old schema: what cannot be read there accepts nothing.
            Err(_) if is_old => {}
            Err(problem) => wrong.push(problem),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let whole = looked.problems.iter().all(|it| it.severity != Severity::Failure);
    let mut said = accept(looked.findings, &usable, &looked.asked, whole);
    said.extend(looked.problems);
    Ok(said)
}

/// The acceptance with what is known of its time.
fn resolved<'a>(
    acceptance: Acceptance,
    today: Date,
    release: impl FnOnce() -> &'a Result<semver::Version, String>,
) -> Result<Acceptance, Diagnostic> {
    let wrong = |message: String, help: String| {
        Diagnostic::failure(&ACCEPT, message).at(acceptance.place.clone()).help(help)
    };
    if catalogue::rule(&acceptance.rule).is_none_or(|info| info.id != acceptance.rule) {
        let known = BREAKING.iter().map(|rule| rule.info.id).chain(HISTORY.iter().map(|info| info.id));
        let help = match nearest(&acceptance.rule.to_uppercase(), known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`protogate rules` lists them all".to_owned(),
        };
        return Err(wrong(format!("there is no rule `{}`", acceptance.rule), help));
    }
    let until = acceptance.until.as_deref().map(str::parse::<Until>).transpose();
    let until = until.map_err(|why| {
        wrong(
            format!("`until`: {why}"),
            "a day is the last one, a version the one with which it ends".to_owned(),
        )
    })?;
    let over = match until {
        None => None,
        Some(Until::Day(day)) => (day < today).then(|| format!("{day} was its last day")),
        Some(Until::Version(end)) => match release() {
            Ok(release) => (*release >= end).then(|| format!("it ended with {end}, and this is {release}")),
            Err(why) => {
                let help =
                    "name the version that is being made with --release, or as `release` under [breaking]";
                let message = format!("whether version {end} has come is not known: {why}");
                return Err(wrong(message, help.to_owned()));
            }
        },
    };
    Ok(Acceptance { over, ..acceptance })
}

/// `accept ID`: one entry, for the one finding whose fingerprint starts so.
pub fn command(arguments: &Accept, context: &Context) -> Outcome {
    let looked = breaking::look(&arguments.compare, context)?;
    if looked.problems.iter().any(|it| it.severity == Severity::Failure) {
        return Err(looked.problems);
    }
    let said = forgive(looked, context)?;
    let id = arguments.id.to_lowercase();
    let has_id = |it: &&Diagnostic| it.fingerprint.as_ref().is_some_and(|own| own.starts_with(&id));
    let with_id = || said.iter().filter(has_id);
    let open: Vec<&Diagnostic> = with_id().filter(|it| it.severity == Severity::Error).collect();
    let ids: BTreeSet<&str> = open.iter().filter_map(|it| it.fingerprint.as_deref()).collect();
    let finding = match (&*open, ids.len()) {
        ([finding, ..], 1) => finding,
        ([], _) if with_id().next().is_some() => {
            return Ok(Report::default().with(Section::Line(format!("{id} is accepted already"))));
        }
        ([], _) => {
            let help = "the ids stand below the findings of `protogate check-breaking`; give the same INPUT and --against";
            return Err(vec![
                Diagnostic::failure(&ACCEPT, format!("no finding has the id `{id}`")).help(help),
            ]);
        }
        (several, _) => {
            let listed: Vec<String> = several
                .iter()
                .map(|it| format!("{} {}", it.fingerprint.as_deref().unwrap_or_default(), it.message))
                .collect();
            let message = format!("`{id}` means several findings: {}", listed.join("; "));
            return Err(vec![Diagnostic::failure(&ACCEPT, message).help("write more of the id")]);
        }
    };
    let path = write(&entry(finding, arguments), context)?;
    let line = format!("accepted in {}: {} {}", path.display(), finding.rule.id, finding.message);
    Ok(Report::default().with(Section::Line(line)))
}

fn entry(finding: &Diagnostic, arguments: &Accept) -> String {
    let keys = [
        ("rule", Some(finding.rule.id)),
        ("symbol", finding.symbol.as_deref()),
        ("fingerprint", finding.fingerprint.as_deref()),
        ("reason", Some(arguments.reason.as_str())),
        ("owner", arguments.owner.as_deref()),
        ("until", arguments.until.as_deref()),
    ];
    let lines =
        keys.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}\n", toml::Value::from(value?))));
    format!("[[breaking.accept]]\n{}", lines.collect::<String>())
}

/// Appends the entry to the configuration, so that its comments and order stay.
fn write(entry: &str, context: &Context) -> Result<PathBuf, Vec<Diagnostic>> {
    let config = &context.config;
    let path = config.file.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let shown = path.display().to_string();
    let wrong = |message: String, help: &str| {
        vec![Diagnostic::failure(&ACCEPT, message).at(Place::file(shown.as_str())).help(help)]
    };
    if path.extension().is_some_and(|it| it == "yaml" || it == "yml") {
        let help = "write a comment above the element: // protogate:accept RULE reason=\"...\"; or go over to a \
                    protogate.toml with `protogate init`";
        return Err(wrong("a buf.yaml has no place for accepted breaks".to_owned(), help));
    }
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if config.file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(wrong(format!("cannot read {shown}: {error}"), "make the file readable")),
    };
    let gap = match before.as_str() {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = format!("{gap}{entry}");
    // Read again before it is written: not every file can be appended to, `breaking = { … }` cannot.
    Config::parse(&shown, &format!("{before}{added}")).map_err(|_| {
        let help = "write [breaking] as a table of its own, and `accept` as tables that begin with [[breaking.accept]]";
        wrong(format!("cannot add to {shown}"), help)
    })?;
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    opened
        .and_then(|mut file| file.write_all(added.as_bytes()))
        .map_err(|error| wrong(format!("cannot write {shown}: {error}"), "make the file writable"))?;
    Ok(path)
}
