//! Choices that a seed decides.

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};

pub struct Dice(TestRng);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        let bytes: Vec<u8> = seed.to_le_bytes().repeat(4);
        Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// 0 to `end`, without `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.below(all.len())])
    }

    /// One of a table that is not empty.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A number after `start`, at most `spread` far.
    pub fn number(&mut self, start: i32, spread: usize) -> i32 {
        start + i32::try_from(self.below(spread)).expect("a small spread")
    }
}
