//! `check-breaking`: the schema against every baseline.

use super::args::CheckBreaking;
use super::config::CONFIG;
use super::{Context, Outcome, sources};
use crate::diag::{Diagnostic, Report};
use crate::rules::breaking::{Selection, check};
use crate::schema::{Source, load_pair};

pub fn check_breaking(arguments: &CheckBreaking, context: &Context) -> Outcome {
    let selection = selection(&arguments.category, context)?;
    let input = sources::input(arguments.input.as_deref(), context)?;
    let baselines = baselines(&arguments.against, context)?;

    // What is the same on both sides is not even compiled; a report drops what is said twice.
    let mut said = Vec::new();
    for baseline in baselines {
        let (old, new) = load_pair(&baseline.in_the_folder_of(&input), &input);
        said.extend(old.diagnostics);
        said.extend(new.diagnostics);
        said.extend(check(&old.schema, &new.schema, &selection));
    }
    Ok(Report::new(said))
}

/// The command line's categories, or those of the configuration, or FILE.
fn selection(categories: &[String], context: &Context) -> Result<Selection, Vec<Diagnostic>> {
    let configured = &context.config.breaking;
    let include = if categories.is_empty() { &configured.include } else { categories };
    Selection::new(include, &configured.except)
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
