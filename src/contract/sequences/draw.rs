//! Draws sequences: methods that change something at the beginning, and requests that name what earlier steps made.

use proptest::{prelude::RngExt as _, test_runner::TestRunner};
use prost_reflect::DynamicMessage;

use super::{
    request::{Earlier, Manner, Place, Requests},
    schedule,
    step::{Link, Origin, Step},
    texts::Family,
};
use crate::{
    contract::{Class, Method, cover, requests},
    promise::contract::{self, Change, Service},
};

/// The fewest and the most steps of a sequence.
const STEPS: std::ops::RangeInclusive<usize> = 2..=8;
/// How often a sequence begins with so many calls that make something: pages and orders show little of two things.
const CROWDS: f64 = 0.3;
const CROWD: std::ops::RangeInclusive<usize> = 3..=5;
/// The most messages of one stream.
const MESSAGES: usize = 3;
/// Messages of one step have lanes beside one another.
pub(super) const LANES: u64 = 16;
/// The salt of everything that is drawn; each run of the sequence has another one.
pub(super) const DRAWN: u64 = 0;
/// How often a client takes a call back that changes something, and after which milliseconds.
const TAKEN_BACK: f64 = 0.08;
const AFTER: [u64; 4] = [0, 1, 4, 12];
/// How often a sequence ends with a reading of what it wrote, and with a look at everything that it left.
const READS: f64 = 0.5;
const LOOKS: f64 = 0.6;
/// So many things that were written are read.
const READ: usize = 3;

/// The methods of one service of which sequences are made.
pub(super) struct Drawing<'a> {
    service: &'a Service,
    methods: Vec<Drawn<'a>>,
}

/// One of them.
struct Drawn<'a> {
    method: &'a Method,
    promises: &'a contract::Method,
    requests: Requests,
}

impl Drawn<'_> {
    /// It changes something.
    fn writes(&self) -> bool {
        !self.promises.effects.is_empty()
    }

    /// It names what others make.
    fn names(&self) -> bool {
        !self.promises.draws.is_empty()
    }

    /// It makes what others name.
    fn makes(&self) -> bool {
        self.writes() && self.promises.draws.is_empty() && !self.hides()
    }

    /// Nobody knows everything after it.
    fn hides(&self) -> bool {
        self.promises.effects.iter().any(|effect| matches!(effect.change, Change::Open(_)))
    }

    /// It shows everything, if asked for nothing.
    fn looks(&self) -> bool {
        !self.writes() && self.promises.draws.is_empty() && !self.method.desc.is_client_streaming()
    }

    /// Clients call it at once: nothing promises that a stream of replies shows one moment.
    fn races(&self) -> bool {
        !self.method.desc.is_server_streaming()
    }
}

/// How a step is drawn beyond its method.
#[derive(Clone, Copy)]
struct Mood {
    family: Family,
    client: Option<usize>,
    manner: Manner,
}

impl<'a> Drawing<'a> {
    pub fn new(service: &'a Service, called: &[&'a Method]) -> Drawing<'a> {
        let own = called.iter().filter(|it| it.desc.parent_service().full_name() == service.name);
        let drawn = |method: &&'a Method| {
            let promises = service.methods.get(method.desc.name())?;
            Some(Drawn { method, promises, requests: Requests::of(method) })
        };
        Drawing { service, methods: own.filter_map(drawn).collect() }
    }

    /// Whether there is anything to promise anything about.
    pub fn is_empty(&self) -> bool {
        self.methods.is_empty()
    }

    /// The sequence of this number.
    pub fn sequence(&self, seed: u64, index: u64) -> Vec<Step> {
        let mut runner = cover::runner(seed, &self.service.name, "sequences", index);
        let drawn = runner.rng().random_range(STEPS);
        let crowd = if runner.rng().random_bool(CROWDS) { runner.rng().random_range(CROWD) } else { 0 };
        let count = drawn.max(crowd + 1);
        let mood = Mood { family: Family::drawn(runner.rng()), client: None, manner: Manner::Any };
        let mut steps: Vec<Step> = Vec::new();
        for at in 0..count {
            let early = at * 2 < count;
            let is_made = steps.iter().any(|step| self.of(step).is_some_and(Drawn::makes));
            let weight = |it: &Drawn<'_>| match (it.writes(), early) {
                _ if at < crowd => u32::from(it.makes()),
                // Of a world without anything in it single calls have asked already.
                _ if it.names() && early && !is_made => 0,
                (true, _) if it.hides() => 1,
                (true, true) if it.makes() => 8,
                (true, true) => 3,
                (true, false) => 2,
                (false, true) => 1,
                (false, false) => 3,
            };
            // Where nothing can be made, what is there already is named.
            let any = |_: &Drawn<'_>| 1;
            let picked = self.pick(&mut runner, &weight).or_else(|| self.pick(&mut runner, &any));
            let Some(one) = picked else { break };
            let mut step = self.step(&mut runner, one, &steps, mood);
            if one.writes() && runner.rng().random_bool(TAKEN_BACK) {
                step.cancel = Some(AFTER[runner.rng().random_range(0..AFTER.len())]);
            }
            steps.push(step);
        }
        if runner.rng().random_bool(READS) {
            self.read_back(&mut runner, &mut steps, mood);
        }
        if runner.rng().random_bool(LOOKS)
            && let Some(one) = self.pick(&mut runner, &|it| u32::from(it.looks()))
        {
            steps.push(self.step(&mut runner, one, &steps, Mood { manner: Manner::Empty, ..mood }));
        }
        steps
    }

    /// Reads what the last steps wrote, each by the name that its reply gave it.
    fn read_back(&self, runner: &mut TestRunner, steps: &mut Vec<Step>, mood: Mood) {
        let Some(one) = self.pick(runner, &|it| u32::from(it.names() && !it.writes())) else { return };
        let named = |(at, step): (usize, &Step)| {
            let of = self.of(step)?;
            let said = Earlier::of(of.method, of.writes(), None).texts;
            let fields = one.promises.draws.iter().map(|(field, ..)| field);
            let links = fields.filter(|field| said.contains(field)).map(|field| Link {
                message: 0,
                field: field.clone(),
                from: Origin::Reply { step: at, reply: 0, field: field.clone() },
            });
            Some(links.collect::<Vec<_>>()).filter(|links| !links.is_empty())
        };
        let written: Vec<Vec<Link>> = steps.iter().enumerate().filter_map(named).collect();
        for links in written.into_iter().rev().take(READ) {
            let mut step = self.step(runner, one, steps, Mood { manner: Manner::Plain, ..mood });
            step.links.extend(links);
            steps.push(step);
        }
    }

    /// The race of this number: what prepares it, the steps of its clients, and a look at what they left. Nothing where
    /// no method changes anything.
    pub fn race(&self, seed: u64, index: u64) -> Vec<Step> {
        let mut runner = cover::runner(seed, &self.service.name, "races", index);
        let mood = Mood { family: Family::drawn(runner.rng()), client: None, manner: Manner::Plain };
        let mut steps: Vec<Step> = Vec::new();
        let focus = |it: &Drawn<'_>| u32::from(it.writes() && it.races() && !it.hides());
        // Most faults of this kind are between two calls of one method.
        let Some(focus) = self.pick(&mut runner, &focus) else { return steps };
        for _ in 0..runner.rng().random_range(1..=2) {
            if let Some(one) = self.pick(&mut runner, &|it| u32::from(it.makes())) {
                steps.push(self.step(&mut runner, one, &steps, mood));
            }
        }
        let (clients, each) =
            [(2, 4), (2, 3), (3, 2), (4, 2), (2, 1), (3, 1), (4, 1)][runner.rng().random_range(0..7)];
        for client in 0..clients {
            for _ in 0..runner.rng().random_range(1..=each) {
                let weight = |it: &Drawn<'_>| match it.races() {
                    true if it.hides() => 1,
                    true => 3,
                    false => 0,
                };
                let one = match runner.rng().random_bool(0.6) {
                    true => Some(focus),
                    false => self.pick(&mut runner, &weight),
                };
                let Some(one) = one else { continue };
                // Of two who change all of a thing the later one is right; of two who change a part of it, both are.
                let manner = if runner.rng().random_bool(0.8) { Manner::Partial } else { Manner::Any };
                let mood = Mood { client: Some(client), manner, ..mood };
                steps.push(self.step(&mut runner, one, &steps, mood));
            }
        }
        for _ in 0..runner.rng().random_range(1..=2) {
            if let Some(one) = self.pick(&mut runner, &|it| u32::from(!it.writes())) {
                steps.push(self.step(&mut runner, one, &steps, mood));
            }
        }
        steps
    }

    /// The method of a step.
    fn of(&self, step: &Step) -> Option<&Drawn<'a>> {
        self.methods.iter().find(|it| it.method.name == step.method)
    }

    /// One of the methods, each as often as it weighs.
    fn pick(&self, runner: &mut TestRunner, weight: &dyn Fn(&Drawn<'_>) -> u32) -> Option<&Drawn<'a>> {
        let all: u32 = self.methods.iter().map(weight).sum();
        let mut turn = if all == 0 { return None } else { runner.rng().random_range(0..all) };
        self.methods.iter().find(|it| match turn.checked_sub(weight(it)) {
            Some(left) => {
                turn = left;
                false
            }
            None => true,
        })
    }

    fn step(&self, runner: &mut TestRunner, one: &Drawn<'_>, earlier: &[Step], mood: Mood) -> Step {
        let Drawn { method, promises, requests } = one;
        let streams = method.desc.is_client_streaming();
        let messages = match streams {
            true => runner.rng().random_range(method.usual_count().min(MESSAGES)..=MESSAGES),
            false => 1,
        };
        let mut step = Step { method: method.name.clone(), client: mood.client, ..Step::default() };
        step.in_turn = streams && method.desc.is_server_streaming() && runner.rng().random_bool(0.5);
        let of = |step: &Step| {
            let method = self.of(step)?;
            Some(Earlier::of(method.method, method.writes(), step.client))
        };
        let earlier: Vec<Earlier> = earlier.iter().filter_map(of).collect();
        for message in 0..messages {
            let Mood { family, manner, .. } = mood;
            let place = Place { at: earlier.len(), message, family, earlier: &earlier, manner };
            requests.add(runner, (method, promises), place, &mut step);
        }
        if step.client.is_none() {
            step.turns = schedule::drawn(method, promises, &step, earlier.len());
        }
        step
    }
}

/// Whether it breaks what the schema asks of the request.
pub(super) fn broken(method: &Method, message: &DynamicMessage) -> bool {
    requests::class(method, std::slice::from_ref(message)) == Class::Invalid
}
