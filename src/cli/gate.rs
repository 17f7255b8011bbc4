//! `gate`: every promise, one report, one exit code.

use std::time::Instant;

use super::args::{CheckBreaking, Gate};
use super::config::GatePhase;
use super::{Context, Outcome, breaking, contract, generate, output, settle};
use crate::diag::{Phase, Report, Section, Severity};

/// Runs every phase, also after one has failed: a gate that stops at the first finding is run twice.
pub fn gate(arguments: &Gate, context: &Context) -> Outcome {
    let configured = &context.config.gate.phases;
    let phases: &[GatePhase] = if configured.is_empty() { &GatePhase::ALL } else { configured };
    let mut whole = Report::default();
    let mut rows = Vec::new();
    for phase in phases {
        output::log(&context.common, &format!("gate: {}", phase.name()));
        let started = Instant::now();
        let report = settle(run(*phase, arguments, context));
        rows.push(Phase {
            name: phase.name().to_owned(),
            verdict: report.verdict(),
            summary: summary(&report),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        whole = whole.merge(report);
    }
    Ok(whole.with(Section::Phases(rows)))
}

fn run(phase: GatePhase, arguments: &Gate, context: &Context) -> Outcome {
    match phase {
        GatePhase::Generate => generate::check(context),
        GatePhase::CheckBreaking => breaking::check_breaking(&CheckBreaking::default(), context),
        GatePhase::Contract => contract::gate(arguments.seed, context),
    }
}

/// One line: what was found, or what was done.
fn summary(report: &Report) -> String {
    let run = report.sections().iter().find_map(|section| match section {
        Section::Run(run) => Some(format!(
            "{} in {} cases, {} calls over {} methods",
            count(run.failures.len(), "failure"),
            run.cases,
            run.calls,
            run.methods.iter().filter(|method| method.skipped.is_none()).count()
        )),
        _ => None,
    });
    let heavy = |severity| report.diagnostics().iter().filter(|d| d.severity == severity).count();
    match (heavy(Severity::Failure), heavy(Severity::Error), run) {
        (0, 0, Some(run)) => run,
        (0, 0, None) => "nothing found".to_owned(),
        (0, findings, _) => count(findings, "finding"),
        _ => "could not do its job".to_owned(),
    }
}

fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
