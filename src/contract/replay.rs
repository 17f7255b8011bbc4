//! A saved case sent once more: to its check, or asked of its probe again.

use std::time::Duration;

use prost_reflect::DescriptorPool;

use super::{
    CHECKS, Case, Identity, Method, PROBES, Plan, Probe, ProbeOptions, Probing,
    checks::{MISSING_HEADER, RULE_VACUOUS, STAYS_ALIVE, UNKNOWN_CHECK, UNREACHABLE},
    judge::{Failure, Judge},
    patient::Patient,
    probe,
    sequences::{self, Reset},
};
use crate::{
    client::Transport,
    diag::{CaseRow, Diagnostic, Report, Run, Section, Severity},
    promise::contract::Contract,
    values::Manner,
};

/// Sends a saved case once more and lets its check judge it. The report holds the failure if it is still there.
///
/// `metadata` is sent with it; a name that the case had and this has not is worth a warning.
pub async fn replay<T: Transport>(
    case: &Case,
    transport: &T,
    pool: &DescriptorPool,
    metadata: &[(String, Vec<u8>)],
) -> Report {
    replay_with(case, transport, (pool, &Contract::of(pool.services())), (metadata, &[]), None).await
}

/// The same, with what the services promise, side files and all, and what empties the server before the calls of a
/// sequence.
pub async fn replay_with<T: Transport>(
    case: &Case,
    transport: &T,
    (pool, contract): (&DescriptorPool, &Contract),
    (metadata, identities): (&[(String, Vec<u8>)], &[Identity]),
    reset: Option<&Reset>,
) -> Report {
    if case.sequence.is_some() {
        return replay_sequence(case, transport, (pool, contract), metadata, reset).await;
    }
    if let Some(probe) = PROBES.iter().find(|probe| probe.info.name == case.check) {
        return replay_probe(case, probe, transport, (pool, contract), (metadata, identities)).await;
    }
    let check = CHECKS.iter().copied().find(|check| check.info.name == case.check);
    let (service, name) = case.method.rsplit_once('/').unwrap_or_default();
    let desc =
        pool.get_service_by_name(service).and_then(|s| s.methods().find(|method| method.name() == name));
    let method = desc.map(|desc| {
        let mut method = Method::new(desc);
        method.promised(contract);
        method
    });
    if let Some(method) = &method {
        // Nothing has set it before.
        let _ = method.manner.set(Manner::of(case.manner.clone()));
    }
    let input = method.as_ref().and_then(|method| case.input(method));
    let (Some(check), Some(method), Some(input)) = (check, method, input) else { return does_not_fit(case) };
    let deadline = Duration::from_millis(case.deadline_ms);
    let started = std::time::Instant::now();
    let doubts = check.info.name == STAYS_ALIVE.info.name;
    let patient = Patient::new(transport, None);
    let judge = Judge {
        transport: &patient,
        checks: &[check],
        metadata,
        deadline,
        calls: 0.into(),
        doubts,
        max_latency: case.cause.strip_suffix("ms").and_then(|ms| ms.parse().ok()).map(Duration::from_millis),
        sibling: None,
        again: now().into(),
    };
    // Of a call before a death the question is whether it brings it about by itself, whatever its check judges.
    let was_alive = case.led_to.is_some() && judge.is_alive().await;
    let judged = judge.judge(&method, &input).await;
    if let Some(error) = judged.unreachable.as_ref().filter(|_| !was_alive) {
        return Report::new(vec![Diagnostic::failure(&UNREACHABLE, error.to_string())]);
    }
    let row = |failure: Failure| {
        let row = case.row(failure.check, &method);
        let mut row = CaseRow { message: failure.message, status: failure.outcome, ..row };
        failure.answer.tell(&mut row);
        row
    };
    let mut failures: Vec<_> = judged.failures.into_iter().map(row).collect();
    if was_alive && failures.is_empty() && !judge.is_alive().await {
        failures.push(CaseRow {
            status: judged.outcome.unwrap_or_default(),
            message: GONE.to_owned(),
            ..case.row(check, &method)
        });
    }
    let said = match failures.as_slice() {
        [] if case.led_to.is_some() => format!("the server is alive after case {}", case.id),
        [] => format!("case {} no longer fails", case.id),
        _ => format!("case {} still fails", case.id),
    };
    let run = Run {
        seed: case.seed,
        again: format!("protogate replay {}", case.id),
        shard: None,
        target: case.target.clone(),
        cases: 1,
        calls: judge.calls.into_inner() + patient.again(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        methods: Vec::new(),
        rules: Vec::new(),
        states: Vec::new(),
        failures,
    };
    let notes = missing(case, metadata).into_iter().chain(patient.said()).collect();
    Report::new(notes).with(Section::Line(said)).with(Section::Run(run))
}

/// Makes the calls of a sequence once more.
async fn replay_sequence<T: Transport>(
    case: &Case,
    transport: &T,
    (pool, contract): (&DescriptorPool, &Contract),
    metadata: &[(String, Vec<u8>)],
    reset: Option<&Reset>,
) -> Report {
    let started = std::time::Instant::now();
    let patient = Patient::new(transport, None);
    let judge = Judge {
        transport: &patient,
        checks: &[],
        metadata,
        deadline: Duration::from_millis(case.deadline_ms),
        calls: 0.into(),
        doubts: false,
        max_latency: None,
        sibling: None,
        again: 0.into(),
    };
    let again = match sequences::replay(case, &judge, (pool, contract), (reset, now())).await {
        Some(Ok(again)) => again,
        Some(Err(error)) => return Report::new(vec![Diagnostic::failure(&UNREACHABLE, error.to_string())]),
        None => return does_not_fit(case),
    };
    let said = match &again.failure {
        None => format!("case {} no longer fails", case.id),
        Some(_) => format!("case {} still fails", case.id),
    };
    let unasked = again.needs_reset.then(|| {
        let message = format!("`{}` is asked only of a server that is empty before", case.cause);
        Diagnostic::new(&RULE_VACUOUS, Severity::Warning, message)
            .help("give `reset-command` under [contract], as for the run that found it")
    });
    let run = Run {
        seed: case.seed,
        again: format!("protogate replay {}", case.id),
        shard: None,
        target: case.target.clone(),
        cases: 1,
        calls: judge.calls.into_inner() + patient.again(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        methods: Vec::new(),
        rules: Vec::new(),
        states: Vec::new(),
        failures: again.failure.into_iter().collect(),
    };
    let notes = missing(case, metadata).into_iter().chain(patient.said()).chain(unasked).collect();
    Report::new(notes).with(Section::Line(said)).with(Section::Run(run))
}

fn does_not_fit(case: &Case) -> Report {
    let message = format!("case {} does not fit: check `{}`, method `{}`", case.id, case.check, case.method);
    let help = "run `protogate contract` again: the schema or protogate has changed since it was saved";
    Report::new(vec![Diagnostic::failure(&UNKNOWN_CHECK, message).help(help)])
}

/// What is said of a call before a death that brings it about by itself.
const GONE: &str = "after this call the server could not be reached any more";

/// Asks the probe once more; it fails when it finds the same cause again.
async fn replay_probe<T: Transport>(
    case: &Case,
    of: &'static Probe,
    transport: &T,
    (pool, contract): (&DescriptorPool, &Contract),
    (metadata, identities): (&[(String, Vec<u8>)], &[Identity]),
) -> Report {
    let plan = Plan::with(pool.services(), &[], contract.clone()).unwrap_or_default();
    let called: Vec<&Method> = plan.called().collect();
    // The method of the case first: it is the one that a probe takes where any would do.
    let same = called.iter().copied().filter(|method| method.name == case.method);
    // What is promised of it may need the others: those that make what it takes.
    let others = called.iter().copied().filter(|method| method.name != case.method && !contract.is_empty());
    let methods: Vec<&Method> = match same.clone().next() {
        Some(method) => std::iter::once(method).chain(others).collect(),
        None => called.clone(),
    };
    let options = ProbeOptions {
        max_request_bytes: case.label.strip_prefix("limit ").and_then(|limit| limit.parse().ok()),
        schema_from_files: true,
        identities: identities.to_vec(),
        ..ProbeOptions::default()
    };
    let started = std::time::Instant::now();
    let (calls, rules) = (0.into(), std::cell::RefCell::default());
    let deadline = Duration::from_millis(case.deadline_ms);
    let patient = Patient::new(transport, None);
    let probing = Probing {
        transport: &patient,
        methods: &methods,
        metadata,
        deadline,
        options: &options,
        calls: &calls,
        seed: case.seed,
        contract,
        rules: &rules,
    };
    let again = probe(of, &probing).await;
    let others = identities.iter().flat_map(|who| who.metadata.iter().cloned());
    let secrets: Vec<(String, Vec<u8>)> = metadata.iter().cloned().chain(others).collect();
    let failures: Vec<CaseRow> = again
        .iter()
        .filter(|found| {
            found.cause == case.cause
                && (found.method == case.method || !called.iter().any(|it| it.name == case.method))
        })
        .map(|found| {
            let method = called.iter().copied().find(|method| method.name == found.method);
            case.probe_row(found, method, &secrets)
        })
        .collect();
    let said = match failures.as_slice() {
        [] => format!("case {} no longer fails", case.id),
        _ => format!("case {} still fails", case.id),
    };
    let run = Run {
        seed: case.seed,
        again: format!("protogate replay {}", case.id),
        shard: None,
        target: case.target.clone(),
        cases: 1,
        calls: calls.into_inner() + patient.again(),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        methods: Vec::new(),
        rules: Vec::new(),
        states: Vec::new(),
        failures,
    };
    let notes = missing(case, metadata).into_iter().chain(patient.said()).collect();
    Report::new(notes).with(Section::Line(said)).with(Section::Run(run))
}

fn missing(case: &Case, metadata: &[(String, Vec<u8>)]) -> Vec<Diagnostic> {
    let missing = case.metadata.iter().filter(|name| !metadata.iter().any(|(given, _)| given == *name));
    let warning = |name| {
        let message = format!("the case was found with the header `{name}`, and sent without it");
        Diagnostic::new(&MISSING_HEADER, Severity::Warning, message)
            .help(format!("give it: --header '{name}:…'"))
    };
    missing.map(warning).collect()
}

/// Names that a case made when it was found must not be in its way when it is sent again.
fn now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.as_secs()
}
