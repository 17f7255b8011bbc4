//! A proptest tree over any list of simpler values. Knows no messages.

use std::fmt;

use proptest::strategy::ValueTree;

/// The simpler values one step below a value, most daring first. Each must be smaller by some measure that
/// cannot fall for ever, or shrinking would not end.
pub type Simpler<T> = for<'a> fn(&'a T) -> Box<dyn Iterator<Item = T> + 'a>;

/// Walks down greedily: the first simpler value that still fails becomes the value, and the walk goes on from
/// there until a whole round brings nothing.
pub struct Shrinking<T> {
    best: T,
    trial: Option<T>,
    at: usize,
    moved: bool,
    simpler: Simpler<T>,
}

impl<T> Shrinking<T> {
    /// A tree at `value`.
    pub fn new(value: T, simpler: Simpler<T>) -> Self {
        Shrinking { best: value, trial: None, at: 0, moved: false, simpler }
    }

    fn next(&mut self) -> bool {
        loop {
            self.trial = (self.simpler)(&self.best).nth(self.at);
            if self.trial.is_some() {
                return true;
            }
            if !std::mem::take(&mut self.moved) {
                return false;
            }
            self.at = 0;
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shrinking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shrinking").field("best", &self.best).finish_non_exhaustive()
    }
}

impl<T: Clone + fmt::Debug> ValueTree for Shrinking<T> {
    type Value = T;

    fn current(&self) -> T {
        self.trial.as_ref().unwrap_or(&self.best).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some(trial) = self.trial.take() {
            self.best = trial;
            self.moved = true;
        }
        self.next()
    }

    fn complicate(&mut self) -> bool {
        if self.trial.take().is_none() {
            return false;
        }
        self.at += 1;
        self.next()
    }
}
