//! The phases of a run that send sequences and races, one at a time, and shrink what they find.

use std::time::Duration;

use tokio::{sync::watch, time::Instant};

use super::{
    Reset, SavedCall,
    draw::Drawing,
    execute::{Ends, Key, Ran, Stage},
    rules::{Counts, LINEARIZABILITY, check_of},
    shrink::{Shrunk, key, shrink},
    step::{Step, is_race},
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
/// The most races of one service.
const RACES: u64 = 40;
/// The share of a run's time that sequences may take, and races.
const SHARE: f64 = 0.4;
const SHARE_OF_RACES: f64 = 0.15;
/// So long sequences are sent to servers that are started for them.
const EMPTY_TIME: Duration = Duration::from_secs(30);
/// After so many races that are lost no more are held: they are likely one fault.
const LOST: usize = 3;
/// After so many calls that hang no more sequences are sent.
const HANGS: u64 = 3;

/// Which of the two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::contract) enum Kind {
    /// One call after the other.
    Sequences,
    /// Several clients at once.
    Races,
}

/// One pass over the sequences of a service.
#[derive(Debug, Clone, Copy)]
struct Pass {
    kind: Kind,
    /// In servers that are started for it.
    elsewhere: bool,
}

/// What the services of a plan promise of their state.
pub(in crate::contract) struct Sequences {
    contract: Contract,
}

/// What a phase came to.
#[derive(Default)]
pub(in crate::contract) struct Came {
    /// What was found before: the rules, with the methods.
    known: Vec<Key>,
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
        (kind, found): (Kind, &[Found]),
        search: &mut Search<'_, T>,
        methods: &[&Method],
        (started, end): (Instant, Option<Instant>),
        stop: &mut watch::Receiver<bool>,
        on_event: &mut dyn FnMut(Event),
    ) -> Came {
        let of_time = if kind == Kind::Races { SHARE_OF_RACES } else { SHARE };
        let share = search.config.max_time.and_then(|time| started.checked_add(time.mul_f64(of_time)));
        let known = found.iter().map(|it| (it.case.cause.clone(), it.case.method.clone())).collect();
        let mut came = Came { known, ..Came::default() };
        let mut whole = true;
        if kind == Kind::Sequences {
            search.said.extend(self.contract.unread.iter().map(|it| {
                let message = format!("{}: `{}` is no CEL: {}", it.of, it.text, it.why);
                Diagnostic::failure(&CONTRACT_UNCLEAR, message)
                    .help("`protogate contract lint` shows the place")
            }));
        }
        for service in self.contract.services.values() {
            if search.over || !came.deaths.is_empty() {
                break;
            }
            whole &=
                of_service((kind, service), search, methods, (share, end), stop, on_event, &mut came).await;
        }
        let done = whole && !search.over && came.deaths.is_empty();
        match kind {
            Kind::Sequences => search.sequences_done = done,
            Kind::Races => search.races_done = done,
        }
        came
    }
}

/// Whether all of them were sent.
async fn of_service<T: Transport>(
    (kind, service): (Kind, &Service),
    search: &mut Search<'_, T>,
    methods: &[&Method],
    (share, end): (Option<Instant>, Option<Instant>),
    stop: &mut watch::Receiver<bool>,
    on_event: &mut dyn FnMut(Event),
    came: &mut Came,
) -> bool {
    let drawing = Drawing::new(service, methods);
    if drawing.is_empty() {
        return true;
    }
    let mut counts = Counts::default();
    let reset = search.config.reset.as_ref();
    let is_dear = reset.is_some_and(Reset::is_dear);
    let first = Pass { kind, elsewhere: false };
    let cheap = reset.filter(|_| !is_dear);
    let mut sent = pass(
        (first, cheap),
        (service, &drawing),
        search,
        methods,
        (share, end),
        stop,
        on_event,
        (came, &mut counts),
    )
    .await;
    if is_dear && kind == Kind::Sequences && sent.whole && !search.over {
        let time = search.config.max_time.map_or(EMPTY_TIME, |time| EMPTY_TIME.min(time.mul_f64(SHARE)));
        let limit = Instant::now().checked_add(time);
        let second = Pass { kind, elsewhere: true };
        let of_empty = pass(
            (second, reset),
            (service, &drawing),
            search,
            methods,
            (limit, end),
            stop,
            on_event,
            (came, &mut counts),
        )
        .await;
        reset.into_iter().for_each(Reset::leave);
        sent.elsewhere = of_empty.count;
        sent.is_closed |= of_empty.is_closed;
    }
    if kind == Kind::Races {
        if sent.count > 0 {
            search.sequences.push(format!("{}: {} races of two to four clients", service.name, sent.count));
        }
        return sent.whole;
    }
    search.said.extend(counts.unclear());
    let rows = counts.rows(service, methods, sent.is_closed);
    // Another shard may have had the sequence that asks.
    if sent.whole && search.config.shard.1 <= 1 {
        search.said.extend(Counts::vacuous(&rows));
    }
    let (asked, of) = Counts::asked(&rows);
    search.rules.extend(rows);
    search.states.extend(counts.states(service));
    let elsewhere = sent.elsewhere;
    search.sequences.push(format!(
        "{}: {} sequences, {asked} of {of} promises tested{}",
        service.name,
        sent.count + elsewhere,
        match (sent.is_closed, elsewhere) {
            (true, 0) => String::new(),
            (true, n) => format!(", {n} of them in servers started empty"),
            (false, _) => ", in a server that may hold more than is known".to_owned(),
        }
    ));
    sent.whole
}

/// What was sent in a pass.
struct Sent {
    count: u64,
    /// Of these so many in servers that were started for it.
    elsewhere: u64,
    whole: bool,
    is_closed: bool,
}

#[expect(clippy::too_many_arguments, reason = "what the phases of a run share")]
async fn pass<T: Transport>(
    (pass, reset): (Pass, Option<&Reset>),
    (service, drawing): (&Service, &Drawing<'_>),
    search: &mut Search<'_, T>,
    methods: &[&Method],
    (share, end): (Option<Instant>, Option<Instant>),
    stop: &mut watch::Receiver<bool>,
    on_event: &mut dyn FnMut(Event),
    (came, counts): (&mut Came, &mut Counts),
) -> Sent {
    let (config, judge) = (search.config, search.judge);
    let salt = config.seed ^ u64::from(pass.kind == Kind::Races) << 63 ^ u64::from(pass.elsewhere) << 62;
    let stage = Stage::new(judge, methods, service, (reset, salt));
    let (mut hangs, mut sent, mut whole) = (0, 0, true);
    for steps in sequences(pass, drawing, service, config, methods) {
        // What a race breaks is none of its calls' alone.
        let is_sequence = pass.kind == Kind::Sequences;
        stage.ends.replace(if is_sequence { Ends::New(came.known.clone()) } else { Ends::Every });
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
                // Of servers that are started for it there are as many as there is time for.
                whole &= pass.elsewhere && !search.over;
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
        if let Some(one) = broken(&stage, search, steps, ran, &came.known, (stop, end), on_event).await {
            on_event(Event::Shrunk(one.severity, Box::new(one.row.clone())));
            came.known.push((one.case.cause.clone(), one.case.method.clone()));
            came.found.push(one);
            search.over |= config.fail_fast && came.found.iter().any(|it| it.severity == Severity::Error);
        }
        let lost = came.found.iter().filter(|it| it.case.cause == LINEARIZABILITY).count();
        if search.over || hangs >= HANGS || lost >= LOST {
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
    Sent { count: sent, elsewhere: 0, whole, is_closed: stage.is_closed() }
}

/// The saved ones, then those of the seed.
fn sequences<'a>(
    pass: Pass,
    drawing: &'a Drawing<'a>,
    service: &'a Service,
    config: &'a Config,
    methods: &[&Method],
) -> impl Iterator<Item = Vec<Step>> + 'a {
    let pool = methods.first().map(|method| method.desc.parent_pool().clone());
    let of_service = format!("{}/", service.name);
    let saved = config.saved.iter().filter_map(|case| case.sequence.as_ref());
    let is_its = move |calls: &&Vec<SavedCall>| {
        let of_kind = calls.iter().any(|call| call.client.is_some()) == (pass.kind == Kind::Races);
        of_kind && calls.iter().all(|call| call.method.starts_with(&of_service))
    };
    let saved = saved.filter(is_its);
    let saved = saved.filter_map(move |calls| {
        let pool = pool.as_ref()?;
        calls.iter().map(|call| call.to_step(pool)).collect::<Option<Vec<Step>>>()
    });
    let (part, parts) = config.shard;
    let most = if pass.kind == Kind::Races { RACES } else { MOST };
    let count = config.cases.min(most);
    // Other ones than those that the server itself was asked.
    let first = if pass.elsewhere { MOST } else { 0 };
    let drawn = (first..first + count).filter(move |index| index % parts.max(1) == part);
    let drawn = drawn.map(move |index| match pass.kind {
        Kind::Sequences => drawing.sequence(config.seed, index),
        Kind::Races => drawing.race(config.seed, index),
    });
    saved.chain(drawn.filter(|steps| !steps.is_empty()))
}

/// The finding, where a promise is broken that was not known to be.
async fn broken<T: Transport>(
    stage: &Stage<'_, T>,
    search: &mut Search<'_, T>,
    steps: Vec<Step>,
    ran: Ran,
    known: &[Key],
    (stop, end): (&mut watch::Receiver<bool>, Option<Instant>),
    on_event: &mut dyn FnMut(Event),
) -> Option<Found> {
    let config = search.config;
    let is_wanted = |key: &(String, String)| {
        let check = check_of(&key.0);
        config.checks.iter().any(|it| it.info.name == check.info.name) && !known.contains(key)
    };
    let (rule, method) = key(&steps, &ran).filter(is_wanted)?;
    let was_race = is_race(&steps);
    if !was_race {
        on_event(Event::FailureFound(check_of(&rule).info.name, method));
    }
    let mut shrunk = Shrunk::new(steps, ran);
    tokio::select! {
        biased;
        () = reached(stop, end) => search.over = true,
        () = shrink(stage, &mut shrunk) => {}
    }
    // Of a race it is known only now what it is: another call may have lost it, or its calls need no race.
    let (rule, method) = shrunk.key().filter(|key| !was_race || is_wanted(key))?;
    let check = check_of(&rule);
    if was_race {
        on_event(Event::FailureFound(check.info.name, method.clone()));
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
