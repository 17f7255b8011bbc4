//! Valid inputs: the deterministic ones, one boundary value at a time, and the random ones.

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    input::{Body, Class, Input},
    plan::Method,
};
use crate::values::{self, Limits};

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
/// a server that refuses the empty one never reaches its logic.
pub(super) fn coverage(seed: u64, method: &Method) -> Vec<Input> {
    let desc = method.desc.input();
    let label =
        |what: &str| if method.desc.is_client_streaming() { format!("stream: {what}") } else { what.into() };
    let mut salt = hash(&[&seed.to_le_bytes(), method.name.as_bytes()]) >> 24;
    let mut fresh = || {
        salt += 1;
        values::typical(&desc, salt)
    };
    let mut inputs = vec![
        Input::valid(label("the empty message"), vec![values::minimal(&desc)]),
        Input::valid(label("a plain message"), vec![fresh()]),
    ];
    if method.desc.is_client_streaming() {
        inputs.push(Input::valid(label("no message"), Vec::new()));
        inputs.push(Input::valid(label("three messages"), vec![fresh(), fresh(), fresh()]));
    }
    for field in desc.fields() {
        for value in values::boundaries(&field) {
            for mut message in [fresh(), values::minimal(&desc)] {
                message.set_field(&field, value.clone());
                inputs.push(Input::valid(label(field.name()), vec![message]));
            }
        }
    }
    let unknown = |message| Input {
        class: Class::UnknownFields,
        label: "unknown fields".into(),
        body: Body::Messages(vec![message]),
    };
    inputs.push(unknown(values::minimal(&desc)));
    inputs.push(unknown(fresh()));
    inputs.push(Input {
        class: Class::UnknownMethod,
        label: "undeclared method".into(),
        body: Body::Messages(vec![values::minimal(&desc)]),
    });
    inputs
}

/// The random input of this number.
pub(super) fn random(seed: u64, method: &Method, index: u64) -> Option<Input> {
    let mut runner = runner(seed, &method.name, "random", index);
    let strategy = values::message(&method.desc.input(), &Limits::default());
    let (label, count) = match method.desc.is_client_streaming() {
        true => ("stream: random", (0usize..=4).new_tree(&mut runner).ok()?.current()),
        false => ("random", 1),
    };
    let messages = (0..count).map(|_| Some(strategy.new_tree(&mut runner).ok()?.current()));
    Some(Input::valid(label, messages.collect::<Option<_>>()?))
}
