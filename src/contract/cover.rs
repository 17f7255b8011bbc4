//! Inputs that are encoded as the schema says: the deterministic ones, one boundary value at a time, and the random
//! ones.

use proptest::{
    prelude::Rng as _,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use super::{class::Class, input::Input, plan::Method, pool::Pool, requests, variant};
use crate::values::{self, Limits, Spot};

/// 64-bit FNV-1a: small, stable for ever, good enough to name cases and part seeds.
pub(super) fn hash(parts: &[&[u8]]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    // A separator keeps ("ab", "c") and ("a", "bc") apart.
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| fold(part.iter().fold(hash, fold), &0xff))
}

/// The generator of one case.
pub(super) fn runner(seed: u64, method: &str, phase: &str, index: u64) -> TestRunner {
    let mut bytes = [0; 32];
    for (part, chunk) in (0u64..).zip(bytes.chunks_exact_mut(8)) {
        let word = hash(&[
            &seed.to_le_bytes(),
            method.as_bytes(),
            phase.as_bytes(),
            &index.to_le_bytes(),
            &part.to_le_bytes(),
        ]);
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Each boundary of each field alone: once in an empty message, once in one a person would have sent, because
/// a server that refuses the empty one never reaches its logic. Then the plain message in every way that means
/// the same.
pub(super) fn coverage(seed: u64, method: &Method) -> Vec<Input> {
    let desc = method.desc.input();
    let count = method.usual_count();
    let mut salt = hash(&[&seed.to_le_bytes(), method.name.as_bytes()]) >> 24;
    // What one request names no other one does, whatever the numbers of their messages.
    let mut fresh = |count: usize| {
        let first = salt + 1;
        salt += count as u64;
        method.stream(first, count)
    };
    let valid = |label: &str, messages| Input::valid(method, label, messages);
    let mut inputs = vec![
        valid("the empty message", vec![values::minimal(&desc)]),
        valid("a plain message", fresh(count)),
    ];
    if method.desc.is_client_streaming() {
        inputs.push(Input::of(Class::EmptyStream, method, "no message", Vec::new()));
        for (label, count) in [("three messages", 3), ("sixteen messages", 16), ("a hundred messages", 100)] {
            inputs.push(valid(label, fresh(count)));
        }
    }
    let spots = values::spots(&desc);
    inputs.extend(spots.iter().filter_map(|spot| without(method, spot, fresh(count))));
    for (spot, value) in edges(&spots) {
        // Deeper down the emptiest message is refused before anybody looks there.
        let empty = spot.is_at_top().then(|| vec![values::minimal(&desc)]);
        for messages in std::iter::once(fresh(count)).chain(empty) {
            inputs.push(edge(method, spot, value.clone(), messages));
        }
    }
    inputs.extend(pairs(method, &spots, &mut || fresh(count)));
    let unknown = |message| Input::of(Class::UnknownFields, method, "unknown fields", vec![message]);
    inputs.push(unknown(values::minimal(&desc)));
    inputs.extend(variants(method, &mut fresh));
    let mut one = || fresh(1).remove(0);
    let own = hash(&[&seed.to_le_bytes(), method.name.as_bytes(), b"rules"]) >> 24;
    inputs.extend(requests::edges(method, own, &mut one));
    inputs.extend(requests::against(method, own.wrapping_add(1), &mut one));
    inputs.extend(values::invalid(&desc).into_iter().map(|(spot, value)| {
        let mut messages = fresh(count);
        put(&mut messages, &spot, &value);
        Input::of(Class::Invalid, method, spot.path(), messages)
    }));
    inputs.push(Input::of(Class::UnknownMethod, method, "undeclared method", vec![values::minimal(&desc)]));
    inputs
}

/// The messages with nothing at this place, if something was there.
fn without(method: &Method, spot: &Spot, mut messages: Vec<DynamicMessage>) -> Option<Input> {
    let mut cleared = false;
    for message in &mut messages {
        cleared |= spot.clear(message);
    }
    cleared.then(|| Input::valid(method, format!("without {}", spot.path()), messages))
}

/// The messages with one edge in them.
fn edge(method: &Method, spot: &Spot, value: Value, mut messages: Vec<DynamicMessage>) -> Input {
    put(&mut messages, spot, &value);
    match is_undeclared(spot.field(), &value) {
        true => Input::of(Class::UnknownEnum, method, spot.path(), messages),
        false => Input::valid(method, spot.path(), messages),
    }
}

/// Sets the value in each message of a stream; in one of parts, in the part that it belongs to.
fn put(messages: &mut [DynamicMessage], spot: &Spot, value: &Value) {
    let has = |message: &DynamicMessage| message.has_field(spot.top());
    let of_a_part = spot.top().containing_oneof().is_some_and(|oneof| oneof.fields().len() > 1);
    let any = messages.iter().any(has);
    for message in messages.iter_mut().filter(|message| !(of_a_part && any) || has(message)) {
        spot.set(message, value.clone());
    }
}

/// So many pairs are sent at most.
const PAIRS: usize = 300;

/// Fields that choose what is done (enums, flags, arms of a oneof), each choice with each other field at its barest:
/// dividing by nothing takes both the division and the nothing.
fn pairs(method: &Method, spots: &[Spot], fresh: &mut dyn FnMut() -> Vec<DynamicMessage>) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (chooser, choice) in spots.iter().flat_map(|spot| choices(spot).into_iter().map(move |it| (spot, it)))
    {
        for spot in spots.iter().filter(|spot| spot.top() != chooser.top() || !spot.is_at_top()) {
            for value in std::iter::once(None).chain(bare(spot.field()).into_iter().map(Some)) {
                let mut messages = fresh();
                put(&mut messages, chooser, &choice);
                let mut changed = value.is_some();
                match &value {
                    Some(value) => put(&mut messages, spot, value),
                    None => messages.iter_mut().for_each(|message| changed |= spot.clear(message)),
                }
                if changed {
                    let label = format!("{} with {}", chooser.path(), spot.path());
                    inputs.push(Input::valid(method, label, messages));
                }
            }
        }
    }
    let step = inputs.len().div_ceil(PAIRS).max(1);
    inputs.into_iter().step_by(step).collect()
}

/// What a field that chooses can choose: declared values only.
fn choices(spot: &Spot) -> Vec<Value> {
    let field = spot.field();
    if field.is_list() || field.is_map() {
        return Vec::new();
    }
    match field.kind() {
        Kind::Enum(desc) => desc.values().map(|value| Value::EnumNumber(value.number())).collect(),
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        _ if field.containing_oneof().is_some_and(|oneof| oneof.fields().len() > 1) => {
            spot.boundaries().into_iter().take(1).collect()
        }
        _ => Vec::new(),
    }
}

/// The values that most often have no meaning, beside absence: of what may be absent, nothing; of a number, a negative
/// one or the like.
fn bare(field: &FieldDescriptor) -> Vec<Value> {
    if field.is_list() || field.is_map() || matches!(field.kind(), Kind::Message(_)) {
        return Vec::new();
    }
    let nothing = field.supports_presence().then(|| Value::default_value(&field.kind()));
    nothing.into_iter().chain(strange(field)).collect()
}

fn strange(field: &FieldDescriptor) -> Option<Value> {
    Some(match field.kind() {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-1),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(-1),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(u32::MAX),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::MAX),
        Kind::Float => Value::F32(f32::NAN),
        Kind::Double => Value::F64(f64::NAN),
        _ => return None,
    })
}

/// So many edges are sent at most: of a larger type evenly spread ones, so that each field keeps some.
const EDGES: usize = 1500;

/// Each edge of each place.
fn edges(spots: &[Spot]) -> Vec<(&Spot, Value)> {
    let all: Vec<_> =
        spots.iter().flat_map(|spot| spot.boundaries().into_iter().map(move |it| (spot, it))).collect();
    let step = all.len().div_ceil(EDGES).max(1);
    all.into_iter().step_by(step).collect()
}

/// The plain message, in every way that means the same.
pub(super) fn variants(method: &Method, fresh: &mut dyn FnMut(usize) -> Vec<DynamicMessage>) -> Vec<Input> {
    const COMPARED: [Class; 4] = [Class::UnknownFields, Class::Encoding, Class::Framing, Class::Metadata];
    let count = if method.desc.is_client_streaming() { 2.max(method.usual_count()) } else { 1 };
    let mut input =
        |variant: &variant::Variant| Input::of(variant.class, method, variant.label, fresh(count));
    let differs = |input: &Input| {
        // Of some messages there is no other encoding.
        input.class != Class::Encoding || input.script(method) != input.plain(method)
    };
    COMPARED.into_iter().flat_map(variant::of).map(&mut input).filter(differs).collect()
}

fn is_undeclared(field: &FieldDescriptor, value: &Value) -> bool {
    let number = match value {
        Value::List(items) => items.first().and_then(Value::as_enum_number),
        value => value.as_enum_number(),
    };
    let kind = field.kind();
    number.zip(kind.as_enum()).is_some_and(|(number, desc)| desc.get_value(number).is_none())
}

/// Of so many random cases one is drawn again with names that the server has named.
const SHARE_OF_FOLLOWING: u64 = 4;
/// But not more of them: they are listed before the first is sent, and sent one after the other.
const MOST_FOLLOWING: u64 = 250;

/// Whether a field of this name says which thing is meant, and nothing else.
fn identifies(field: &str) -> bool {
    matches!(field, "id" | "key" | "uuid" | "uid")
        || ["_id", "_key", "_uuid"].iter().any(|end| field.ends_with(end))
}

/// Requests that name what the server has named, so that reads find something: plainly, in every way that
/// means the same, twice, and several at once; with each edge of each other field, and at random. Sent one after
/// the other.
pub(super) fn follow(seed: u64, cases: u64, method: &Method, pool: &Pool) -> Vec<Input> {
    let desc = method.desc.input();
    let mut salt = hash(&[&seed.to_le_bytes(), method.name.as_bytes(), b"follow"]) >> 24;
    let mut turn = 0;
    let mut pooled = false;
    let count = if method.desc.is_client_streaming() { 2.max(method.usual_count()) } else { 1 };
    let mut filled = |count: usize| {
        let first = salt + 1;
        salt += count as u64;
        let fill = |plain: DynamicMessage| {
            turn += 1;
            let filled = pool.fill(plain.clone(), method, turn);
            pooled |= filled.is_some();
            filled.unwrap_or(plain)
        };
        method.stream(first, count).into_iter().map(fill).collect::<Vec<_>>()
    };
    let mut inputs = vec![Input::valid(method, requests::NAMED, filled(count))];
    if method.reads || method.idempotent {
        inputs.push(Input::of(Class::Repeat, method, "the same request twice", filled(count)));
        inputs.push(Input::of(Class::Repeat, method, "an empty request twice", vec![values::minimal(&desc)]));
    }
    if method.reads {
        inputs.push(Input::of(Class::Parallel, method, "the same request four times at once", filled(count)));
    }
    inputs.extend(variants(method, &mut filled));
    inputs.extend(requests::immutable(method, &filled(1).remove(0)));
    let own = hash(&[&seed.to_le_bytes(), method.name.as_bytes(), b"named"]) >> 24;
    inputs.extend(requests::against(method, own, &mut || filled(1).remove(0)));
    // What is behind the lookup has edges of its own.
    let spots = values::spots(&desc);
    let spots: Vec<Spot> = spots.into_iter().filter(|spot| !identifies(spot.field().name())).collect();
    inputs.extend(spots.iter().filter_map(|spot| without(method, spot, filled(count))));
    inputs.extend(edges(&spots).into_iter().map(|(spot, value)| edge(method, spot, value, filled(count))));
    let mut turn = 0;
    for index in 0..(cases / SHARE_OF_FOLLOWING).min(MOST_FOLLOWING) {
        let drawn = random(seed ^ salt, method, index);
        let named = |message: DynamicMessage| {
            turn += 1;
            pool.fill(message.clone(), method, turn).unwrap_or(message)
        };
        inputs.extend(drawn.map(|input| input.map(named)));
    }
    for input in &mut inputs {
        input.pooled = pooled;
    }
    // Without anything known these are the cases of the coverage phase again, but for the repetitions.
    inputs.retain(|input| pooled || matches!(input.class, Class::Repeat | Class::Parallel));
    inputs
}

/// One random message of so many is sent as it was drawn, whatever the rules say.
const RAW: u64 = 5;

/// The random input of this number.
pub(super) fn random(seed: u64, method: &Method, index: u64) -> Option<Input> {
    let mut runner = runner(seed, &method.name, "random", index);
    let strategy = values::message(&method.desc.input(), &Limits::default());
    let count = match method.desc.is_client_streaming() {
        // Now and then a long one.
        true if index % 10 == 9 => (5usize..=32).new_tree(&mut runner).ok()?.current(),
        true => (0usize..=4).new_tree(&mut runner).ok()?.current(),
        false => 1,
    };
    let drawn = (0..count).map(|_| Some(strategy.new_tree(&mut runner).ok()?.current()));
    let mut drawn: Vec<DynamicMessage> = drawn.collect::<Option<_>>()?;
    let salt = hash(&[&seed.to_le_bytes(), &index.to_le_bytes(), b"mixed"]) >> 24;
    // Every other one is plain but for a few fields: of those that are strange all over most are refused at once.
    if index % 2 == 1 {
        for (message, mut plain) in drawn.iter_mut().zip(method.stream(salt, count)) {
            mix(&mut plain, message, &mut runner);
            *message = plain;
        }
    }
    // A server that checks the rules lets few of the others through to its logic.
    if !index.is_multiple_of(RAW) {
        for (message, at) in drawn.iter_mut().zip(1..) {
            *message = requests::mended(method, message, salt.wrapping_add(at));
        }
    }
    Some(match count {
        0 => Input::of(Class::EmptyStream, method, "random", drawn),
        _ => Input::valid(method, "random", drawn),
    })
}

/// Puts some of the fields of one message into the other, one or two on average.
fn mix(plain: &mut DynamicMessage, drawn: &DynamicMessage, runner: &mut TestRunner) {
    let count = drawn.fields().count().max(1) as u64;
    for (field, value) in drawn.fields() {
        let number = u64::from(runner.rng().next_u32());
        match (value, plain.has_field(&field) && !field.is_list()) {
            (Value::Message(inner), true) if number % 2 == 0 => {
                if let Value::Message(into) = plain.get_field_mut(&field) {
                    mix(into, inner, runner);
                }
            }
            _ if number % count < 2 => plain.set_field(&field, value.clone()),
            _ => {}
        }
    }
}
