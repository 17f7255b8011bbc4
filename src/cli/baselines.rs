//! The schemas that are compared with. Of `git:tags` there are many; releases with the same files are one.

use std::collections::HashMap;

use super::Context;
use super::config::CONFIG;
use super::workspace::Workspace;
use crate::diag::Diagnostic;
use crate::schema::{Root, Source, releases};

/// A schema to compare with.
pub struct Baseline {
    /// What it is called: as it was written, or the tags in which nothing changed.
    pub names: Vec<String>,
    /// Where it is.
    pub roots: Vec<Root>,
}

/// What is named on the command line, or else by the configuration, as it is written there.
pub fn specs(against: &[String], context: &Context) -> Vec<String> {
    let config = &context.config;
    let configured = match &*config.policy.against {
        [] => config.baseline.iter().map(|path| config.resolve(path)).collect(),
        several => several.iter().map(|path| config.resolve(path)).collect(),
    };
    if against.is_empty() { configured } else { against.to_vec() }
}

/// Every schema that these specs mean.
///
/// # Errors
///
/// When there is none, or one of them cannot be understood.
pub fn baselines(specs: &[String], workspace: &Workspace) -> Result<Vec<Baseline>, Vec<Diagnostic>> {
    if specs.is_empty() {
        return Err(vec![Diagnostic::failure(&CONFIG, "nothing to compare with").help(
            "name it with --against (`git:main`), or write `baseline = \"baseline\"` into protogate.toml",
        )]);
    }
    let mut found: Vec<Baseline> = Vec::new();
    for spec in specs {
        let source = Source::parse(spec).map_err(|problem| vec![problem])?;
        let roots = workspace.of_baseline(source).map_err(|problem| vec![problem])?;
        match releases(&roots).map_err(|problem| vec![*problem])? {
            None => found.push(Baseline { names: vec![spec.clone()], roots }),
            Some(releases) if releases.is_empty() => {
                return Err(vec![
                    Diagnostic::failure(&CONFIG, format!("no release of `{spec}` has the schema")).help(
                        "the folder of INPUT is looked for in each; name another: git:tags:PATTERN:PATH",
                    ),
                ]);
            }
            Some(releases) => {
                let mut trees: Vec<(String, Baseline)> = Vec::new();
                for release in releases {
                    match trees.iter_mut().find(|(tree, _)| *tree == release.tree) {
                        Some((_, same)) => same.names.push(release.tag),
                        None => {
                            let one = Baseline { names: vec![release.tag], roots: release.roots };
                            trees.push((release.tree, one));
                        }
                    }
                }
                found.extend(trees.into_iter().map(|(_, baseline)| baseline));
            }
        }
    }
    Ok(found)
}

/// What several baselines found, as one list: a finding that several have is one that names them all, in the order
/// in which they were given.
pub fn joined(found: Vec<(Vec<String>, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let several = found.iter().map(|(names, _)| names.len()).sum::<usize>() > 1;
    // Rule, symbol, place and message; where it is in the list.
    let mut known: HashMap<[String; 4], usize> = HashMap::new();
    let mut all: Vec<Diagnostic> = Vec::new();
    for (names, findings) in found {
        for finding in findings {
            let place = finding.place.as_ref().map(|place| format!("{}:{:?}", place.file, place.span));
            let symbol = finding.symbol.clone().unwrap_or_default();
            let key =
                [finding.rule.id.to_owned(), symbol, place.unwrap_or_default(), finding.message.clone()];
            let at = *known.entry(key).or_insert(all.len());
            if at == all.len() {
                all.push(finding);
            }
            if several {
                let against = &mut all[at].against;
                let new = names.iter().filter(|name| !against.contains(name)).cloned().collect::<Vec<_>>();
                against.extend(new);
            }
        }
    }
    all
}
