//! The run: plan in, phases over it, a report out. Prints nothing; what happens are events.

use std::{
    cell::{OnceCell, RefCell},
    sync::atomic::Ordering,
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{
    Case, Check, Method, Plan, Probing,
    checks::{DEAD, SKIPPED},
    control::shares,
    finish,
    judge::{Failure, Judge},
    listed::inputs,
    patient::Patient,
    probe,
    search::Search,
    sequences::{Kind, Reset, Sequences},
    shrink::{Shrunk, shrink},
    stop::reached,
};
use crate::{
    client::Transport,
    diag::{CaseRow, Diagnostic, Report, Severity},
};

/// The share of a run's time that the questions before it may take.
const PREFLIGHT: f64 = 0.2;

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
    /// How long a unary call may take; not bounded without it.
    pub max_latency: Option<Duration>,
    /// See [`super::select`].
    pub checks: Vec<&'static Check>,
    /// Sent with every call.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// What is asked about the server as a whole.
    pub probes: super::ProbeOptions,
    /// Named in the report.
    pub target: String,
    /// The command line that runs the same again, for the report. It must hold no secret.
    pub again: String,
    /// What the framework gets wrong is an error as well.
    pub strict: bool,
    /// Ends the search at the first failure.
    pub fail_fast: bool,
    /// Which part of the cases, of how many: the first is 0 of n.
    pub shard: (u64, u64),
    /// Cases that failed before; they come first.
    pub saved: Vec<Case>,
    /// What empties the server before each sequence of calls; without it, it may hold anything.
    pub reset: Option<Reset>,
    /// The side files that the plan was read with, as the user names them: `replay` of a case needs them.
    pub sides: Vec<String>,
    /// Phases that are left out, to see what they are worth.
    pub without: Vec<Phase>,
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
            max_latency: None,
            checks: super::select(&[], &[], false).unwrap_or_default(),
            metadata: Vec::new(),
            probes: super::ProbeOptions::default(),
            target: String::new(),
            again: String::new(),
            strict: false,
            fail_fast: false,
            shard: (0, 1),
            saved: Vec::new(),
            reset: None,
            sides: Vec::new(),
            without: Vec::new(),
        }
    }
}

/// A part of the run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// What can be asked about the server before anything else: reflection, health, the connection, credentials.
    Preflight,
    /// What failed in an earlier run.
    Saved,
    /// Sequences of calls, against what the contract says of the state.
    Sequences,
    /// The same with several clients at once.
    Races,
    /// Plain requests, until the server takes one of each method.
    Acquaint,
    /// Boundary values, one at a time.
    Coverage,
    /// Requests that name what the server has named.
    Follow,
    /// The same for methods that remove things: what was found before them is shrunk by then.
    Remove,
    /// Random messages.
    Random,
    /// Malformed bytes, frames and headers.
    Malformed,
    /// Streams held open past a deadline.
    Deadlines,
    /// Cancelled calls, and responses that are not read.
    Schedules,
    /// Questions about the server as a whole that are hard on it: its limits, and what it keeps.
    Probes,
}

impl Phase {
    /// Those with cases, in the order in which they run. [`Phase::Preflight`] comes before them, and
    /// [`Phase::Probes`] after.
    pub const ALL: [Phase; 11] = [
        Phase::Saved,
        Phase::Sequences,
        Phase::Races,
        Phase::Acquaint,
        Phase::Coverage,
        Phase::Follow,
        Phase::Remove,
        Phase::Random,
        Phase::Malformed,
        Phase::Deadlines,
        Phase::Schedules,
    ];

    /// Its name, as machines read it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Preflight => "preflight",
            Phase::Saved => "saved",
            Phase::Sequences => "sequences",
            Phase::Races => "races",
            Phase::Acquaint => "acquaint",
            Phase::Coverage => "coverage",
            Phase::Follow => "follow",
            Phase::Remove => "remove",
            Phase::Random => "random",
            Phase::Malformed => "malformed",
            Phase::Deadlines => "deadlines",
            Phase::Schedules => "schedules",
            Phase::Probes => "probes",
        }
    }

    /// Whether each case needs the server to itself.
    pub(super) fn is_alone(self) -> bool {
        use Phase::{Follow, Races, Remove, Saved, Schedules, Sequences};
        matches!(self, Saved | Sequences | Races | Follow | Remove | Schedules)
    }
}

/// What happens while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The run begins, with so many methods to call.
    Started(usize),
    /// A phase begins.
    PhaseStarted(Phase),
    /// One case is done: its method, and how the call ended.
    CaseDone(String, String),
    /// A failure with a new key: check and method. It will be shrunk when the phase is over.
    FailureFound(&'static str, String),
    /// A failure is shrunk: how much it weighs, and its case. Those of one fault of the framework are one.
    Shrunk(Severity, Box<CaseRow>),
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What to render.
    pub report: Report,
    /// The failing cases, for whoever wants to save them.
    pub cases: Vec<Case>,
    /// The calls before a death, to be saved as well. They are replayed one at a time, and by no later run.
    pub before: Vec<Case>,
    /// The ids of the saved cases that were sent again and passed.
    pub healed: Vec<String>,
    /// Whether all of the plan was sent: no shard, no early end, nothing left out.
    pub complete: bool,
}

/// One finding, as it will be reported.
pub(super) struct Found {
    pub row: CaseRow,
    pub case: Case,
    pub severity: Severity,
    /// The calls before a death.
    pub before: Vec<Case>,
}

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
    let methods: Vec<&Method> = plan.called().collect();
    let patient = Patient::new(transport, config.max_time);
    let judge = Judge {
        transport: &patient,
        checks: &config.checks,
        metadata: &config.metadata,
        deadline: config.deadline,
        calls: 0.into(),
        doubts: false,
        max_latency: config.max_latency,
        sibling: sibling(&methods),
        again: 0.into(),
    };
    let control = OnceCell::new();
    let end = config.max_time.and_then(|time| started.checked_add(time));
    let end_of_search = config.max_time.and_then(|time| started.checked_add(time.mul_f64(0.9)));
    let mut search = Search::new(config, &judge, &methods);
    let mut found: Vec<Found> = Vec::new();
    on_event(Event::Started(methods.len()));
    // Who names nothing but probes wants nothing but them.
    let only_probes = config.checks.is_empty() && !config.probes.probes.is_empty();
    // A server that answers none of it must not cost the run its time.
    let end_of_preflight = config.max_time.and_then(|time| started.checked_add(time.mul_f64(PREFLIGHT)));
    let mut probed =
        probe_all(Phase::Preflight, &mut search, (&methods, plan), (&mut stop, end_of_preflight), on_event)
            .await;
    search.over = *stop.borrow();
    search.over |= config.fail_fast && probed.iter().any(|it| it.severity == Severity::Error);
    let mut left_out = Vec::new();
    let sequences = Sequences::of(plan, &methods, config);
    let has_cases = |phase: &Phase| {
        let of_contract = matches!(phase, Phase::Sequences | Phase::Races);
        !config.without.contains(phase) && (!of_contract || sequences.is_some())
    };
    for phase in Phase::ALL.into_iter().filter(|_| !only_probes).filter(has_cases) {
        if search.over {
            left_out.push(format!("{phase:?}"));
            continue;
        }
        on_event(Event::PhaseStarted(phase));
        let known = |failure: &Failure| {
            let is = |it: &Found| {
                let key = (&*it.case.check, &*it.case.method, &*it.case.cause);
                key == (failure.key.check, &*failure.key.method, &*failure.key.cause)
            };
            found.iter().any(is)
        };
        let fresh = match phase {
            Phase::Sequences | Phase::Races => match &sequences {
                Some(sequences) => {
                    let times = (Instant::now(), end);
                    let kind = if phase == Phase::Races { Kind::Races } else { Kind::Sequences };
                    let came = sequences
                        .phase((kind, &found), &mut search, &methods, times, &mut stop, on_event)
                        .await;
                    found.extend(came.found);
                    came.deaths
                }
                None => Vec::new(),
            },
            Phase::Acquaint => search.acquaint(end, &mut stop, &known, on_event).await,
            _ => {
                let inputs = inputs(phase, config, &methods, &search);
                search.phase(phase, inputs, (end, end_of_search), &mut stop, &known, on_event).await
            }
        };
        for (at, input, failure) in fresh {
            let method = methods[at];
            let (check, cause) = (failure.key.check, failure.key.cause.clone());
            let mut shrunk = Shrunk::new(input, failure);
            // Asked of each method: another one may have the same fault of its own making.
            let excusable = shrunk.input.class.is_the_frameworks() && shrunk.failure.key.cause != DEAD;
            let (of_framework, asked) = tokio::select! {
                biased;
                () = reached(&mut stop, end) => { search.over = true; (false, !excusable) }
                shared = shares(&control, &judge, config.seed, &methods, method, &shrunk) => (shared, true),
            };
            let same = |it: &&mut Found| {
                of_framework && it.case.check == check && it.case.cause == cause && is_frameworks(&it.row)
            };
            if let Some(known) = found.iter_mut().find(same) {
                let also = format!("{} ({})", method.name, shrunk.input.label);
                known.row.details.push(("also".into(), also));
                continue;
            }
            tokio::select! {
                biased;
                () = reached(&mut stop, end) => search.over = true,
                () = shrink(&judge, method, &mut shrunk) => {}
            }
            if shrunk.is_chance() {
                continue;
            }
            let case = Case::new(&judge, config, method, &shrunk.input, &shrunk.failure);
            let mut one = search.found(method, shrunk, case);
            if !asked {
                one.row
                    .details
                    .push((FRAMEWORK.into(), "the run ended before anybody asked whose it is".into()));
                one.severity = one.severity.min(Severity::Warning);
            }
            if of_framework {
                one.row.details.push((
                    FRAMEWORK.into(),
                    "it may be the framework's, of which a method does the same".into(),
                ));
                if !config.strict {
                    one.severity = Severity::Warning;
                }
            }
            on_event(Event::Shrunk(one.severity, Box::new(one.row.clone())));
            found.push(one);
        }
        search.over |= config.fail_fast && found.iter().any(|it| it.severity == Severity::Error);
    }
    if !left_out.is_empty() {
        // A run that was told to end at the first failure is as long as it was meant to be.
        let severity = if config.fail_fast { Severity::Note } else { Severity::Warning };
        let message = format!("the run ended early: these phases were left out: {}", left_out.join(", "));
        search.said.push(Diagnostic::new(&SKIPPED, severity, message));
    }
    probed.extend(probe_all(Phase::Probes, &mut search, (&methods, plan), (&mut stop, end), on_event).await);
    judge.calls.fetch_add(patient.again(), Ordering::Relaxed);
    search.said.extend(patient.said());
    finish::outcome(plan, config, search, found, probed, started.elapsed())
}

/// Asks the probes of a phase one after the other; what is asked when the time is up is left out.
async fn probe_all<T: Transport>(
    phase: Phase,
    search: &mut Search<'_, T>,
    (methods, plan): (&[&Method], &Plan),
    (stop, end): (&mut watch::Receiver<bool>, Option<Instant>),
    on_event: &mut dyn FnMut(Event),
) -> Vec<super::Found> {
    let (judge, config) = (search.judge, search.config);
    let rules = RefCell::new(std::mem::take(&mut search.rules));
    let probing = Probing {
        transport: judge.transport,
        methods,
        metadata: judge.metadata,
        deadline: judge.deadline,
        options: &config.probes,
        calls: &judge.calls,
        seed: config.seed,
        contract: &plan.contract,
        rules: &rules,
    };
    let mut found = Vec::new();
    // They ask about the whole server: the first shard does it for all.
    let probes: Vec<_> = match config.shard.0 {
        0 => config.probes.probes.iter().filter(|it| it.is_gentle() == (phase == Phase::Preflight)).collect(),
        _ => Vec::new(),
    };
    if !search.over && !probes.is_empty() {
        on_event(Event::PhaseStarted(phase));
    }
    let mut left = probes.into_iter();
    while !search.over
        && let Some(one) = left.next()
    {
        tokio::select! {
            biased;
            () = reached(stop, end) => search.over = true,
            these = probe(one, &probing) => {
                for this in these.iter().filter(|this| this.severity == Severity::Error) {
                    on_event(Event::FailureFound(this.probe.info.name, this.method.clone()));
                }
                found.extend(these);
            }
        }
    }
    search.rules = rules.into_inner();
    let names: Vec<&str> = left.map(|one| one.info.name).collect();
    if !names.is_empty() {
        let message = format!("the run ended early: nothing was asked about {}", names.join(", "));
        search.said.push(Diagnostic::new(&SKIPPED, Severity::Note, message));
    }
    found
}

/// The detail that says whose fault it is.
pub(super) const FRAMEWORK: &str = "framework";

fn is_frameworks(row: &CaseRow) -> bool {
    row.details.iter().any(|(name, _)| name == FRAMEWORK)
}

/// The method that is called beside another: one that reads, if there is one.
fn sibling<'a>(methods: &[&'a Method]) -> Option<&'a Method> {
    let unary = |it: &&&'a Method| !it.desc.is_client_streaming() && !it.desc.is_server_streaming();
    let reads = methods.iter().filter(unary).find(|method| method.reads);
    reads.or_else(|| methods.iter().find(unary)).copied()
}
