//! The run: plan in, phases over it, a report out. Prints nothing; what happens are events.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use tokio::sync::watch;

use super::{
    Case, Check, Class, Method, Plan,
    checks::{ENVIRONMENT, OPEN_ENDED, SKIPPED, UNREACHABLE},
    cover,
    input::Input,
    judge::{Failure, Judge, Judged},
    malformed,
    shrink::{CONFIRM, shrink},
};
use crate::{
    client::Transport,
    diag::{CaseRow, Diagnostic, MethodRow, Report, Run, Section, Severity},
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
    /// Of the whole run; shrinking what was found comes on top.
    pub max_time: Option<Duration>,
    /// See [`super::select`].
    pub checks: Vec<&'static Check>,
    /// Sent with every call.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// Named in the report.
    pub target: String,
}

impl Default for Config {
    /// Seed 0, 100 random cases, 4 workers, 10 s for a call, every check that is on.
    fn default() -> Self {
        Config {
            seed: 0,
            cases: 100,
            workers: 4,
            deadline: Duration::from_secs(10),
            max_time: None,
            checks: super::select(&[], &[], false).unwrap_or_default(),
            metadata: Vec::new(),
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
/// More than this share of calls with one error, over several methods: the environment.
const ENVIRONMENT_SHARE: f64 = 0.95;

#[derive(Debug, Default)]
struct Tally {
    statuses: BTreeMap<String, u64>,
    malformed: BTreeMap<String, u64>,
    hangs: u64,
    left_out: u64,
    open_ended: bool,
}

/// Runs the plan. Sending `true` through `stop` ends it early: what was found is shrunk and reported.
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
    };
    let methods: Vec<&Method> = plan.called().collect();
    let tallies: RefCell<Vec<Tally>> = RefCell::new(methods.iter().map(|_| Tally::default()).collect());
    let mut said = Vec::new();
    let mut found: Vec<(CaseRow, Case, Severity)> = Vec::new();
    let mut cases = 0;
    let mut over = false;
    let enough = async {
        let stopped = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        match config.max_time {
            Some(time) => drop(tokio::time::timeout(time, stopped).await),
            None => stopped.await,
        }
    };
    let mut enough = std::pin::pin!(enough);

    for phase in [Phase::Coverage, Phase::Random, Phase::Malformed] {
        if over {
            break;
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
        loop {
            let next = tokio::select! {
                biased;
                () = &mut enough => { over = true; None }
                next = judged.next() => next,
            };
            let Some((at, input, judged)) = next else { break };
            let Some(Judged { outcome, failures, open_ended, unreachable, .. }) = judged else {
                tallies.borrow_mut()[at].left_out += 1;
                continue;
            };
            if let Some(text) = unreachable {
                let name = &methods[at].name;
                let message = format!("{text} (at case {cases}, {name}, {})", input.label);
                said.push(Diagnostic::failure(&UNREACHABLE, message));
                over = true;
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
            *answers.entry(outcome).or_default() += 1;
            for failure in failures {
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
            let (input, failure, confirmed) = shrink(judge, methods[at], input, failure).await;
            let case = Case::new(judge, config, &input, &failure);
            let mut row = case.row(failure.check, methods[at]);
            row.details.push(("input".into(), input.label.clone()));
            if confirmed < CONFIRM {
                row.details.push(("flaky".into(), format!("{confirmed}/{CONFIRM} repetitions failed")));
            }
            // Comparing two answers while others write can err; seen once and never again is no finding then.
            let doubtful = confirmed == 0 && input.class == Class::UnknownFields;
            let severity = if doubtful || failure.check.level == super::Level::Warn {
                Severity::Warning
            } else {
                Severity::Error
            };
            on_event(Event::Shrunk(case.id.clone()));
            found.push((row, case, severity));
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
    let (rows, cases_found): (Vec<_>, Vec<_>) =
        failures.into_iter().map(|(row, case, _)| (row, case)).unzip();
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

fn inputs(phase: Phase, config: &Config, method: &Method) -> Box<dyn Iterator<Item = Input>> {
    match phase {
        Phase::Coverage => Box::new(cover::coverage(config.seed, method).into_iter()),
        Phase::Random => {
            let (seed, method) = (config.seed, method.clone());
            Box::new((0..config.cases).filter_map(move |index| cover::random(seed, &method, index)))
        }
        Phase::Malformed => Box::new(malformed::inputs(config.seed, method).into_iter()),
    }
}

fn notes(method: &Method, tally: &Tally) -> Vec<Diagnostic> {
    let name = &method.name;
    let open = tally.open_ended.then(|| {
        let message = format!("{name} was still sending, or quiet after several replies, at the deadline");
        Diagnostic::new(&OPEN_ENDED, Severity::Note, message).at(method.place.clone())
    });
    let left = (tally.left_out > 0).then(|| {
        let message = format!("{name} hung {} times; {} calls were left out", tally.hangs, tally.left_out);
        Diagnostic::new(&SKIPPED, Severity::Warning, message).at(method.place.clone())
    });
    open.into_iter().chain(left).collect()
}

/// The one error that nearly every call to several methods ended with.
fn environment(tallies: &[Tally]) -> Option<String> {
    const SUSPECTS: [&str; 5] =
        ["UNKNOWN", "INTERNAL", "UNAVAILABLE", "UNAUTHENTICATED", "PERMISSION_DENIED"];
    let called: Vec<&Tally> = tallies.iter().filter(|tally| !tally.statuses.is_empty()).collect();
    let total: u64 = called.iter().flat_map(|tally| tally.statuses.values()).sum();
    let share = |code: &str| {
        let count: u64 = called.iter().filter_map(|tally| tally.statuses.get(code)).sum();
        count as f64 / total as f64
    };
    let all = called.len() > 1;
    SUSPECTS.into_iter().find(|code| all && share(code) > ENVIRONMENT_SHARE).map(str::to_owned)
}

fn rows_of(plan: &Plan, tallies: &[Tally]) -> Vec<MethodRow> {
    let mut tallies = tallies.iter();
    let row = |method: &Method| {
        let tally = if method.skipped.is_none() { tallies.next() } else { None };
        let listed = |answers: &BTreeMap<String, u64>| answers.clone().into_iter().collect();
        let statuses: Vec<(String, u64)> = tally.map(|tally| listed(&tally.statuses)).unwrap_or_default();
        let malformed: Vec<(String, u64)> = tally.map(|tally| listed(&tally.malformed)).unwrap_or_default();
        let calls = statuses.iter().chain(&malformed).map(|(_, count)| count).sum();
        MethodRow { name: method.name.clone(), calls, statuses, malformed, skipped: method.skipped.clone() }
    };
    plan.methods.iter().map(row).collect()
}
