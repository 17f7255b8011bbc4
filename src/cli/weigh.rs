//! What known failures do to a run: they are written down where that was asked for, and weigh less from then on.

use super::args::Contract;
use super::date::Date;
use super::known::Known;
use crate::contract::{self, Config, Plan};
use crate::diag::Diagnostic;

/// Writes the failures down, where that was asked for, and says so.
pub fn accept(
    known: &mut Known,
    outcome: &contract::Outcome,
    arguments: &Contract,
) -> Result<Option<String>, Vec<Diagnostic>> {
    let Some(reason) = arguments.reason.as_deref() else { return Ok(None) };
    let expires = arguments.expires.unwrap_or_else(|| Date::in_days(90));
    let mut written = 0;
    for run in outcome.report.runs() {
        written += known.accept(run, reason, expires)?;
    }
    Ok(Some(match written {
        0 => "no failure that is not known already".to_owned(),
        1 => format!("wrote 1 known failure into {}; it counts until {expires}", known.file()),
        n => format!("wrote {n} known failures into {}; they count until {expires}", known.file()),
    }))
}

/// Makes what is known lighter, and names the entries that a whole run had no use for.
pub fn weigh(
    known: &mut Known,
    outcome: &mut contract::Outcome,
    (plan, config): (&Plan, &Config),
    arguments: &Contract,
) -> Vec<Diagnostic> {
    let today = Date::today();
    let mut said = Vec::new();
    for run in outcome.report.runs_mut() {
        said.extend(known.apply(run, today));
    }
    // What is only a warning today may be a failure tomorrow: its entry is needed.
    for case in &outcome.cases {
        known.is_needed(case, today);
    }
    let chosen = [&arguments.method, &arguments.check, &arguments.skip];
    if outcome.complete && chosen.iter().all(|words| words.is_empty()) {
        said.extend(known.unused(|check, methods| {
            let ran = config.checks.iter().map(|check| &check.info);
            let asked = config.probes.probes.iter().map(|probe| &probe.info);
            let mut left_out = plan.methods.iter().filter(|method| method.skipped.is_some());
            ran.chain(asked).any(|info| info.name == check.name)
                && !left_out.any(|method| methods.is_match(&method.name))
        }));
    }
    said
}
