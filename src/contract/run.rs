//! The run: plan in, phases over it, a report out. Prints nothing; what happens are events.

use std::{cell::RefCell, collections::VecDeque, sync::atomic::Ordering, time::Duration};

use futures_util::StreamExt as _;
use tokio::{sync::watch, time::Instant};

use super::{
    Case, Check, Class, Found, Method, Plan, Probing,
    checks::{DEAD, ENVIRONMENT, SKIPPED, STAYS_ALIVE, UNREACHABLE},
    cover,
    input::Input,
    judge::{Failure, Judge, Judged, Key},
    malformed, probe,
    shrink::{CONFIRM, Shrunk, shrink},
    stop::reached,
    tally::{Tally, environment, notes, rows_of},
};
use crate::{
    client::Transport,
    diag::{CaseRow, Diagnostic, Report, Run, Section, Severity},
};

/// How to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Draws the same cases again.
    pub seed: u64,
    /// Random cases per method.
    pub cases: u64,
    /// Cases in flight at once, at least 1.
    pub workers: usize,
    /// Of each call.
    pub deadline: Duration,
    /// Of the whole run. Once something is found, a tenth of it is kept for shrinking.
    pub max_time: Option<Duration>,
    /// See [`super::select`].
    pub checks: Vec<&'static Check>,
    /// Sent with every call.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// What is asked about the server as a whole.
    pub probes: super::ProbeOptions,
    /// Named in the report.
    pub target: String,
}

impl Default for Config {
    /// Seed 0, 100 random cases, 4 workers, 10 s for a call, every check that is on, no probe.
    fn default() -> Self {
        Config {
            seed: 0,
            cases: 100,
            workers: 4,
            deadline: Duration::from_secs(10),
            max_time: None,
            checks: super::select(&[], &[], false).unwrap_or_default(),
            metadata: Vec::new(),
            probes: super::ProbeOptions::default(),
            target: String::new(),
        }
    }
}

/// A part of the run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Boundary values, one at a time.
    Coverage,
    /// Random messages.
    Random,
    /// Malformed bytes.
    Malformed,
    /// Questions about the server as a whole.
    Probes,
}

/// What happens while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A phase begins.
    PhaseStarted(Phase),
    /// One case is done: its method, and how the call ended.
    CaseDone(String, String),
    /// A failure with a new key: check and method. It will be shrunk when the phase is over.
    FailureFound(&'static str, String),
    /// A failure is shrunk: the id of its case.
    Shrunk(String),
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What to render.
    pub report: Report,
    /// The failing cases, for whoever wants to save them.
    pub cases: Vec<Case>,
}

/// After so many hangs a method is left alone.
const HANGS: u64 = 3;
/// How many of the last calls are named when the server dies.
const LAST_CALLS: usize = 20;

/// Runs the plan. Sending `true` through `stop` ends it at once, and shrinking with it: what was found is reported
/// as small as it is by then.
pub async fn run<T: Transport>(
    plan: &Plan,
    transport: &T,
    config: &Config,
    mut stop: watch::Receiver<bool>,
    on_event: &mut dyn FnMut(Event),
) -> Outcome {
    let started = Instant::now();
    let judge = Judge {
        transport,
        checks: &config.checks,
        metadata: &config.metadata,
        deadline: config.deadline,
        calls: 0.into(),
        doubts: false,
    };
    let methods: Vec<&Method> = plan.called().collect();
    let tallies: RefCell<Vec<Tally>> = RefCell::new(methods.iter().map(|_| Tally::default()).collect());
    let mut said = Vec::new();
    let mut found: Vec<(CaseRow, Case, Severity)> = Vec::new();
    let mut cases = 0;
    let mut over = false;
    let mut also_saved = Vec::new();
    let mut last: VecDeque<(usize, Input, String)> = VecDeque::new();
    let end = config.max_time.and_then(|time| started.checked_add(time));
    let end_of_search = config.max_time.and_then(|time| started.checked_add(time.mul_f64(0.9)));

    // Who names nothing but probes wants nothing but them.
    let only_probes = config.checks.is_empty() && !config.probes.probes.is_empty();
    let phases: &[Phase] = match only_probes {
        true => &[],
        false => &[Phase::Coverage, Phase::Random, Phase::Malformed],
    };
    for &phase in phases {
        if over {
            let message = format!("the run ended early: the {phase:?} phase was left out");
            said.push(Diagnostic::new(&SKIPPED, Severity::Note, message));
            continue;
        }
        on_event(Event::PhaseStarted(phase));
        let inputs = methods
            .iter()
            .enumerate()
            .flat_map(|(at, method)| inputs(phase, config, method).map(move |input| (at, input)));
        let (judge, methods, tallies) = (&judge, &methods, &tallies);
        let judged = futures_util::stream::iter(inputs)
            .map(|(at, input)| async move {
                if tallies.borrow()[at].hangs >= HANGS {
                    return (at, input, None);
                }
                let judged = judge.judge(methods[at], &input).await;
                tallies.borrow_mut()[at].hangs += u64::from(judged.hung && !judged.open_ended);
                (at, input, Some(judged))
            })
            // In order, whatever the number of workers: the first failure of a key is always the same one.
            .buffered(config.workers.max(1));
        let mut judged = std::pin::pin!(judged);
        let mut fresh: Vec<(usize, Input, Failure)> = Vec::new();
        let mut suspects: Vec<Case> = Vec::new();
        loop {
            let limit = if fresh.is_empty() { end } else { end_of_search };
            let next = tokio::select! {
                biased;
                () = reached(&mut stop, limit) => { over = true; None }
                next = judged.next() => next,
            };
            let Some((at, input, judged)) = next else { break };
            let Some(Judged { outcome, failures, open_ended, unreachable, .. }) = judged else {
                tallies.borrow_mut()[at].left_out += 1;
                continue;
            };
            if let Some(error) = unreachable {
                over = true;
                let known = fresh.iter().any(|(_, _, failure)| failure.key.cause == DEAD);
                // It answered before, and does not take connections now: it died, and that is a finding.
                match last.back() {
                    Some(_) if known => {}
                    Some((at, input, answer)) if error.is_unreachable() => {
                        let died = died(methods[*at], answer.clone());
                        on_event(Event::FailureFound(died.key.check, died.key.method.clone()));
                        fresh.push((*at, input.clone(), died));
                    }
                    _ => {
                        let name = &methods[at].name;
                        let message = format!("{error} (at case {cases}, {name}, {})", input.label);
                        said.push(Diagnostic::failure(&UNREACHABLE, message));
                    }
                }
                break;
            }
            cases += 1;
            let outcome = outcome.unwrap_or_default();
            on_event(Event::CaseDone(methods[at].name.clone(), outcome.clone()));
            let tally = &mut tallies.borrow_mut()[at];
            tally.open_ended |= open_ended;
            let answers = match input.class {
                Class::Valid | Class::UnknownFields => &mut tally.statuses,
                Class::Malformed | Class::UnknownMethod => &mut tally.malformed,
            };
            *answers.entry(outcome.clone()).or_default() += 1;
            if last.len() == LAST_CALLS {
                last.pop_front();
            }
            last.push_back((at, input.clone(), outcome));
            for failure in failures {
                // One death is one finding, however many calls were under way.
                let dead = failure.key.cause == DEAD;
                if dead && fresh.iter().any(|(_, _, known)| known.key.cause == DEAD) {
                    suspects.push(Case::new(judge, config, methods[at], &input, &failure));
                    continue;
                }
                let known = fresh.iter().map(|(_, _, known)| known.key.clone());
                let old = found.iter().any(|(_, case, _)| {
                    (&*case.check, &case.method, &case.cause)
                        == (failure.key.check, &failure.key.method, &failure.key.cause)
                });
                if !old && !known.into_iter().any(|key| key == failure.key) {
                    on_event(Event::FailureFound(failure.key.check, failure.key.method.clone()));
                    fresh.push((at, input.clone(), failure));
                }
            }
        }
        for (at, input, failure) in fresh {
            let mut shrunk = Shrunk::new(input, failure);
            tokio::select! {
                biased;
                () = reached(&mut stop, end) => over = true,
                () = shrink(judge, methods[at], &mut shrunk) => {}
            }
            let Shrunk { input, failure, confirmed } = shrunk;
            let case = Case::new(judge, config, methods[at], &input, &failure);
            let mut row = case.row(failure.check, methods[at]);
            row.details.push(("input".into(), input.label.clone()));
            match confirmed {
                Some(times) if times < CONFIRM => {
                    row.details.push(("flaky".into(), format!("{times}/{CONFIRM} repetitions failed")));
                }
                None if failure.key.cause == DEAD => {
                    let also = suspects.iter().map(|case| ("also".into(), under_way(case)));
                    row.details.extend(also);
                    let before = last.iter().rev().filter(|(_, before, _)| *before != input);
                    row.details.extend(before.take(LAST_CALLS).map(|(at, input, answer)| {
                        ("before".into(), format!("{} ({}): {answer}", methods[*at].name, input.label))
                    }));
                }
                None => row.details.push(("shrunk".into(), "not to the end: the run was stopped".into())),
                Some(_) => {}
            }
            // Comparing two answers while others write can err; seen once and never again is no finding then.
            let doubtful = confirmed == Some(0) && input.class == Class::UnknownFields;
            let severity = if doubtful || failure.check.level == super::Level::Warn {
                Severity::Warning
            } else {
                Severity::Error
            };
            on_event(Event::Shrunk(case.id.clone()));
            found.push((row, case, severity));
        }
        also_saved.extend(suspects);
    }

    let probed = probe_all(&judge, &methods, config, &mut over, (&mut stop, end), on_event).await;
    for one in probed {
        let case = Case::of_probe(config, judge.deadline, &one);
        if one.severity == Severity::Error {
            let method = methods.iter().find(|method| method.name == one.method);
            let row = case.probe_row(&one, method.copied());
            found.push((row, case, Severity::Error));
        } else {
            let subject = if one.method.is_empty() { String::new() } else { format!("{}: ", one.method) };
            let message = format!("{subject}{}", one.message);
            said.push(Diagnostic::new(&one.probe.info, one.severity, message));
        }
    }

    let tallies = tallies.into_inner();
    if let Some(code) = environment(&tallies) {
        let message = format!("more than 95 % of all calls ended with {code}: is the server set up?");
        said.push(Diagnostic::new(&ENVIRONMENT, Severity::Error, message));
        found.retain(|(_, case, _)| case.status != code || case.check != "not_a_server_error");
    }
    for (method, tally) in methods.iter().zip(&tallies) {
        said.extend(notes(method, tally));
    }
    let (failures, lighter): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, _, severity)| *severity == Severity::Error);
    said.extend(lighter.into_iter().map(|(row, _, severity)| {
        Diagnostic::new(row.check, severity, format!("{}: {}", row.method, row.message)).at(row.place)
    }));
    let (rows, mut cases_found): (Vec<_>, Vec<_>) =
        failures.into_iter().map(|(row, case, _)| (row, case)).unzip();
    cases_found.extend(also_saved);
    let run = Run {
        seed: config.seed,
        target: config.target.clone(),
        cases,
        calls: judge.calls.load(Ordering::Relaxed),
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        methods: rows_of(plan, &tallies),
        failures: rows,
    };
    Outcome { report: Report::new(said).with(Section::Run(run)), cases: cases_found }
}

/// Asks the probes one after the other; what is asked when the time is up is left out.
async fn probe_all<T: Transport>(
    judge: &Judge<'_, T>,
    methods: &[&Method],
    config: &Config,
    over: &mut bool,
    (stop, end): (&mut watch::Receiver<bool>, Option<Instant>),
    on_event: &mut dyn FnMut(Event),
) -> Vec<Found> {
    let probing = Probing {
        transport: judge.transport,
        methods,
        metadata: judge.metadata,
        deadline: judge.deadline,
        options: &config.probes,
        calls: &judge.calls,
        seed: config.seed,
    };
    let mut found = Vec::new();
    if !*over && !config.probes.probes.is_empty() {
        on_event(Event::PhaseStarted(Phase::Probes));
    }
    for one in &config.probes.probes {
        if *over {
            break;
        }
        tokio::select! {
            biased;
            () = reached(stop, end) => *over = true,
            these = probe(one, &probing) => {
                for this in these.iter().filter(|this| this.severity == Severity::Error) {
                    on_event(Event::FailureFound(this.probe.info.name, this.method.clone()));
                }
                found.extend(these);
            }
        }
    }
    found
}

fn inputs(phase: Phase, config: &Config, method: &Method) -> Box<dyn Iterator<Item = Input>> {
    match phase {
        Phase::Coverage => Box::new(cover::coverage(config.seed, method).into_iter()),
        Phase::Random => {
            let (seed, method) = (config.seed, method.clone());
            Box::new((0..config.cases).filter_map(move |index| cover::random(seed, &method, index)))
        }
        Phase::Malformed => Box::new(malformed::inputs(config.seed, method).into_iter()),
        // Probes make their own calls.
        Phase::Probes => Box::new(std::iter::empty()),
    }
}

/// A death that no call was seen to cause: the last one that was answered is the nearest to it.
fn died(method: &Method, answer: String) -> Failure {
    Failure {
        key: Key { check: STAYS_ALIVE.info.name, method: method.name.clone(), cause: DEAD.to_owned() },
        check: &STAYS_ALIVE,
        message: "after this call or one shortly before it the server could not be reached any more"
            .to_owned(),
        outcome: answer,
    }
}

/// A call that had no answer yet when the server died.
fn under_way(case: &Case) -> String {
    format!("under way: {} ({}), protogate replay {}", case.method, case.label, case.id)
}
