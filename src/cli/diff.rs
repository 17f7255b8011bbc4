//! `diff`: every change since a baseline, and the version that they ask for.

use super::args::Diff;
use super::baselines::{Baseline, baselines, specs};
use super::breaking::{asked, compare};
use super::{Context, Outcome, workspace};
use crate::diag::{Changelog, Diagnostic, Report, RuleInfo, Section, Severity};
use crate::rules::breaking::Selection;
use crate::rules::diff;
use crate::schema::load_roots;

/// What is wrong with what is compared, and with what came of it.
pub static DIFF: RuleInfo = RuleInfo {
    id: "DIFF",
    name: "DIFF",
    summary: "Two schemas can be compared, and differ by no more than they may.",
    explain: "`protogate diff` lists every change from one schema to another, also those that break nobody, as release \
              notes have it. Its advice follows semver.org: major when check-breaking finds a break (by the categories \
              of the configuration, or those of --category), minor when anything else than comments changed, patch when \
              only comments did. With `--at-most LEVEL` more than that is a finding. It compares with one schema: of \
              several baselines, name one.",
    url: None,
};

pub fn diff(arguments: &Diff, context: &Context) -> Outcome {
    let named: Vec<String> = arguments.against.iter().cloned().collect();
    let specs = specs(&named, context);
    let (log, mut said) = changelog(arguments.input.as_deref(), &arguments.category, &specs, context)?;
    if let Some(level) = arguments.at_most.filter(|level| log.advice > *level) {
        let (is, may) = (log.advice.word(), level.word());
        let message = format!("the changes ask for a {is} version, and {may} is the most there may be");
        said.push(
            Diagnostic::new(&DIFF, Severity::Error, message).help("take them back, or make another version"),
        );
    }
    Ok(Report::new(said).with(Section::Changelog(log)))
}

/// Every change since the one schema that is compared with, and what else was said of both.
pub fn changelog(
    input: Option<&str>,
    categories: &[String],
    specs: &[String],
    context: &Context,
) -> Outcome<(Changelog, Vec<Diagnostic>)> {
    let workspace = workspace::input(input, context)?;
    let asked = asked(&workspace, categories)?;
    let mut all = baselines(specs, &workspace)?;
    let (Some(Baseline { names, roots }), true) = (all.pop(), all.is_empty()) else {
        let help = "name one with --against, such as git:latest-tag";
        return Err(vec![Diagnostic::failure(&DIFF, "there are several schemas to compare with").help(help)]);
    };
    let (old, new) = (load_roots(&roots), load_roots(&workspace.roots));
    let problems: Vec<Diagnostic> = old.diagnostics.iter().chain(&new.diagnostics).cloned().collect();
    // Of what does not compile nobody knows whether it changed.
    if problems.iter().any(|it| it.severity == Severity::Failure) {
        return Err(problems);
    }
    let selections: Vec<Selection> = asked.into_iter().map(|it| it.selection).collect();
    let findings = compare(&workspace, &selections, &old, &new, &roots);
    let changes = diff::diff(&old.schema, &new.schema);
    Ok((diff::changelog(&changes, &findings, &names.join(", ")), problems))
}
