//! `check-breaking`: the schema against every baseline.

use std::collections::BTreeSet;

use super::args::CheckBreaking;
use super::baselines::{Baseline, baselines, joined, specs};
use super::block::Asked;
use super::config::CONFIG;
use super::history::{self, History};
use super::ratchet::Ratchet;
use super::workspace::{self, Workspace};
use super::{Context, Outcome, accept, output};
use crate::diag::{Diagnostic, Report, RuleInfo, Severity};
use crate::rules::accept::{Acceptance, Written, comments, fingerprint};
use crate::rules::breaking::{Ignores, Selection, check};
use crate::rules::deletion;
use crate::rules::reach::attach;
use crate::schema::{Loaded, Root, Schema, Source, load, load_pair, load_roots};

/// A schema that does not compile, in buf's word for it.
pub static COMPILE: RuleInfo = RuleInfo {
    id: "COMPILE",
    name: "COMPILE",
    summary: "Both schemas compile.",
    explain: "With `--buf-exact` a file that does not compile is a finding, in the old schema as well, and the \
              only kind that is reported. Without it such a file is a failure (exit code 2), and everything \
              else is still compared.",
    url: None,
};

/// What cannot be decided by comparing two schemas: the problems of sources, by their ids.
const OF_COMPILING: [&str; 4] = ["SCHEMA_PARSE", "SCHEMA_IMPORT", "SCHEMA_CYCLE", "SCHEMA_LINK"];

pub fn check_breaking(arguments: &CheckBreaking, context: &Context) -> Outcome {
    if arguments.buf_exact {
        return as_buf(arguments, context);
    }
    let looked = look(arguments, context)?;
    let said = forgiven(looked, context)?;
    Ok(Report::new(Ratchet::load(context, false)?.apply(said)))
}

/// What a comparison came to, before anything is forgiven.
pub struct Looked {
    /// What breaks, each with its fingerprint.
    pub findings: Vec<Diagnostic>,
    /// What was said of sources and of the configuration.
    pub problems: Vec<Diagnostic>,
    /// The comments that accept breaks, and those that cannot be read.
    pub comments: Vec<Result<Acceptance, Diagnostic>>,
    /// The rules that were asked.
    pub asked: BTreeSet<&'static str>,
    /// The version that is being made, if somebody said it.
    pub release: Option<semver::Version>,
    /// What was compared.
    pub workspace: Workspace,
}

/// The findings after what is accepted, with everything else there is to say.
pub fn forgiven(looked: Looked, context: &Context) -> Outcome<Vec<Diagnostic>> {
    accept::forgive(looked, context)
}

/// Compares with every baseline and with the history.
pub fn look(arguments: &CheckBreaking, context: &Context) -> Outcome<Looked> {
    if arguments.buf_exact {
        let said =
            Diagnostic::failure(&CONFIG, "buf knows no accepted breaks, and --buf-exact is to be as buf");
        return Err(vec![said.help("leave out --buf-exact")]);
    }
    let workspace = workspace::input(arguments.input.as_deref(), context)?;
    let mut asked = asked(&workspace, &arguments.category)?;
    if arguments.no_evidence {
        asked.iter_mut().for_each(|it| it.selection = it.selection.clone().without_evidence());
    }
    let specs = specs(&arguments.against, context);
    let baselines = baselines(&specs, &workspace)?;
    let policy = &context.config.policy;
    let needs_history = policy.deletion.is_some() || asked.iter().any(|it| it.needs_history);
    let spec = history::spec(&specs, needs_history, context);
    let history = spec.map(|spec| history::read(&spec, &workspace, context)).transpose()?;

    let mut looked = Looked {
        findings: Vec::new(),
        problems: asked.iter().flat_map(|it| it.notices.clone()).collect(),
        comments: Vec::new(),
        asked: rules_of(&asked, history.is_some()),
        release: release(arguments, history.as_ref(), context)?,
        workspace,
    };
    compare_all(&asked, baselines, history.as_ref(), context, &mut looked);
    if let Some(history) = history {
        look_back(&asked, &history, &mut looked);
        looked.problems.extend(history.notices);
    }
    for finding in &mut looked.findings {
        finding.fingerprint = Some(fingerprint(finding));
    }
    Ok(looked)
}

fn rules_of(asked: &[Asked], has_history: bool) -> BTreeSet<&'static str> {
    let of_pairs = asked.iter().flat_map(|it| it.selection.rules()).map(|rule| rule.info.id);
    let of_history = asked.iter().filter(|_| has_history).flat_map(|it| &it.history).map(|info| info.id);
    of_pairs.chain(of_history).collect()
}

/// The version that is being made, where somebody says so: the command line, the configuration, or the latest release
/// of the history. Otherwise it is looked for when it is needed.
fn release(
    arguments: &CheckBreaking,
    history: Option<&History>,
    context: &Context,
) -> Outcome<Option<semver::Version>> {
    if let Some(version) = &arguments.release {
        return Ok(Some(version.clone()));
    }
    let Some(word) = &context.config.policy.release else {
        return Ok(history.and_then(|history| history.latest.clone()));
    };
    let version = semver::Version::parse(word.text.strip_prefix('v').unwrap_or(&word.text));
    version.map(Some).map_err(|_| {
        let message = format!("`{}` is no version", word.text);
        vec![Diagnostic::failure(&CONFIG, message).at(word.place.clone()).help("write it as 2.0.0")]
    })
}

/// Every baseline, into `looked`.
fn compare_all(
    asked: &[Asked],
    baselines: Vec<Baseline>,
    history: Option<&History>,
    context: &Context,
    looked: &mut Looked,
) {
    let workspace = &looked.workspace;
    let policy = context.config.policy.deletion.filter(|_| history.is_some());
    let selection = |it: &Asked| match policy {
        Some(_) => it.selection.clone().telling_of_every_deletion(),
        None => it.selection.clone(),
    };
    let selections: Vec<Selection> = asked.iter().map(selection).collect();
    let ignores_paths = context.config.astray.paths().next().is_some();
    // Paths that ignore, names of a configuration, and modules need to know every file of both sides.
    let names_elements =
        workspace.blocks.iter().any(|block| block.stored.is_some() || !block.options.is_empty());
    let whole = workspace.whole().filter(|_| !ignores_paths && !names_elements);
    let all_of_new = whole.is_none().then(|| load_roots(&workspace.roots));
    let mut found = Vec::new();
    let mut olds = Vec::new();
    for Baseline { names, roots } in baselines {
        let (old, some_of_new) = match (whole, &all_of_new) {
            (Some(new), _) => compared_with(&roots, new),
            (None, _) => (load_roots(&roots), None),
        };
        let Some(new) = some_of_new.as_ref().or(all_of_new.as_ref()) else { continue };
        let mut findings = compare(workspace, &selections, &old, new, &roots);
        if let (Some(policy), Some(history)) = (policy, history) {
            findings = deletion::apply(findings, &old.schema, &new.schema, &history.ledger, &policy);
        }
        found.push((names, findings));
        looked.comments.extend(comments(&old.schema, Written::Old));
        looked.comments.extend(comments(&new.schema, Written::New));
        // A report drops what is said twice.
        looked.problems.extend(old.diagnostics.iter().chain(&new.diagnostics).cloned());
        olds.push(old.schema);
    }
    looked.findings.extend(joined(found));
    if let Some(new) = &all_of_new {
        let schemas: Vec<&Schema> = olds.iter().chain([&new.schema]).collect();
        // Where there is nothing to compare, every path is one that is nowhere.
        if schemas.iter().all(|schema| !schema.files().is_empty()) {
            let blocks = workspace.blocks.iter().chain([&context.config.astray]);
            looked.problems.extend(blocks.flat_map(|block| block.pointless_paths(&schemas)));
            looked
                .problems
                .extend(workspace.blocks.iter().flat_map(|block| block.unknown_elements(&schemas)));
        }
    }
}

/// One folder against one: what is the same on both sides is not even compiled.
fn compared_with(roots: &[Root], new: &Source) -> (Loaded, Option<Loaded>) {
    let (old, new) = match roots {
        [root] if root.whole().is_some() => load_pair(&root.source, new),
        roots => (load_roots(roots), load(new)),
    };
    (old, Some(new))
}

/// What the schema takes that was something else in a release. All of it is looked at: a number that was taken
/// long ago is in a file that did not change.
fn look_back(asked: &[Asked], history: &History, looked: &mut Looked) {
    let workspace = &looked.workspace;
    let new = load_roots(&workspace.roots);
    for (position, asked) in asked.iter().enumerate().filter(|(_, asked)| !asked.history.is_empty()) {
        let mut ignores = asked.selection.ignores().clone();
        if workspace.roots.len() > 1 {
            ignores.within = Some(workspace.files(position, &new.schema, &new.schema, &workspace.roots));
        }
        looked.findings.extend(history.ledger.check(&new.schema, &asked.history, &ignores));
    }
}

/// As buf: nothing is compared unless all compiles, and warnings are not findings. Nothing is forgiven, because buf
/// knows no such thing.
fn as_buf(arguments: &CheckBreaking, context: &Context) -> Outcome {
    let workspace = workspace::input(arguments.input.as_deref(), context)?;
    let asked = asked(&workspace, &arguments.category)?;
    if asked.iter().any(|it| !it.selection.rules().iter().any(|rule| rule.is_bufs())) {
        return Err(vec![
            Diagnostic::failure(&CONFIG, "buf has none of the rules that are asked for")
                .help("leave --buf-exact out, or name a rule or category of buf"),
        ]);
    }
    let baselines = baselines(&specs(&arguments.against, context), &workspace)?;
    let new = load_roots(&workspace.roots);
    let compared: Vec<(Loaded, Vec<Root>)> =
        baselines.into_iter().map(|baseline| (load_roots(&baseline.roots), baseline.roots)).collect();
    let notices = asked.iter().flat_map(|it| &it.notices);
    let problems =
        compared.iter().flat_map(|(old, _)| &old.diagnostics).chain(&new.diagnostics).chain(notices);
    let (heavy, light): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        problems.partition(|it| it.severity == Severity::Failure);
    light.iter().for_each(|it| output::log(&context.common, &format!("warning: {}", it.message)));
    if !heavy.is_empty() {
        return Ok(Report::new(heavy.into_iter().map(compile).collect()));
    }
    let selections: Vec<Selection> = asked.iter().map(|it| it.selection.clone().exactly_as_buf()).collect();
    let found = compared.iter().flat_map(|(old, roots)| compare(&workspace, &selections, old, &new, roots));
    Ok(Report::new(found.collect()))
}

fn compile(problem: &Diagnostic) -> Diagnostic {
    match OF_COMPILING.contains(&problem.rule.id) {
        true => Diagnostic { rule: &COMPILE, severity: Severity::Error, ..problem.clone() },
        false => problem.clone(),
    }
}

/// Each module by its own block. As in buf, a module is asked about what it imports as well when it is to be
/// exactly so.
pub fn compare(
    workspace: &Workspace,
    selections: &[Selection],
    old: &Loaded,
    new: &Loaded,
    old_roots: &[Root],
) -> Vec<Diagnostic> {
    // A side of which nothing is left was not deleted; why it is not there is said elsewhere.
    if new.is_nothing() || old.is_nothing() {
        return Vec::new();
    }
    let (old, new) = (&old.schema, &new.schema);
    let checked = |selection: &Selection| {
        let mut said = check(old, new, selection);
        // buf knows nothing of peers.
        if !selection.is_exactly_as_buf() {
            attach(old, new, selection.stored(), &mut said);
        }
        said
    };
    if let [selection] = selections {
        return checked(selection);
    }
    let mut said = Vec::new();
    for (position, selection) in selections.iter().enumerate() {
        let mut names = workspace.files(position, new, old, old_roots);
        if selection.is_exactly_as_buf() {
            names = [old, new].into_iter().flat_map(|schema| with_imports(schema, &names)).collect();
        }
        let ignores = Ignores { within: Some(names), ..selection.ignores().clone() };
        said.extend(checked(&selection.clone().ignoring(ignores)));
    }
    said
}

/// The files of these names and all they import, directly or not.
fn with_imports(schema: &Schema, names: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = names.clone();
    let mut waiting: Vec<_> = names.iter().filter_map(|name| schema.pool().get_file_by_name(name)).collect();
    while let Some(file) = waiting.pop() {
        waiting.extend(file.dependencies().filter(|import| all.insert(import.name().to_owned())));
    }
    all
}

/// What is asked of each root: the command line's categories, or those of the configuration, or FILE.
pub fn asked(workspace: &Workspace, categories: &[String]) -> Outcome<Vec<Asked>> {
    let mut all = Vec::new();
    for block in &workspace.blocks {
        let asked = block.asked(categories)?;
        if asked.selection.rules().is_empty() && (asked.history.is_empty() || !asked.needs_history) {
            return Err(vec![
                Diagnostic::failure(&CONFIG, "no rule is left to check")
                    .at(block.except.first().or(block.used.first()).map(|word| word.place.clone()))
                    .help("`except` or `languages` takes away all that `use` names: `protogate rules` lists them"),
            ]);
        }
        all.push(asked);
    }
    Ok(all)
}
