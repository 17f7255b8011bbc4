//! The requests of a sequence: plain ones, ones near to the edges of their rules and beyond, and ones that name what
//! earlier steps made or say what they said.

use proptest::{
    prelude::RngExt as _,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::{
    draw::{DRAWN, LANES, broken},
    step::{Link, Origin, Step, get, scalars, set, template},
    texts::Family,
};
use crate::{
    contract::{Method, input::Body, input::Input, requests},
    promise::contract,
    values::{self, Limits},
};

/// Longer texts than this hide what a sequence is about, and other phases send them.
const LONG: usize = 300;
/// How often a text is that of an earlier reply, and of a request that also names a thing.
const SHARES: f64 = 0.45;
const NAMES_AND_SHARES: f64 = 0.6;
/// How often the newest thing is named, of those that are there, and the newest of those that a text was not taken from.
const NEWEST: f64 = 0.5;
const OTHER: f64 = 0.8;

/// What the requests of one method are made of.
pub(super) struct Requests {
    /// On the edges of its rules.
    edges: Vec<DynamicMessage>,
    /// Each breaks one of them.
    against: Vec<DynamicMessage>,
}

/// The step that a request is of.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// How many steps are before it.
    pub at: usize,
    /// Which of its messages.
    pub message: usize,
    pub family: Family,
    /// The steps before it.
    pub earlier: &'a [Earlier],
    pub manner: Manner,
}

/// How far a request may be from a plain one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// As far as it likes.
    Any,
    /// Fields that may be left out are, half of the time; it names what is there.
    Partial,
    /// Not at all.
    Plain,
    /// It asks for everything: nothing is set.
    Empty,
}

/// What a step can know of one before it.
pub(super) struct Earlier {
    /// The texts of its reply, by the names of their fields. Nothing of a call that changes nothing: what it found was
    /// made by another.
    pub texts: Vec<String>,
    pub client: Option<usize>,
}

impl Earlier {
    pub fn of(method: &Method, writes: bool, client: Option<usize>) -> Earlier {
        let output = method.desc.output();
        let texts =
            output.fields().filter(|field| writes && field.kind() == Kind::String && !field.is_list());
        Earlier { texts: texts.map(|field| field.name().to_owned()).collect(), client }
    }
}

impl Place<'_> {
    fn lane(self) -> u64 {
        self.at as u64 * LANES + self.message as u64
    }

    /// The earlier steps whose reply has a text of this name, and has come by then.
    fn said(self, name: &str, client: Option<usize>) -> Vec<usize> {
        let is_over = |it: &Earlier| it.client.is_none() || client.is_none() || it.client == client;
        let has =
            |at: &usize| self.earlier[*at].texts.iter().any(|it| it == name) && is_over(&self.earlier[*at]);
        (0..self.earlier.len()).filter(has).collect()
    }
}

impl Requests {
    pub fn of(method: &Method) -> Requests {
        let message = |input: Input| match input.body {
            Body::Messages(mut messages) => messages.pop(),
            Body::Script(_) => None,
        };
        let small = |it: &DynamicMessage| values::encode(it).len() < LONG;
        let all = |inputs: Vec<Input>| inputs.into_iter().filter_map(message).filter(small).collect();
        let mut plain = || template(method, DRAWN, 0, 0);
        Requests {
            edges: all(requests::edges(method, 1, &mut plain)),
            against: all(requests::against(method, 1, &mut plain)),
        }
    }

    /// One message more of the step.
    pub fn add(
        &self,
        runner: &mut TestRunner,
        (method, promises): (&Method, &contract::Method),
        place: Place<'_>,
        step: &mut Step,
    ) {
        let Place { at, message, .. } = place;
        let plain = template(method, DRAWN, place.lane(), message);
        let is_drawn = |path: &str| promises.draws.iter().any(|(field, ..)| field == path);
        let mut drawn = self.body(runner, method, &plain, (place, &is_drawn));
        let shares = if promises.draws.is_empty() { SHARES } else { NAMES_AND_SHARES };
        for (path, field) in everything(&plain, method) {
            let may_be_small = place.manner != Manner::Empty && !is_drawn(&path) && is_integer(&field);
            if may_be_small && runner.rng().random_bool(0.75) {
                self::number(runner, method, (&path, &field), at, &mut drawn);
            }
        }
        let mut shared = Vec::new();
        // Texts that are still as they were made are made anew each time; or they are those of an earlier reply.
        for (path, field, value) in scalars(&drawn) {
            if field.kind() != Kind::String || get(&plain, &path).as_ref() != Some(&value) {
                continue;
            }
            let from = Origin::Fresh(place.lane());
            step.links.push(Link { message, field: path.clone(), from });
            if !is_drawn(&path) && runner.rng().random_bool(shares) {
                let said = place.said(field.name(), step.client);
                if !said.is_empty() {
                    let earlier = said[runner.rng().random_range(0..said.len())];
                    let from = Origin::Reply { step: earlier, reply: 0, field: field.name().to_owned() };
                    step.links.push(Link { message, field: path, from });
                    shared.push(earlier);
                }
            }
        }
        for (field, variable, weight) in &promises.draws {
            // A value that is there for a rule's sake stays.
            let is_plain = get(&drawn, field) == get(&plain, field);
            if is_plain && (place.manner == Manner::Partial || runner.rng().random_range(0..=*weight) > 0) {
                let turn = runner.rng().random_range(0..1000);
                let from = Origin::Model { variable: variable.clone(), turn };
                step.links.push(Link { message, field: field.clone(), from });
                // What was written last is what a fault is likely to be about. Who says what a thing says is
                // another thing, as its own words are nothing new to it.
                let mut known = place.said(field, step.client);
                known.retain(|at| !shared.contains(at));
                let often = if shared.is_empty() { NEWEST } else { OTHER };
                if let Some(earlier) = known.pop().filter(|_| runner.rng().random_bool(often)) {
                    let from = Origin::Reply { step: earlier, reply: 0, field: field.clone() };
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
        (place, is_drawn): (Place<'_>, &dyn Fn(&str) -> bool),
    ) -> DynamicMessage {
        match place.manner {
            Manner::Plain => return plain.clone(),
            Manner::Empty => return DynamicMessage::new(method.desc.input()),
            Manner::Partial => return partial(runner, plain),
            Manner::Any => {}
        }
        match runner.rng().random_range(0..100) {
            0..12 if !self.edges.is_empty() => {
                let drawn = like(runner, method, plain, &self.edges);
                if broken(method, &drawn) { plain.clone() } else { drawn }
            }
            12..20 if !self.against.is_empty() => like(runner, method, plain, &self.against),
            20..26 => {
                let limits = Limits { items: 3, ..Limits::default() };
                let drawn = values::message(&method.desc.input(), &limits).new_tree(runner);
                let salt = place.message as u64 + 1;
                let drawn = drawn.map(|tree| requests::mended(method, &tree.current(), salt));
                drawn.ok().filter(|it| values::encode(it).len() < LONG).unwrap_or_else(|| plain.clone())
            }
            26..34 => without_one(runner, plain),
            34..70 => worded(runner, method, plain, (place.family, is_drawn)),
            70..80 => partial(runner, plain),
            _ => plain.clone(),
        }
    }
}

/// The plain message with what makes one of these special.
fn like(
    runner: &mut TestRunner,
    method: &Method,
    plain: &DynamicMessage,
    special: &[DynamicMessage],
) -> DynamicMessage {
    let special = &special[runner.rng().random_range(0..special.len())];
    let first = template(method, DRAWN, 0, 0);
    let mut drawn = plain.clone();
    for field in special.descriptor().fields() {
        if special.has_field(&field) == first.has_field(&field)
            && special.get_field(&field) == first.get_field(&field)
        {
            continue;
        }
        match special.has_field(&field) {
            true => drawn.set_field(&field, special.get_field(&field).into_owned()),
            false => drawn.clear_field(&field),
        }
    }
    drawn
}

/// One field less.
fn without_one(runner: &mut TestRunner, plain: &DynamicMessage) -> DynamicMessage {
    let mut drawn = plain.clone();
    let fields: Vec<FieldDescriptor> = plain.fields().map(|(field, _)| field).collect();
    if !fields.is_empty() {
        drawn.clear_field(&fields[runner.rng().random_range(0..fields.len())]);
    }
    drawn
}

/// Without some of the fields of which a server sees whether they are there.
fn partial(runner: &mut TestRunner, plain: &DynamicMessage) -> DynamicMessage {
    let mut drawn = plain.clone();
    for (field, _) in plain.fields() {
        let may_go = field.supports_presence() && field.containing_oneof().is_none_or(|it| it.is_synthetic());
        if may_go && runner.rng().random_bool(0.5) {
            drawn.clear_field(&field);
        }
    }
    drawn
}

/// With one of the texts of the family in the place of its own, where the rules take it.
fn worded(
    runner: &mut TestRunner,
    method: &Method,
    plain: &DynamicMessage,
    (family, is_drawn): (Family, &dyn Fn(&str) -> bool),
) -> DynamicMessage {
    let text = family.text(runner.rng());
    // What names something that is kept is better drawn from what is kept.
    let is_text =
        |(path, field, _): &(String, FieldDescriptor, Value)| field.kind() == Kind::String && !is_drawn(path);
    let texts = scalars(plain).into_iter().filter(is_text);
    let with = |(path, ..): (String, FieldDescriptor, Value)| {
        let mut drawn = plain.clone();
        let fits = set(&mut drawn, &path, Value::String(text.to_owned()));
        (fits && !broken(method, &drawn)).then_some(drawn)
    };
    let all: Vec<DynamicMessage> = texts.filter_map(with).collect();
    match all.len() {
        0 => plain.clone(),
        n => all[runner.rng().random_range(0..n)].clone(),
    }
}

/// Pages are only seen with numbers as small as what is there.
fn number(
    runner: &mut TestRunner,
    method: &Method,
    (path, field): (&str, &FieldDescriptor),
    at: usize,
    drawn: &mut DynamicMessage,
) {
    let n = i64::try_from(at).unwrap_or(0);
    // Nothing is often a word of its own: from the beginning, or without a limit.
    let small = [0, 0, 0, 0, 1, 2, 3, -1, -1, n - 1, n, n + 1];
    let value = integer(field, small[runner.rng().random_range(0..small.len())]);
    let before = drawn.clone();
    let is_set = value.is_some_and(|value| set(drawn, path, value));
    // Now and then a number that the rules refuse, too.
    if is_set && broken(method, drawn) && !broken(method, &before) && runner.rng().random_bool(0.7) {
        *drawn = before;
    }
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
