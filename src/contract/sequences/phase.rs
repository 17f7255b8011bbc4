//! The phase of a run that sends sequences, one at a time, and shrinks what it finds.

use tokio::{sync::watch, time::Instant};

use super::{
    draw::Drawing,
    execute::{Ran, Stage},
    rules::{Counts, check_of},
    shrink::{Shrunk, key, shrink},
    step::Step,
    tell::found,
};
use crate::{
    client::Transport,
    contract::{
        Config, Event, Method, Plan,
        checks::{CONTRACT_UNCLEAR, CONTRACTS, SKIPPED},
        input::Input,
        run::Found,
        search::{Fresh, Search},
        stop::reached,
    },
    diag::{Diagnostic, Severity},
    promise::contract::{Contract, Service},
};

/// The most sequences of one service.
const MOST: u64 = 100;
/// The share of a run's time that sequences may take.
const SHARE: f64 = 0.4;
/// After so many calls that hang no more sequences are sent.
const HANGS: u64 = 3;

/// What the services of a plan promise of their state.
pub(in crate::contract) struct Sequences {
    contract: Contract,
}

/// What a phase came to.
#[derive(Default)]
pub(in crate::contract) struct Came {
    pub found: Vec<Found>,
    /// The server died under a sequence.
    pub deaths: Vec<Fresh>,
}

impl Sequences {
    /// Nothing where nothing is promised, or where nobody wants to know.
    pub fn of(plan: &Plan, methods: &[&Method], config: &Config) -> Option<Sequences> {
        let is_wanted = |name: &str| config.checks.iter().any(|check| check.info.name == name);
        CONTRACTS.iter().any(|check| is_wanted(check.info.name)).then_some(())?;
        let called = |name: &str| {
            let service = name.split('/').next().unwrap_or(name);
            methods.iter().any(|method| method.desc.parent_service().full_name() == service)
        };
        let mut contract = plan.contract.clone();
        contract.services.retain(|name, _| called(name));
        // What is promised of a field concerns whoever answers with it.
        let is_of_field = |of: &str| !of.contains('/') && !plan.contract.services.contains_key(of);
        contract.unread.retain(|it| is_of_field(&it.of) || called(&it.of));
        (!contract.services.is_empty()).then_some(Sequences { contract })
    }

    /// Sends the saved sequences and then those of the seed.
    pub async fn phase<T: Transport>(
        &self,
        search: &mut Search<'_, T>,
        methods: &[&Method],
        (started, end): (Instant, Option<Instant>),
        stop: &mut watch::Receiver<bool>,
        on_event: &mut dyn FnMut(Event),
    ) -> Came {
        let share = search.config.max_time.and_then(|time| started.checked_add(time.mul_f64(SHARE)));
        let mut came = Came::default();
        let mut whole = true;
        search.said.extend(self.contract.unread.iter().map(|it| {
            let message = format!("{}: `{}` is no CEL: {}", it.of, it.text, it.why);
            Diagnostic::failure(&CONTRACT_UNCLEAR, message).help("`protogate contract lint` shows the place")
        }));
        for service in self.contract.services.values() {
            if search.over || !came.deaths.is_empty() {
                break;
            }
            whole &= of_service(service, search, methods, (share, end), stop, on_event, &mut came).await;
        }
        search.sequences_done = whole && !search.over && came.deaths.is_empty();
        came
    }
}

/// Whether all of them were sent.
async fn of_service<T: Transport>(
    service: &Service,
    search: &mut Search<'_, T>,
    methods: &[&Method],
    (share, end): (Option<Instant>, Option<Instant>),
    stop: &mut watch::Receiver<bool>,
    on_event: &mut dyn FnMut(Event),
    came: &mut Came,
) -> bool {
    let (config, judge) = (search.config, search.judge);
    let drawing = Drawing::new(service, methods);
    if drawing.is_empty() {
        return true;
    }
    let stage = Stage::new(judge, methods, service, (config.reset.as_ref(), config.seed));
    let mut counts = Counts::default();
    let (mut hangs, mut sent, mut whole) = (0, 0, true);
    for steps in sequences(&drawing, service, config, methods) {
        let limit = share.into_iter().chain(end).min();
        let ran = tokio::select! {
            biased;
            () = reached(stop, limit) => None,
            ran = stage.execute(&steps) => Some(ran),
        };
        let ran = match ran {
            None => {
                // The share is for the phases after this one; the end is for all.
                search.over = *stop.borrow() || end.is_some_and(|end| Instant::now() >= end);
                whole = false;
                break;
            }
            Some(Ok(ran)) => ran,
            Some(Err(error)) => {
                let last = steps.first().and_then(|step| position(methods, step));
                search.over = true;
                let input =
                    Input::of(crate::contract::Class::Valid, methods[last.unwrap_or(0)], "", Vec::new());
                search.unreachable(last.unwrap_or(0), &input, &error, &mut came.deaths, on_event);
                whole = false;
                break;
            }
        };
        sent += 1;
        tally(search, methods, &steps, &ran, on_event);
        counts.add(&ran.told);
        counts.add_reached(&ran.reached);
        let method = steps.get(ran.done.len().saturating_sub(1)).map_or("", |step| &step.method);
        counts.add_unclear(method, &ran.unclear);
        hangs += u64::from(ran.hung);
        if let Some(error) = &ran.unreachable {
            // What is blamed is the last call that was made, which had no answer.
            let at = steps.get(ran.done.len()).and_then(|step| position(methods, step)).unwrap_or(0);
            let input = Input::of(crate::contract::Class::Valid, methods[at], "", Vec::new());
            search.over = true;
            search.unreachable(at, &input, error, &mut came.deaths, on_event);
            whole = false;
            break;
        }
        if let Some(one) = broken(&stage, search, steps, ran, &came.found, (stop, end), on_event).await {
            on_event(Event::Shrunk(one.severity, Box::new(one.row.clone())));
            came.found.push(one);
            search.over |= config.fail_fast && came.found.iter().any(|it| it.severity == Severity::Error);
        }
        if search.over || hangs >= HANGS {
            whole = false;
            break;
        }
    }
    if hangs >= HANGS {
        let message = format!("{} hung in {hangs} sequences; the others were left out", service.name);
        search.said.push(Diagnostic::new(&SKIPPED, Severity::Warning, message));
    }
    if let Some(why) = stage.failed.borrow().as_ref() {
        let message = format!("the server could not be reset: {why}; what it holds counts as unknown");
        search.said.push(Diagnostic::new(&SKIPPED, Severity::Warning, message));
    }
    search.said.extend(counts.unclear());
    let rows = counts.rows(service, methods, stage.is_closed());
    // Another shard may have had the sequence that asks.
    if whole && config.shard.1 <= 1 {
        search.said.extend(Counts::vacuous(&rows));
    }
    let (asked, of) = Counts::asked(&rows);
    search.rules.extend(rows);
    search.states.extend(counts.states(service));
    search.sequences.push(format!(
        "{}: {sent} sequences, {asked} of {of} promises tested{}",
        service.name,
        if stage.is_closed() { "" } else { ", in a server that may hold more than is known" }
    ));
    whole
}

/// The saved ones, then those of the seed.
fn sequences<'a>(
    drawing: &'a Drawing<'a>,
    service: &'a Service,
    config: &'a Config,
    methods: &[&Method],
) -> impl Iterator<Item = Vec<Step>> + 'a {
    let pool = methods.first().map(|method| method.desc.parent_pool().clone());
    let of_service = format!("{}/", service.name);
    let saved = config.saved.iter().filter_map(|case| case.sequence.as_ref());
    let saved = saved.filter(move |calls| calls.iter().all(|call| call.method.starts_with(&of_service)));
    let saved = saved.filter_map(move |calls| {
        let pool = pool.as_ref()?;
        calls.iter().map(|call| call.to_step(pool)).collect::<Option<Vec<Step>>>()
    });
    let (part, parts) = config.shard;
    let count = config.cases.min(MOST);
    let drawn = (0..count).filter(move |index| index % parts.max(1) == part);
    saved.chain(drawn.map(|index| drawing.sequence(config.seed, index)))
}

/// The finding, where a promise is broken that was not known to be.
async fn broken<T: Transport>(
    stage: &Stage<'_, T>,
    search: &mut Search<'_, T>,
    steps: Vec<Step>,
    ran: Ran,
    known: &[Found],
    (stop, end): (&mut watch::Receiver<bool>, Option<Instant>),
    on_event: &mut dyn FnMut(Event),
) -> Option<Found> {
    let (rule, method) = key(&steps, &ran)?;
    let check = check_of(&rule);
    let config = search.config;
    config.checks.iter().any(|it| it.info.name == check.info.name).then_some(())?;
    let is_known = known.iter().any(|it| it.case.cause == rule && it.case.method == method);
    (!is_known).then_some(())?;
    on_event(Event::FailureFound(check.info.name, method.clone()));
    let mut shrunk = Shrunk::new(steps, ran);
    tokio::select! {
        biased;
        () = reached(stop, end) => search.over = true,
        () = shrink(stage, &mut shrunk) => {}
    }
    let method = stage.methods.iter().find(|it| it.name == method)?;
    found(stage, config, (check, method), &shrunk)
}

/// Counts the calls of a sequence towards their methods.
fn tally<T: Transport>(
    search: &mut Search<'_, T>,
    methods: &[&Method],
    steps: &[Step],
    ran: &Ran,
    on_event: &mut dyn FnMut(Event),
) {
    for (step, done) in steps.iter().zip(&ran.done) {
        let Some(at) = position(methods, step) else { continue };
        let input = Input::valid(methods[at], "a step of a sequence", done.sent.clone());
        search.step(at, input, &done.got, &done.outcome, on_event);
    }
}

fn position(methods: &[&Method], step: &Step) -> Option<usize> {
    methods.iter().position(|method| method.name == step.method)
}
