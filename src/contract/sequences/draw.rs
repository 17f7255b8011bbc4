//! Draws sequences: methods that change something at the beginning, and requests that name what earlier steps made.

use std::collections::BTreeMap;

use proptest::{
    prelude::RngExt as _,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::schedule;
use super::step::{Link, Origin, Step, scalars, set, template};
use crate::{
    contract::{Class, Method, cover, input::Body, requests},
    promise::contract::{self, Service},
    values::{self, Limits},
};

/// The fewest and the most steps of a sequence.
const STEPS: std::ops::RangeInclusive<usize> = 2..=8;
/// The most messages of one stream.
const MESSAGES: usize = 3;
/// Messages of one step have lanes beside one another.
const LANES: u64 = 16;
/// Longer texts than this hide what a sequence is about, and other phases send them.
const LONG: usize = 300;
/// The salt of everything that is drawn; each run of the sequence has another one.
const DRAWN: u64 = 0;

/// Texts that servers like to mend, and must not.
const TEXTS: [&str; 8] =
    [" Ada", "Ada ", "ADA", "ada", "caf\u{e9}", "cafe\u{301}", "\u{1f980}", "Ada\u{a0}Lovelace"];

/// The methods of one service of which sequences are made.
pub(super) struct Drawing<'a> {
    service: &'a Service,
    methods: Vec<(&'a Method, &'a contract::Method)>,
    /// Of each method the requests on the edges of its rules.
    edges: BTreeMap<String, Vec<DynamicMessage>>,
}

impl<'a> Drawing<'a> {
    pub fn new(service: &'a Service, called: &[&'a Method]) -> Drawing<'a> {
        let own = called.iter().filter(|it| it.desc.parent_service().full_name() == service.name);
        let methods: Vec<_> =
            own.filter_map(|it| Some((*it, service.methods.get(it.desc.name())?))).collect();
        let edges = methods.iter().map(|(method, _)| {
            let inputs = requests::edges(method, 1, &mut || template(method, DRAWN, 0, 0));
            let message = |input: crate::contract::input::Input| match input.body {
                Body::Messages(mut messages) => messages.pop(),
                Body::Script(_) => None,
            };
            let small = |it: &DynamicMessage| values::encode(it).len() < LONG;
            (method.name.clone(), inputs.into_iter().filter_map(message).filter(small).collect())
        });
        Drawing { service, edges: edges.collect(), methods }
    }

    /// Whether there is anything to promise anything about.
    pub fn is_empty(&self) -> bool {
        self.methods.is_empty()
    }

    /// The sequence of this number.
    pub fn sequence(&self, seed: u64, index: u64) -> Vec<Step> {
        let mut runner = cover::runner(seed, &self.service.name, "sequences", index);
        let count = runner.rng().random_range(STEPS);
        (0..count).map(|at| self.step(&mut runner, at, count)).collect()
    }

    fn step(&self, runner: &mut TestRunner, at: usize, count: usize) -> Step {
        // What is never made can be neither found nor lost.
        let early = at * 2 < count;
        let weight = |method: &contract::Method| match (!method.effects.is_empty(), early) {
            (true, true) => 5,
            (true, false) => 2,
            (false, true) => 1,
            (false, false) => 3,
        };
        let all: usize = self.methods.iter().map(|(_, method)| weight(method)).sum();
        let mut turn = runner.rng().random_range(0..all.max(1));
        let mut chosen = &self.methods[0];
        for one in &self.methods {
            chosen = one;
            match turn.checked_sub(weight(one.1)) {
                Some(left) => turn = left,
                None => break,
            }
        }
        let (method, promises) = *chosen;
        let streams = method.desc.is_client_streaming();
        let messages = match streams {
            true => runner.rng().random_range(method.usual_count().min(MESSAGES)..=MESSAGES),
            false => 1,
        };
        let mut step = Step {
            method: method.name.clone(),
            sent: Vec::new(),
            links: Vec::new(),
            in_turn: false,
            turns: Vec::new(),
        };
        step.in_turn = streams && method.desc.is_server_streaming() && runner.rng().random_bool(0.5);
        for message in 0..messages {
            let lane = at as u64 * LANES + message as u64;
            self.request(runner, (method, promises), (at, message, lane), &mut step);
        }
        step.turns = schedule::drawn(method, promises, &step, at);
        step
    }

    fn request(
        &self,
        runner: &mut TestRunner,
        (method, promises): (&Method, &contract::Method),
        (at, message, lane): (usize, usize, u64),
        step: &mut Step,
    ) {
        let plain = template(method, DRAWN, lane, message);
        let mut drawn = self.body(runner, method, &plain, message);
        let is_drawn = |path: &str| promises.draws.iter().any(|(field, ..)| field == path);
        for (path, field) in everything(&plain, method) {
            // Pages are only seen with numbers as small as what is there.
            let small = || -> [i64; 8] {
                let n = i64::try_from(at).unwrap_or(0);
                [0, 1, 2, 3, -1, n - 1, n, n + 1]
            };
            if !is_drawn(&path) && is_integer(&field) && runner.rng().random_bool(0.75) {
                let pick = runner.rng().random_range(0..8);
                let value = integer(&field, small()[pick]);
                let before = drawn.clone();
                let is_set = value.is_some_and(|value| set(&mut drawn, &path, value));
                // Now and then a number that the rules refuse, too.
                if is_set
                    && broken(method, &drawn)
                    && !broken(method, &before)
                    && runner.rng().random_bool(0.8)
                {
                    drawn = before;
                }
            }
        }
        // Texts that are still as they were made are made anew each time.
        let original: BTreeMap<String, Value> =
            scalars(&plain).into_iter().map(|(path, _, value)| (path, value)).collect();
        for (path, field, value) in scalars(&drawn) {
            if field.kind() == Kind::String && original.get(&path) == Some(&value) {
                let earlier = runner.rng().random_range(0..at.max(1)) as u64 * LANES;
                let shares = at > 0 && message == 0 && !is_drawn(&path) && runner.rng().random_bool(0.08);
                let from = Origin::Fresh(if shares { earlier } else { lane });
                step.links.push(Link { message, field: path, from });
            }
        }
        for (field, variable, weight) in &promises.draws {
            if runner.rng().random_range(0..=*weight) > 0 {
                let turn = runner.rng().random_range(0..1000);
                let from = Origin::Model { variable: variable.clone(), turn };
                // A message that leaves it out has nothing to put it into.
                if is_there(&drawn, field) || runner.rng().random_bool(0.7) {
                    step.links.push(Link { message, field: field.clone(), from });
                }
            }
        }
        step.sent.push(drawn);
    }

    /// The plain message, or what is near to it.
    fn body(
        &self,
        runner: &mut TestRunner,
        method: &Method,
        plain: &DynamicMessage,
        message: usize,
    ) -> DynamicMessage {
        let edges = self.edges.get(&method.name).map(Vec::as_slice).unwrap_or_default();
        match runner.rng().random_range(0..100) {
            0..12 if !edges.is_empty() => {
                // With the texts of its own lane where the edge has none of its own.
                let edge = &edges[runner.rng().random_range(0..edges.len())];
                let first = template(method, DRAWN, 0, 0);
                let mut drawn = plain.clone();
                for field in edge.descriptor().fields() {
                    if edge.get_field(&field) == first.get_field(&field) {
                        continue;
                    }
                    match edge.has_field(&field) {
                        true => drawn.set_field(&field, edge.get_field(&field).into_owned()),
                        false => drawn.clear_field(&field),
                    }
                }
                if broken(method, &drawn) { plain.clone() } else { drawn }
            }
            12..20 => {
                let strategy =
                    values::message(&method.desc.input(), &Limits { items: 3, ..Limits::default() });
                let drawn = strategy.new_tree(runner).map(|tree| tree.current());
                let drawn = drawn.map(|it| requests::mended(method, &it, message as u64 + 1));
                drawn.ok().filter(|it| values::encode(it).len() < LONG).unwrap_or_else(|| plain.clone())
            }
            20..30 => {
                let mut drawn = plain.clone();
                let fields: Vec<FieldDescriptor> = plain.fields().map(|(field, _)| field).collect();
                if !fields.is_empty() {
                    drawn.clear_field(&fields[runner.rng().random_range(0..fields.len())]);
                }
                drawn
            }
            30..50 => {
                let texts: Vec<String> = scalars(plain)
                    .into_iter()
                    .filter(|(_, field, _)| field.kind() == Kind::String)
                    .map(|(path, ..)| path)
                    .collect();
                if texts.is_empty() {
                    return plain.clone();
                }
                let path = &texts[runner.rng().random_range(0..texts.len())];
                let text = TEXTS[runner.rng().random_range(0..TEXTS.len())];
                let mut drawn = plain.clone();
                let fits = set(&mut drawn, path, Value::String(text.to_owned())) && !broken(method, &drawn);
                if fits { drawn } else { plain.clone() }
            }
            _ => plain.clone(),
        }
    }
}

/// Whether it breaks what the schema asks of the request.
pub(super) fn broken(method: &Method, message: &DynamicMessage) -> bool {
    requests::class(method, std::slice::from_ref(message)) == Class::Invalid
}

fn is_there(message: &DynamicMessage, path: &str) -> bool {
    super::step::get(message, path).is_some()
}

/// The single fields of its own and those of the messages in it that are set.
fn everything(message: &DynamicMessage, method: &Method) -> Vec<(String, FieldDescriptor)> {
    let desc = method.desc.input();
    let own = desc.fields().filter(|field| {
        !field.is_list() && !field.is_map() && field.containing_oneof().is_none_or(|it| it.is_synthetic())
    });
    let mut out: Vec<_> = own.map(|field| (field.name().to_owned(), field)).collect();
    let below = scalars(message).into_iter().filter(|(path, ..)| path.contains('.'));
    out.extend(below.map(|(path, field, _)| (path, field)));
    out
}

fn is_integer(field: &FieldDescriptor) -> bool {
    integer(field, 1).is_some()
}

fn integer(field: &FieldDescriptor, n: i64) -> Option<Value> {
    Some(match field.kind() {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(n.try_into().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(n),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(n.try_into().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(n.try_into().ok()?),
        _ => return None,
    })
}
