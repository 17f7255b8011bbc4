//! Inputs that no encoder writes: broken messages, broken frames, and valid messages damaged on the way.

use bytes::Bytes;
use proptest::{prelude::RngExt as _, test_runner::TestRng};
use prost_reflect::DynamicMessage;

use super::{
    cover,
    input::{Body, Class, Input},
    plan::Method,
};
use crate::{
    client::{Step, frame},
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
    ("text that is not UTF-8", &[0x0a, 0x02, 0xc3, 0x28]),
    ("field 1 with the wrong wire type", &[0x0d, 0x00, 0x00, 0x00, 0x00]),
];

/// Frames that hold no whole message (gRPC over HTTP/2, "Length-Prefixed-Message").
const FRAMES: &[(&str, &[u8])] = &[
    ("a frame announced as 4 GiB", &[0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]),
    ("a frame cut inside its message", &[0, 0, 0, 0, 9, 1]),
    ("a frame cut inside its prefix", &[0, 0, 0]),
    ("compression flag 2", &[2, 0, 0, 0, 0]),
    ("compression flag 255", &[255, 0, 0, 0, 0]),
    ("a compressed frame without grpc-encoding", &[1, 0, 0, 0, 1, 0]),
];

const NESTING: usize = 200;
const RANDOM: u64 = 8;
const DAMAGED: u64 = 16;

/// Every malformed input of a method, in a fixed order.
pub(super) fn inputs(seed: u64, method: &Method) -> Vec<Input> {
    let input = |label: &str, steps: Vec<Step>| Input {
        class: Class::Malformed,
        label: label.to_owned(),
        body: Body::Script(steps.into_iter().chain([Step::HalfClose]).collect()),
    };
    let message = |label: &str, bytes: &[u8]| input(label, vec![Step::Send(Bytes::copy_from_slice(bytes))]);
    let mut inputs: Vec<Input> = BROKEN.iter().map(|(label, bytes)| message(label, bytes)).collect();
    inputs.push(message("200 nested groups", &[vec![0x0b; NESTING], vec![0x0c; NESTING]].concat()));
    inputs
        .extend(FRAMES.iter().map(|(label, bytes)| input(label, vec![Step::Raw(Bytes::from_static(bytes))])));
    if !method.desc.is_client_streaming() {
        inputs.push(input("no message", Vec::new()));
        inputs.push(input("two messages", vec![Step::Raw([frame(&[]), frame(&[])].concat().into())]));
    }
    for index in 0..RANDOM {
        let mut runner = cover::runner(seed, &method.name, "malformed", index);
        let length = runner.rng().random_range(1..64);
        let bytes: Vec<u8> = (0..length).map(|_| runner.rng().random_range(0..=255u8)).collect();
        inputs.push(message("random bytes", &bytes));
    }
    let valid = values::encode(&values::typical(&method.desc.input(), seed));
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
