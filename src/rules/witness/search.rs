//! Random messages, for what the targeted values did not show, and the smallest of those that show it.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use prost::Message as _;

use super::messages::Course;
use super::probe::{Attempt, Target};
use super::trial::{Cause, Trial};
use crate::diag::Encoding;
use crate::values::{Limits, message, simpler};

/// Messages per direction.
const DRAWN: usize = 12;
/// Bytes of a message that is looked at.
const LONGEST: usize = 4_096;
/// Simpler messages that are tried for one that shows a break.
const STEPS: usize = 200;

/// The smallest message found that is read otherwise. The same every time: nothing here is left to chance.
pub(super) fn random(courses: &[Course], target: &Target) -> Option<Attempt> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for course in courses {
        let strategy = message(course.writer, &Limits { depth: 2, items: 3, values: 60 });
        for _ in 0..DRAWN {
            let Ok(tree) = strategy.new_tree(&mut runner) else { continue };
            let drawn = Trial::of(Cause::Value, tree.current());
            // Long texts show nothing that short ones do not.
            if drawn.message.encoded_len() > LONGEST {
                continue;
            }
            for encoding in [Encoding::Binary, Encoding::Json] {
                if course.attempt(encoding, &drawn, target).is_some_and(|it| it.reading.verdict.is_break()) {
                    return smallest(course, encoding, drawn, target);
                }
            }
        }
    }
    None
}

fn smallest(course: &Course, encoding: Encoding, mut shown: Trial, target: &Target) -> Option<Attempt> {
    let mut found = course.attempt(encoding, &shown, target)?;
    let mut left = STEPS;
    loop {
        let mut less = simpler(&shown.message).map(|message| Trial::of(Cause::Value, message));
        let next = less.by_ref().take(left).find_map(|trial| {
            left = left.saturating_sub(1);
            let it = course.attempt(encoding, &trial, target)?;
            it.reading.verdict.is_break().then_some((trial, it))
        });
        drop(less);
        match next {
            Some((trial, it)) => (shown, found) = (trial, it),
            None => return Some(found),
        }
    }
}
