//! What `generate` adds to the docs: what changed since a baseline, and how much has a comment.

use super::args::Generate;
use super::{Context, Outcome, diff};
use crate::codegen::docs;
use crate::diag::{Changelog, Diagnostic, RuleInfo, Severity};
use crate::schema::Schema;

/// Too little has a comment.
pub static DOCS_COVERAGE: RuleInfo = RuleInfo {
    id: "DOCS_COVERAGE",
    name: "DOCS_COVERAGE",
    summary: "As much of the schema has a comment as the configuration asks for.",
    explain: "`min-coverage` under `[generate.docs]` is the percentage of services, methods, messages, fields, enums, \
              enum values and extensions that must have a comment, above them or behind them. `generate --check` \
              names each that has none while there are too few.",
    url: None,
};

/// What changed since the baseline of --docs-since or `since`; nothing where neither is given.
pub fn changes(arguments: &Generate, context: &Context) -> Outcome<Option<Changelog>> {
    let config = &context.config;
    let configured = || config.generate.docs.since.as_ref().map(|it| (config.resolve(it), it.clone()));
    let named = arguments.docs_since.as_ref().map(|it| (it.clone(), it.clone()));
    let Some((spec, written)) = named.or_else(configured) else { return Ok(None) };
    let (mut log, _) = diff::changelog(arguments.input.as_deref(), &[], &[spec], context)?;
    // As it is written: the page must not depend on the folder it is made from.
    log.against = written;
    Ok(Some(log))
}

/// One line about the comments, and a finding for each that is missing while too few are there.
pub fn coverage(schema: &Schema, context: &Context) -> (String, Vec<Diagnostic>) {
    let (total, missing) = docs::missing(schema);
    let there = total - missing.len();
    let percent = (there * 100).checked_div(total).unwrap_or(100);
    let line = format!("docs: {there} of {total} elements have a comment ({percent} %)");
    let Some(least) = context.config.generate.docs.min_coverage else { return (line, Vec::new()) };
    if there * 100 >= usize::from(least) * total {
        return (line, Vec::new());
    }
    let finding = |it: docs::Missing| {
        let said = format!("{} `{}` has no comment", it.kind, it.full_name);
        let help = format!(
            "{there} of {total} elements have one ({percent} %), and `min-coverage` asks for {least} %"
        );
        Diagnostic { symbol: Some(it.full_name), ..Diagnostic::new(&DOCS_COVERAGE, Severity::Error, said) }
            .at(it.place)
            .help(help)
    };
    (line, missing.into_iter().map(finding).collect())
}
