//! From what a search found to the report.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Case, Config, Outcome, Plan,
    checks::{ENVIRONMENT, SKIPPED},
    run::{FRAMEWORK, Found},
    search::Search,
    tally::{environment, notes, rows_of},
};
use crate::diag::{Diagnostic, Report, Run, Section, Severity};

pub(super) fn outcome<T>(
    plan: &Plan,
    config: &Config,
    search: Search<'_, T>,
    mut found: Vec<Found>,
    probed: Vec<super::Found>,
    elapsed: Duration,
) -> Outcome {
    let healed = if search.saved_done {
        let was_sent = |case: &&Case| match &case.sequence {
            None => true,
            Some(calls) if calls.iter().any(|call| call.client.is_some()) => search.races_done,
            Some(_) => search.sequences_done,
        };
        config.saved.iter().filter(was_sent).map(|case| case.id.clone()).collect()
    } else {
        Vec::new()
    };
    let Search { judge, tallies, mut said, cases, suspects, over, sequences, rules, states, .. } = search;
    let tallies = tallies.into_inner();
    let nothing = cases == 0 && found.is_empty() && probed.is_empty() && !config.checks.is_empty();
    if let Some(time) = config.max_time.filter(|time| over && nothing && elapsed >= *time / 2) {
        let message = format!("the time of the run ({time:?}) was up before one case was done");
        let help = "raise --max-time, or lower `deadline` under [contract]; does the server answer at all?";
        said.push(Diagnostic::failure(&SKIPPED, message).help(help));
    }
    let is_whole = config.shard.1 <= 1 && config.without.is_empty();
    let complete = !over && is_whole && tallies.iter().all(|tally| tally.left_out == 0);
    if let Some(code) = environment(&tallies) {
        let message = format!("more than 95 % of all calls ended with {code}: is the server set up?");
        said.push(Diagnostic::new(&ENVIRONMENT, Severity::Error, message));
        found.retain(|it| it.case.status != code || it.case.check != "not_a_server_error");
    }
    for (method, tally) in plan.called().zip(&tallies) {
        said.extend(notes(method, tally, over));
    }
    let (failures, lighter): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|it| it.severity == Severity::Error);
    let mut saved: Vec<_> = Vec::new();
    let mut before = Vec::new();
    for Found { row, case, severity, before: led } in lighter {
        before.extend(led);
        let message = format!("{}: {}", row.method, row.message);
        let whose = row.details.iter().find(|(name, _)| name == FRAMEWORK);
        let whose = whose.map_or(String::new(), |(_, why)| format!("{why}; "));
        said.push(
            Diagnostic::new(row.check, severity, message)
                .at(row.place)
                .help(format!("{whose}see it again: {}", row.replay)),
        );
        saved.push(case);
    }
    let (mut rows, mut cases_found) = (Vec::new(), Vec::new());
    for Found { row, case, before: led, .. } in failures {
        rows.push(row);
        cases_found.push(case);
        before.extend(led);
    }
    cases_found.extend(saved);
    let others = config.probes.identities.iter().flat_map(|who| who.metadata.iter().cloned());
    let secrets: Vec<(String, Vec<u8>)> = config.metadata.iter().cloned().chain(others).collect();
    for one in probed {
        let case = Case::of_probe(config, judge.deadline, &one);
        if one.severity == Severity::Error {
            let method = plan.called().find(|method| method.name == one.method);
            rows.push(case.probe_row(&one, method, &secrets));
            cases_found.push(case);
        } else {
            let message = match one.method.as_str() {
                "" => one.message,
                method => format!("{method}: {}", one.message),
            };
            said.push(Diagnostic::new(&one.probe.info, one.severity, message));
        }
    }
    cases_found.extend(suspects);
    let run = Run {
        seed: config.seed,
        again: config.again.clone(),
        shard: Some((config.shard.0 + 1, config.shard.1)).filter(|(_, of)| *of > 1),
        target: config.target.clone(),
        cases,
        calls: judge.calls.load(Ordering::Relaxed),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        methods: rows_of(plan, &tallies),
        failures: rows,
        rules,
        states,
    };
    let report = Report::new(said).with(Section::Run(run));
    let report = sequences.into_iter().fold(report, |report, line| report.with(Section::Line(line)));
    Outcome { report, cases: cases_found, before, healed, complete }
}
