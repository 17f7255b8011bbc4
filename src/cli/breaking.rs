//! `check-breaking`: the schema against every baseline.

use std::collections::BTreeSet;

use super::args::CheckBreaking;
use super::config::CONFIG;
use super::workspace::{self, Workspace};
use super::{Context, Outcome, output};
use crate::diag::{Diagnostic, Report, RuleInfo, Severity};
use crate::rules::breaking::{Ignores, Selection, check};
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
    let workspace = workspace::input(arguments.input.as_deref(), context)?;
    let (selections, notices) = selections(&workspace, &arguments.category, arguments.buf_exact)?;
    let baselines = baselines(&arguments.against, context)?;

    let ignores_paths = context.config.astray.paths().next().is_some();
    if let (Some(new), false) = (workspace.whole(), arguments.buf_exact || ignores_paths) {
        return compare_what_differs(&workspace, &selections, new, baselines, notices);
    }
    let new = load_roots(&workspace.roots);
    let mut compared = Vec::new();
    for baseline in baselines {
        let roots = workspace.of_baseline(baseline).map_err(|problem| vec![problem])?;
        compared.push((load_roots(&roots), roots));
    }
    if arguments.buf_exact {
        return Ok(as_buf(&workspace, &selections, new, compared, notices, context));
    }
    let schemas: Vec<&Schema> = compared.iter().map(|(old, _)| &old.schema).chain([&new.schema]).collect();
    let mut said = notices;
    // Where there is nothing to compare, every path is one that is nowhere.
    if schemas.iter().all(|schema| !schema.files().is_empty()) {
        let blocks = workspace.blocks.iter().chain([&context.config.astray]);
        said.extend(blocks.flat_map(|block| block.pointless_paths(&schemas)));
        said.extend(workspace.blocks.iter().flat_map(|block| block.unknown_elements(&schemas)));
    }
    for (old, roots) in compared {
        said.extend(compare(&workspace, &selections, &old, &new, &roots));
        said.extend(old.diagnostics);
    }
    said.extend(new.diagnostics);
    Ok(Report::new(said))
}

/// One folder against one: what is the same on both sides is not even compiled. Paths that ignore, and
/// modules, need to know every file of both sides, and so does being exactly as buf.
fn compare_what_differs(
    workspace: &Workspace,
    selections: &[Selection],
    new: &Source,
    baselines: Vec<Source>,
    notices: Vec<Diagnostic>,
) -> Outcome {
    let mut said = notices;
    for baseline in baselines {
        let roots = workspace.of_baseline(baseline).map_err(|problem| vec![problem])?;
        let (old, new) = match roots.as_slice() {
            [root] if root.whole().is_some() => load_pair(&root.source, new),
            roots => (load_roots(roots), load(new)),
        };
        said.extend(compare(workspace, selections, &old, &new, &roots));
        said.extend(old.diagnostics);
        // A report drops what is said twice.
        said.extend(new.diagnostics);
    }
    Ok(Report::new(said))
}

/// As buf: nothing is compared unless all compiles, and warnings are not findings.
fn as_buf(
    workspace: &Workspace,
    selections: &[Selection],
    new: Loaded,
    compared: Vec<(Loaded, Vec<Root>)>,
    notices: Vec<Diagnostic>,
    context: &Context,
) -> Report {
    let problems =
        compared.iter().flat_map(|(old, _)| &old.diagnostics).chain(&new.diagnostics).chain(&notices);
    let (heavy, light): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        problems.partition(|it| it.severity == Severity::Failure);
    light.iter().for_each(|it| output::log(&context.common, &format!("warning: {}", it.message)));
    if !heavy.is_empty() {
        return Report::new(heavy.into_iter().map(compile).collect());
    }
    let selections: Vec<Selection> = selections.iter().cloned().map(Selection::exactly_as_buf).collect();
    let found = compared.iter().flat_map(|(old, roots)| compare(workspace, &selections, old, &new, roots));
    Report::new(found.collect())
}

fn compile(problem: &Diagnostic) -> Diagnostic {
    match OF_COMPILING.contains(&problem.rule.id) {
        true => Diagnostic { rule: &COMPILE, severity: Severity::Error, ..problem.clone() },
        false => problem.clone(),
    }
}

/// Each module by its own block. As in buf, a module is asked about what it imports as well when it is to be
/// exactly so.
fn compare(
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
fn selections(
    workspace: &Workspace,
    categories: &[String],
    buf_exact: bool,
) -> Result<(Vec<Selection>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (mut selections, mut notices) = (Vec::new(), Vec::new());
    for block in &workspace.blocks {
        let (selection, said) = block.selection(categories)?;
        if selection.rules().is_empty() {
            return Err(vec![
                Diagnostic::failure(&CONFIG, "no rule is left to check")
                    .at(block.except.first().or(block.used.first()).map(|word| word.place.clone()))
                    .help("`except` or `languages` takes away all that `use` names: `protogate rules` lists them"),
            ]);
        }
        let is_unknown = !selection.rules().iter().any(|rule| rule.is_bufs());
        if buf_exact && is_unknown {
            return Err(vec![
                Diagnostic::failure(&CONFIG, "buf has none of the rules that are asked for")
                    .help("leave --buf-exact out, or name a rule or category of buf"),
            ]);
        }
        selections.push(selection);
        notices.extend(said);
    }
    Ok((selections, notices))
}

fn baselines(against: &[String], context: &Context) -> Result<Vec<Source>, Vec<Diagnostic>> {
    let configured = context.config.baseline.iter().map(|path| context.config.resolve(path)).collect();
    let specs: Vec<String> = if against.is_empty() { configured } else { against.to_vec() };
    if specs.is_empty() {
        return Err(vec![Diagnostic::failure(&CONFIG, "nothing to compare with").help(
            "name it with --against (`git:main`), or write `baseline = \"baseline\"` into protogate.toml",
        )]);
    }
    specs.iter().map(|spec| Source::parse(spec).map_err(|diagnostic| vec![diagnostic])).collect()
}
