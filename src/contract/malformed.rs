//! Inputs that no encoder writes: broken messages, broken frames, and valid messages damaged on the way.

use bytes::Bytes;
use proptest::{prelude::RngExt as _, test_runner::TestRng};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor};

use super::{
    class::Class,
    cover,
    input::{Body, Input},
    plan::Method,
    variant, wire,
};
use crate::{
    client::{Step, frame, sent},
    values,
};

/// Bytes that are no message, whatever the schema (protobuf.dev, "Encoding").
const BROKEN: &[(&str, &[u8])] = &[
    ("a varint of eleven bytes", &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
    ("a varint cut short", &[0x08, 0x80]),
    ("field number 0", &[0x00, 0x00]),
    ("wire type 6", &[0x0e]),
    ("wire type 7", &[0x0f]),
    ("a group that ends without a start", &[0x0c]),
    ("a group that never ends", &[0x0b]),
    ("a length past the end", &[0x0a, 0x7f, 0x61]),
    ("a length of 4 GiB", &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ("field 1 with the wrong wire type", &[0x0d, 0x00, 0x00, 0x00, 0x00]),
];

/// Frames that hold no whole message (gRPC over HTTP/2, "Length-Prefixed-Message").
const FRAMES: &[(Class, &str, &[u8])] = &[
    (Class::Truncated, "a frame announced as 4 GiB", &[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
    (Class::Truncated, "a frame cut inside its message", &[0, 0, 0, 0, 9, 1]),
    (Class::Truncated, "a frame cut inside its prefix", &[0, 0, 0]),
    (Class::Malformed, "compression flag 2", &[2, 0, 0, 0, 0]),
    (Class::Malformed, "compression flag 255", &[255, 0, 0, 0, 0]),
    (Class::CompressedFlag, "a compressed frame without grpc-encoding", &[1, 0, 0, 0, 1, 0]),
];

/// Below, at and above the limit of 100 that protobuf's own parsers have, and far above.
const NESTING: [usize; 4] = [50, 100, 101, 1000];
/// More levels than a thread has stack for, however little each takes: 2 MiB are usual, and 8 MiB for the first one.
const BOTTOMLESS: usize = 100_000;
/// What is no UTF-8: a lone continuation byte, a character cut short, a surrogate, an overlong slash.
const BAD_TEXT: &[&[u8]] = &[&[b'a', 0x80], &[b'a', 0xf0, 0x9f, 0xa6], &[0xed, 0xa0, 0x80], &[0xc0, 0xaf]];
const RANDOM: u64 = 8;
const DAMAGED: u64 = 16;

/// Every malformed input of a method, in a fixed order.
pub(super) fn inputs(seed: u64, method: &Method) -> Vec<Input> {
    let input = |class, label: &str, steps: Vec<Step>| {
        let script = steps.into_iter().chain([Step::HalfClose]).collect();
        Input::new(class, label, Body::Script(script))
    };
    let send = |class, label: &str, bytes: &[u8]| {
        input(class, label, vec![Step::Send(Bytes::copy_from_slice(bytes))])
    };
    let message = |label: &str, bytes: &[u8]| send(Class::Malformed, label, bytes);
    let desc = method.desc.input();
    let plain = method.typical(seed);
    let valid = values::encode(&plain);
    let mut inputs: Vec<Input> = BROKEN.iter().map(|(label, bytes)| message(label, bytes)).collect();
    let groups = |depth: usize| {
        let groups = [vec![0x0b; depth], vec![0x0c; depth]].concat();
        send(Class::Nesting, &format!("{depth} groups inside one another"), &groups)
    };
    for depth in NESTING {
        inputs.push(groups(depth));
        if let Some(bytes) = nested(&desc, depth) {
            inputs.push(send(Class::Nesting, &format!("{depth} messages inside one another"), &bytes));
        }
    }
    inputs.push(groups(BOTTOMLESS));
    let texts = desc.fields().filter(|field| field.kind() == Kind::String && !field.is_list());
    for field in texts {
        for (at, bad) in (0..).zip(BAD_TEXT) {
            // A new message each time: what was created once cannot be created again.
            let other = values::encode(&method.typical(seed.wrapping_add(1 + at)));
            let bytes = wire::with_payload(&other, field.number(), bad);
            let label = format!("`{}` is not UTF-8", field.name());
            inputs.extend(bytes.map(|bytes| send(Class::BadUtf8, &label, &bytes)));
        }
    }
    inputs.extend(
        FRAMES
            .iter()
            .map(|(class, label, bytes)| input(*class, label, vec![Step::Raw(Bytes::from_static(bytes))])),
    );
    if method.desc.is_client_streaming() {
        let cut = [frame(&valid), Bytes::from_static(&[0, 0, 0, 0, 9, 1])].concat();
        inputs.push(input(Class::Truncated, "a second message cut short", vec![Step::Raw(cut.into())]));
    } else {
        inputs.push(input(Class::Cardinality, "no message", Vec::new()));
        let two = [frame(&valid), frame(&valid)].concat();
        inputs.push(input(Class::Cardinality, "two messages", vec![Step::Raw(two.into())]));
    }
    for class in [Class::ContentType, Class::Verb, Class::Compression, Class::BadTimeout] {
        inputs.extend(
            variant::of(class)
                .map(|variant| Input::of(class, method, variant.label, vec![values::minimal(&desc)])),
        );
    }
    for index in 0..RANDOM {
        let mut runner = cover::runner(seed, &method.name, "malformed", index);
        let length = runner.rng().random_range(1..64);
        let bytes: Vec<u8> = (0..length).map(|_| runner.rng().random_range(0..=255u8)).collect();
        if DynamicMessage::decode(desc.clone(), bytes.as_slice()).is_err() {
            inputs.push(message("random bytes", &bytes));
        }
    }
    for index in 0..DAMAGED {
        let mut runner = cover::runner(seed, &method.name, "damaged", index);
        let (label, bytes) = damaged(&valid, index, runner.rng());
        // What still decodes is a valid request, and another phase's.
        if DynamicMessage::decode(method.desc.input(), bytes.as_slice()).is_err() {
            inputs.push(message(label, &bytes));
        }
    }
    inputs
}

/// Whether a smaller input is still what its class says. With a few bytes less, what was broken may be whole.
pub(super) fn is_still(input: &Input, method: &Method) -> bool {
    let Body::Script(script) = &input.body else { return true };
    let (messages, rest) = sent(script);
    let decodes = |(flag, message): &(u8, Bytes)| {
        *flag == 0 && DynamicMessage::decode(method.desc.input(), message.as_ref()).is_ok()
    };
    let whole = messages.iter().all(decodes);
    match input.class {
        Class::Malformed | Class::BadUtf8 | Class::CompressedFlag => !(whole && rest.is_empty()),
        Class::Truncated => !rest.is_empty(),
        Class::Cardinality => whole && rest.is_empty() && messages.len() != 1,
        _ => true,
    }
}

/// A message in itself, so deep; nothing for a type that does not contain itself.
fn nested(desc: &MessageDescriptor, depth: usize) -> Option<Vec<u8>> {
    let own = desc
        .fields()
        .find(|field| !field.is_map() && field.kind().as_message() == Some(desc) && !field.is_group())?;
    let mut bytes = Vec::new();
    for _ in 0..depth {
        let mut outer = Vec::with_capacity(bytes.len() + 12);
        prost::encoding::encode_key(own.number(), prost::encoding::WireType::LengthDelimited, &mut outer);
        prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        outer.append(&mut bytes);
        bytes = outer;
    }
    Some(bytes)
}

/// A message with one thing wrong with it: its end, a bit, a stretch of it.
fn damaged(valid: &[u8], kind: u64, rng: &mut TestRng) -> (&'static str, Vec<u8>) {
    let mut bytes = valid.to_vec();
    if bytes.is_empty() {
        return ("a valid message", bytes);
    }
    let at = rng.random_range(0..bytes.len());
    let label = match kind % 4 {
        0 => {
            bytes.truncate(at);
            "a valid message cut short"
        }
        1 => {
            bytes[at] ^= 1 << rng.random_range(0..8);
            "a valid message with a bit flipped"
        }
        2 => {
            bytes.remove(at);
            "a valid message without one of its bytes"
        }
        _ => {
            bytes.insert(at, rng.random_range(0..=255u8));
            "a valid message with a byte too many"
        }
    };
    (label, bytes)
}
