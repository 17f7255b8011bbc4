//! Generated pairs of schemas: what protogate says of a change, and what the real buf says of it.
//!
//! A pair is a small schema and one to five edits of it. `PROTOGATE_PAIRS` and `PROTOGATE_SEED` say how
//! many pairs are drawn and from where; `cargo xtask campaign pairs` sets them. A disagreement is shrunk
//! and printed the way `breaking_variants.rs` wants it.

mod compare;
mod dice;
mod draw;
mod edits;
mod every_change;
mod law;
mod print;
mod repair;
mod schema;
mod shrink;
mod tally;
mod write;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::time::Instant;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use protogate::rules::breaking::{BREAKING, Selection, check};

use self::compare::{Outcome, Sides, compare};
use self::draw::Pair;
use self::edits::CATALOGUE;
use self::tally::Tally;
use super::peers;

/// Pairs that one start of buf is asked about.
const BATCH: usize = 125;
/// Pairs in the ordinary suite.
const PAIRS: usize = 1_000;
/// Kinds of disagreement that are shrunk; all are counted.
const SHOWN: usize = 8;

#[test]
fn buf_says_the_same_of_generated_pairs() {
    let Some(buf) = peers::or_skip("buf") else { return };
    let (pairs, seed) =
        (number("PROTOGATE_PAIRS").unwrap_or(PAIRS as u64), number("PROTOGATE_SEED").unwrap_or(0));
    let start = Instant::now();
    let mut runner = runner(seed);
    let mut tally = Tally::default();
    let (mut shown, mut kinds) = (Vec::new(), BTreeSet::new());
    let mut left = usize::try_from(pairs).unwrap();
    while left > 0 {
        let batch = drawn(&draw::pair(), &mut runner, left.min(BATCH));
        left -= batch.len();
        for (pair, outcome) in batch.iter().zip(compare(&buf, &batch)) {
            tally.add(pair, &outcome);
            if shown.len() < SHOWN && outcome.is_disagreement() && kinds.insert(outcome.difference()) {
                shown.push(disagreement(&buf, pair, &outcome));
            }
        }
    }
    let table = tally.table(seed, start.elapsed());
    assert!(tally.disagreements == 0, "{table}\n{}", shown.join("\n"));
    assert!(tally.rejections() * 5 < tally.pairs, "too many pairs do not compile\n{table}");
    let silent = tally.silent_rules();
    assert!(
        Selection::bufs().rules().len() - silent.len() >= 55 || tally.pairs < PAIRS,
        "never said: {silent:?}\n{table}"
    );
    eprintln!("{table}");
}

#[test]
fn every_rule_has_an_edit_that_is_meant_for_it() {
    let meant: BTreeSet<&str> =
        CATALOGUE.iter().copied().flatten().flat_map(|edit| edit.rules).copied().collect();
    let known: BTreeSet<&str> =
        BREAKING.iter().filter(|rule| rule.is_bufs()).map(|rule| rule.info.id).collect();
    assert_eq!(meant, known);
}

#[test]
fn a_schema_against_itself_and_what_is_added_are_silent() {
    for pair in drawn(&draw::grown(), &mut runner(1), 200) {
        // Only the layout of the second side is another.
        let same = Pair { new: pair.old.clone(), ..pair.clone() };
        for pair in [same, pair] {
            if let Some(said) = says(&pair) {
                let small =
                    shrink::shrink(&pair, &|pairs| pairs.iter().map(|it| says(it).is_some()).collect());
                let sides = Sides::of(&small, 1);
                panic!("{:?} says {said:?}\n{:#?}\n{:#?}", pair.edits, sides.old, sides.new);
            }
        }
    }
}

#[test]
fn a_disagreement_is_seen_and_shrinks_to_what_it_takes() {
    let renamed =
        |it: &Pair| says(it).is_some_and(|said| said.iter().any(|it| it.starts_with("FIELD_SAME_NAME:")));
    let pairs = drawn(&draw::pair(), &mut runner(2), 100);
    let pair = pairs.iter().find(|it| it.edits.len() > 2 && renamed(it)).expect("a renamed field");
    let small = Sides::of(&shrink::shrink(pair, &|pairs| pairs.iter().map(renamed).collect()), 1);
    for side in [&small.old, &small.new] {
        let lines: usize = side.iter().map(|it| it.1.lines().count()).sum();
        assert!(lines <= 10, "{side:#?}");
    }

    let finding = |line| ("A".to_owned(), "a.proto".to_owned(), [line, 1, line, 1]);
    let compared = |ours: &[u64], bufs: &[u64]| Outcome::Compared {
        ours: ours.iter().copied().map(finding).collect(),
        bufs: bufs.iter().copied().map(finding).collect(),
    };
    assert!(!compared(&[1, 1], &[1, 1]).is_disagreement());
    assert_eq!(compared(&[1, 2], &[1, 3]).differences(), [("ours", finding(2)), ("buf", finding(3))]);
    assert!(compared(&[1, 1], &[1]).is_disagreement(), "twice is not once");
    assert_eq!(compared(&[1, 1], &[1]).differences(), [("ours", finding(1))]);
}

/// What we say about a pair, if both sides compile and we do not keep silent.
fn says(pair: &Pair) -> Option<Vec<String>> {
    let sides = Sides::of(pair, 1);
    let (old, new) = (compare::schema(&sides.old).ok()?, compare::schema(&sides.new).ok()?);
    let said = check(&old, &new, &Selection::bufs());
    let said: Vec<String> = said.iter().map(|it| format!("{}: {}", it.rule.id, it.message)).collect();
    Some(said).filter(|said| !said.is_empty())
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is no number: {value}")))
}

pub fn runner(seed: u64) -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(4));
    TestRunner::new_with_rng(Config::default(), rng)
}

fn drawn(pairs: &impl Strategy<Value = Pair>, runner: &mut TestRunner, count: usize) -> Vec<Pair> {
    (0..count).map(|_| pairs.new_tree(runner).unwrap().current()).collect()
}

/// A pair on which the tools disagree: its smallest form, ready for `breaking_variants.rs`.
fn disagreement(buf: &Path, pair: &Pair, outcome: &Outcome) -> String {
    let kind = outcome.difference();
    let small = shrink::shrink(pair, &|pairs| {
        compare(buf, pairs)
            .iter()
            .map(|it| it.is_disagreement() && it.difference().is_subset(&kind))
            .collect()
    });
    let sides = Sides::of(&small, 0);
    let differences: Vec<String> = compare(buf, std::slice::from_ref(&small))
        .iter()
        .flat_map(Outcome::differences)
        .map(|(who, finding)| format!("  only {who}: {finding:?}\n"))
        .collect();
    let files =
        |texts: &print::Texts| texts.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", ");
    let (old, new) = (files(&sides.old), files(&sides.new));
    format!("{:?}\n{}    (\"…\", &[{old}], &[{new}]),\n", pair.edits, differences.concat())
}

/// Both sides of generated pairs, as text, for whoever wants changes.
pub fn texts(count: usize, seed: u64) -> Vec<(print::Texts, print::Texts)> {
    let sides = |pair: &Pair| {
        let sides = Sides::of(pair, 1);
        (sides.old, sides.new)
    };
    drawn(&draw::pair(), &mut runner(seed), count).iter().map(sides).collect()
}

/// Generated schemas, each in a package of its own.
pub fn schemas(count: usize, seed: u64) -> Vec<print::Texts> {
    let pairs = drawn(&draw::pair(), &mut runner(seed), count);
    pairs.iter().enumerate().map(|(index, pair)| Sides::of(pair, index + 1).old).collect()
}
