//! How much may be repeated, by the rule of gRFC A6: tokens that failures take and successes give back in tenths.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A token in the parts that a success gives back.
const TOKEN: u32 = 10;

/// The tokens of all calls of a channel.
#[derive(Debug)]
pub struct Budget {
    most: u32,
    left: AtomicU32,
    spent: AtomicU64,
    refused: AtomicU64,
}

impl Budget {
    pub fn new(tokens: u32) -> Self {
        let most = tokens.saturating_mul(TOKEN);
        Self { most, left: AtomicU32::new(most), spent: AtomicU64::new(0), refused: AtomicU64::new(0) }
    }

    /// A call has succeeded.
    pub fn give(&self) {
        let more = |left: u32| (left < self.most).then_some(left + 1);
        // Full: there is nothing to give.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// An attempt has failed: whether another may follow, where one is `wanted`.
    pub fn take(&self, wanted: bool) -> bool {
        let less = |left: u32| Some(left.saturating_sub(TOKEN));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or_default();
        let may = before.saturating_sub(TOKEN) > self.most / 2;
        if wanted {
            let count = if may { &self.spent } else { &self.refused };
            count.fetch_add(1, Ordering::Relaxed);
        }
        may
    }

    /// The attempts that were allowed and those that were not.
    pub fn counts(&self) -> (u64, u64) {
        (self.spent.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tokens_may_be_spent_and_successes_earn_more() {
        let budget = Budget::new(10);
        let allowed = (0..20).filter(|_| budget.take(true)).count();
        assert_eq!(allowed, 4, "at 9, 8, 7 and 6 of 10");
        assert!((0..60).all(|_| {
            budget.give();
            true
        }));
        assert!(!budget.take(true), "six earned, one taken: five of ten");
        (0..1000).for_each(|_| budget.give());
        assert!(budget.take(true), "no more than all of them");
        assert_eq!((0..20).filter(|_| budget.take(true)).count(), 3);
        assert_eq!(budget.counts().0, 8);
        assert!(!Budget::new(0).take(true));
    }
}
