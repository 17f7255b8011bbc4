//! The law of `PROVEN`, on generated pairs of schemas: where it is silent about all that a message can hold, random
//! values of that message are read as they were meant, in both directions and encodings; and what it finds is shown by
//! a witness that reads again as it says.
//!
//! `PROTOGATE_LAW_PAIRS` and `PROTOGATE_SEED` say how many pairs are drawn and from where: `cargo xtask campaign
//! breaking`; `PROTOGATE_LAW_FROM` passes over as many of them first, to come back to one that broke the law. What was
//! found once is a row of `tests/fixtures/verdicts` or a test of `src/rules/witness`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use prost::Message as _;
use prost_reflect::{Kind, MessageDescriptor};
use protogate::diag::{Direction, Encoding};
use protogate::rules::witness::{Difference, Subject, World, replay};
use protogate::schema::Schema;
use protogate::values::{self, Limits};
use rayon::prelude::*;

use super::compare::{Sides, schema};
use super::draw::{self, Pair};
use super::{drawn, number, runner, shrink};

/// Pairs in the ordinary suite, where as many are looked at as there is time for.
const PAIRS: u64 = 3_000;
/// The time there is.
const LONGEST_RUN: Duration = Duration::from_secs(45);
/// Values of each message and direction.
const VALUES: usize = 4;
/// Violations that are shrunk, and those that a campaign collects before it ends.
const SHOWN: usize = 2;
const COLLECTED: usize = 20;
/// Bytes of a value that is looked at: long texts show nothing that short ones do not.
const LONGEST: usize = 1_000;
/// Pairs between two looks at what was found.
const BATCH: usize = 100;

/// What came of a pair.
#[derive(Debug, Default)]
struct Seen {
    compiled: bool,
    silent: bool,
    messages: usize,
    values: usize,
    findings: usize,
    broken: Vec<String>,
}

#[test]
fn silence_is_kept_and_findings_are_shown() {
    let asked = number("PROTOGATE_LAW_PAIRS");
    let pairs = asked.unwrap_or(PAIRS);
    let seed = number("PROTOGATE_SEED").unwrap_or(0);
    let start = Instant::now();
    let mut runner = runner(seed);
    let mut left = usize::try_from(pairs).unwrap();
    let shown = if asked.is_some() { COLLECTED } else { SHOWN };
    let from = usize::try_from(number("PROTOGATE_LAW_FROM").unwrap_or(0)).unwrap();
    for passed in (0..from).step_by(BATCH) {
        drawn(&draw::pair(), &mut runner, BATCH.min(from - passed));
    }
    let (mut seen, mut compiled, mut silent, mut drawn_pairs) = (Seen::default(), 0, 0, 0);
    while left > 0 && seen.broken.len() < shown && (asked.is_some() || start.elapsed() < LONGEST_RUN) {
        let batch = drawn(&draw::pair(), &mut runner, left.min(BATCH));
        left -= batch.len();
        let before = from + drawn_pairs;
        drawn_pairs += batch.len();
        let outcomes: Vec<Seen> = batch.par_iter().map(|pair| look(pair, seed)).collect();
        for (at, (pair, it)) in batch.iter().zip(outcomes).enumerate() {
            compiled += usize::from(it.compiled);
            silent += usize::from(it.silent);
            seen.messages += it.messages;
            seen.values += it.values;
            seen.findings += it.findings;
            if !it.broken.is_empty() && seen.broken.len() < shown {
                // Shrinking takes a while: what was seen is said before.
                eprintln!("pair {}: {:?} {:?}", before + at, pair.edits, it.broken);
                let small = shrink::shrink(pair, &|all| {
                    all.par_iter().map(|it| !look(it, seed).broken.is_empty()).collect()
                });
                let sides = Sides::of(&small, 0);
                seen.broken.push(format!(
                    "{:#?}\n{:#?}\n{:?}",
                    sides.old,
                    sides.new,
                    look(&small, seed).broken
                ));
            }
        }
    }
    let tally = format!(
        "{drawn_pairs} pairs from number {from} of seed {seed} in {:.1} s: {compiled} compile on both sides, PROVEN is silent about {silent}; \
         {} values of {} messages it is silent about, {} findings",
        start.elapsed().as_secs_f64(),
        seen.values,
        seen.messages,
        seen.findings,
    );
    assert!(seen.broken.is_empty(), "{tally}\n{}", seen.broken.join("\n"));
    assert!(seen.values > compiled && seen.findings > compiled / 4 && silent > compiled / 20, "{tally}");
    eprintln!("{tally}");
}

fn look(pair: &Pair, seed: u64) -> Seen {
    let sides = Sides::of(pair, 1);
    let (Ok(old), Ok(new)) = (schema(&sides.old), schema(&sides.new)) else { return Seen::default() };
    law(&old, &new, &mut runner(seed))
}

fn law(old: &Schema, new: &Schema, runner: &mut TestRunner) -> Seen {
    let world = World::new(old, new);
    let mut seen = Seen { compiled: true, ..Seen::default() };
    let found: Vec<&Difference> = world.differences().into_iter().filter(|it| it.is_break()).collect();
    seen.findings = found.len();
    seen.silent = found.is_empty();
    for it in &found {
        for reading in &it.witness.readings {
            let reader =
                if reading.direction == Direction::OldToNew { &it.messages.1 } else { &it.messages.0 };
            if replay(reader, reading).as_deref() != Some(&*reading.read) {
                seen.broken.push(format!("does not read again: {reading:?}"));
            }
        }
    }
    let told: BTreeSet<String> = found.iter().flat_map(|it| names(it)).collect();
    for (old, new) in world.messages() {
        if old.is_map_entry()
            || new.is_map_entry()
            || [old, new].iter().any(|it| !reach(it).is_disjoint(&told))
        {
            continue;
        }
        seen.messages += 1;
        for (direction, writer, reader) in [(Direction::OldToNew, old, new), (Direction::NewToOld, new, old)]
        {
            let strategy = values::message(writer, &Limits { depth: 3, items: 3, values: 60 });
            for _ in 0..VALUES {
                let value = strategy.new_tree(runner).unwrap().current();
                if value.encoded_len() > LONGEST {
                    continue;
                }
                for encoding in [Encoding::Binary, Encoding::Json] {
                    let Some((agreement, read)) = world.read(&value, reader, direction, encoding) else {
                        continue;
                    };
                    seen.values += 1;
                    if agreement.is_break() {
                        seen.broken
                            .push(format!("{direction:?} {encoding:?} {agreement:?}: {value} -> {read}"));
                    }
                }
            }
        }
    }
    seen
}

/// The messages and enums that a difference is about.
fn names(it: &Difference) -> Vec<String> {
    match &it.subject {
        Subject::Field { .. } | Subject::Message => {
            vec![it.messages.0.full_name().to_owned(), it.messages.1.full_name().to_owned()]
        }
        Subject::Value { old, new, .. } => vec![old.full_name().to_owned(), new.full_name().to_owned()],
    }
}

/// Every type that a message can hold, itself included.
fn reach(message: &MessageDescriptor) -> BTreeSet<String> {
    let mut all = BTreeSet::from([message.full_name().to_owned()]);
    let mut waiting = vec![message.clone()];
    while let Some(message) = waiting.pop() {
        for field in message.fields() {
            match field.kind() {
                Kind::Message(inner) if all.insert(inner.full_name().to_owned()) => waiting.push(inner),
                Kind::Enum(it) => {
                    all.insert(it.full_name().to_owned());
                }
                _ => {}
            }
        }
    }
    all
}
