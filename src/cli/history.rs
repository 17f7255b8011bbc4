//! The releases of a repository as a ledger, folded once and kept beside the objects they were read from.
//!
//! The kept file names each release with the tree of files that it was folded from. A new tag after all others is
//! folded into what is kept; a tag that was moved, removed or put in between starts over, and so does a file that
//! does not hold what it says it holds. Whoever finishes first puts the whole file in its place, so that runs at the
//! same time do each other no harm. Where the folder cannot be written, every run folds anew.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::workspace::Workspace;
use super::{Context, Outcome, baselines, output, workspace};
use crate::diag::{Diagnostic, Report, RuleInfo, Section, Severity, Table};
use crate::rules::ledger::{Holder, Ledger};
use crate::schema::{Release, Root, Source, load_roots, releases, shared_git_dir};

/// A release that cannot be looked back on.
pub static RELEASE: RuleInfo = RuleInfo {
    id: "HISTORY_RELEASE",
    name: "HISTORY_RELEASE",
    summary: "Every release that is looked back on compiles.",
    explain: "The ledger of retired numbers and names (`protogate baseline ledger`) is folded over the releases that \
              `history` under `[breaking]` names. One of them does not compile as it is in git, such as for an import \
              that was in another repository. It is left out: what only that release had is not known.",
    url: None,
};

/// All releases where none are named.
const ALL: &str = "git:tags";

/// The numbers and names of all releases.
pub struct History {
    pub ledger: Ledger,
    /// The version of the last release.
    pub latest: Option<semver::Version>,
    /// Releases that are left out, and why.
    pub notices: Vec<Diagnostic>,
}

/// The part of the releases that is kept.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// Tag and tree, oldest first.
    releases: Vec<(String, String)>,
    /// Of which some do not compile: the tag and the reason.
    left_out: Vec<(String, String)>,
    ledger: Ledger,
}

/// What history a run looks back on: what the configuration names, or the tags among the baselines, or with `needed`
/// all tags.
pub fn spec(specs: &[String], needed: bool, context: &Context) -> Option<String> {
    let configured = context.config.policy.history.as_ref().map(|word| word.text.clone());
    let among = || specs.iter().find(|spec| Source::parse(spec).is_ok_and(|it| is_tags(&it))).cloned();
    configured.or_else(among).or_else(|| needed.then(|| ALL.to_owned()))
}

fn is_tags(source: &Source) -> bool {
    matches!(source, Source::Git { revision: crate::schema::Revision::Tags(_), .. })
}

/// Reads the history that `spec` names.
///
/// # Errors
///
/// When it names no releases.
pub fn read(spec: &str, workspace: &Workspace, context: &Context) -> Result<History, Vec<Diagnostic>> {
    let place =
        || context.config.policy.history.as_ref().filter(|it| it.text == spec).map(|it| it.place.clone());
    let wrong =
        |problem: Diagnostic| vec![if problem.place.is_none() { problem.at(place()) } else { problem }];
    let source = Source::parse(spec).map_err(wrong)?;
    let roots = workspace.of_baseline(source).map_err(wrong)?;
    let found = releases(&roots).map_err(|problem| wrong(*problem))?;
    let Some(found) = found else {
        let message = format!("`{spec}` names no releases");
        let help = "write git:tags, git:tags:PATTERN or git:tags:PATTERN:PATH";
        return Err(wrong(Diagnostic::failure(&super::config::CONFIG, message).help(help)));
    };
    let path = roots.first().and_then(shared_git_dir).map(|folder| file_in(&folder, &roots));
    let kept = path.as_deref().and_then(kept).unwrap_or_default();
    let latest = found.last().map(|release| release.version.clone());
    let kept = match up_to_date(kept, &found, context) {
        (kept, false) => kept,
        (kept, true) => {
            if let Some(Err(error)) = path.as_deref().map(|path| keep(&kept, path)) {
                output::detail(&context.common, &format!("the ledger is not kept: {error}"));
            }
            kept
        }
    };
    let notices = kept.left_out.iter().map(|(tag, why)| {
        Diagnostic::new(&RELEASE, Severity::Warning, format!("release {tag} is left out of the history: {why}"))
            .help("nothing can be done about what is released; a pattern that leaves it out ends the warning: git:tags:PATTERN")
    });
    Ok(History { latest, notices: notices.collect(), ledger: kept.ledger })
}

/// The version of the latest release of the repository.
///
/// # Errors
///
/// When it has none, or there is no repository.
pub fn latest(workspace: &Workspace) -> Result<semver::Version, Diagnostic> {
    let roots = workspace.of_baseline(Source::parse(ALL)?)?;
    let all = releases(&roots).map_err(|problem| *problem)?.unwrap_or_default();
    let last = all.into_iter().next_back().map(|release| release.version);
    last.ok_or_else(|| Diagnostic::failure(&RELEASE, "no release has the schema"))
}

/// What is kept, with the releases that came since; and whether anything did.
fn up_to_date(kept: Kept, releases: &[Release], context: &Context) -> (Kept, bool) {
    let names = |release: &Release| (release.tag.clone(), release.tree.clone());
    let all: Vec<(String, String)> = releases.iter().map(names).collect();
    let mut kept = if all.starts_with(&kept.releases) { kept } else { Kept::default() };
    let new = &releases[kept.releases.len()..];
    // Releases in which nothing changed are compiled once.
    let mut last: Option<(&str, crate::schema::Loaded)> = None;
    for release in new {
        output::detail(&context.common, &format!("history: reading {}", release.tag));
        let loaded = match last.take() {
            Some((tree, loaded)) if tree == release.tree => loaded,
            _ => load_roots(&release.roots),
        };
        match loaded.diagnostics.iter().find(|it| it.severity == Severity::Failure) {
            Some(problem) => kept.left_out.push((release.tag.clone(), problem.message.clone())),
            None => kept.ledger.fold(&release.tag, &loaded.schema),
        }
        last = Some((&release.tree, loaded));
    }
    kept.releases = all;
    (kept, !new.is_empty())
}

/// One file for each set of folders that is looked at. Another version of protogate may know more of a schema: it
/// has a file of its own.
fn file_in(git: &Path, roots: &[Root]) -> PathBuf {
    let name = Sha1::digest(format!("{} {roots:?}", env!("CARGO_PKG_VERSION")));
    git.join("protogate").join(format!("ledger-{}.json", hex(&name[..8])))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file's content, if it is whole: its first line is the hash of the rest.
fn kept(path: &Path) -> Option<Kept> {
    let text = std::fs::read_to_string(path).ok()?;
    let (hash, rest) = text.split_once('\n')?;
    (hash == hex(&Sha1::digest(rest))).then(|| serde_json::from_str(rest).ok()).flatten()
}

fn keep(kept: &Kept, path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let rest = serde_json::to_string(kept)?;
    // Written beside and renamed: another run reads the old file or the new one, never half.
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    write!(beside, "{}\n{rest}", hex(&Sha1::digest(&rest)))?;
    beside.persist(path)?;
    Ok(())
}

/// `baseline ledger`: what is retired.
pub fn ledger(input: Option<&str>, against: Option<&str>, context: &Context) -> Outcome {
    let workspace = workspace::input(input, context)?;
    let specs = match against {
        Some(spec) => vec![spec.to_owned()],
        None => baselines::specs(&[], context),
    };
    let named = against.map(str::to_owned).or_else(|| spec(&specs, true, context));
    let history = read(named.as_deref().unwrap_or(ALL), &workspace, context)?;
    let rows: Vec<Vec<String>> = history
        .ledger
        .retired()
        .map(|it| {
            let slot = match it.holder {
                Holder::Message => {
                    format!("{} {}: {} {}", it.holder.member(), it.slot, it.shape, it.was.replace('`', ""))
                }
                Holder::Enum => format!("{} {}: {}", it.holder.member(), it.slot, it.was.replace('`', "")),
                Holder::Service => format!("{} {}{}", it.holder.member(), it.slot, it.shape),
            };
            vec![format!("{} {}", it.holder.word(), it.home), slot, it.first.to_owned(), it.last.to_owned()]
        })
        .collect();
    let (releases, retired) = (history.ledger.releases().len(), rows.len());
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let line = format!("{retired} retired in {}", count(releases, "release"));
    let report = Report::new(history.notices);
    let columns = ["where", "what it was", "first release", "last release"].map(str::to_owned).into();
    let table = Table { title: String::new(), columns, rows };
    let report = if retired == 0 { report } else { report.with(Section::Table(table)) };
    Ok(report.with(Section::Line(line)))
}
