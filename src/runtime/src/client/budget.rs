//! How many retries all calls of a client may make together: the throttling of gRFC A6. While servers are well it bounds
//! nothing; while they are not, retries must not be what keeps them down.

use std::sync::atomic::{AtomicU32, Ordering};

/// A bucket of tokens. A failure takes one, a success gives a part of one back, and there are retries only while more than
/// half of them are left.
#[derive(Debug)]
pub(crate) struct Budget {
    /// In thousandths.
    tokens: AtomicU32,
    most: u32,
    gain: u32,
}

impl Budget {
    /// A full bucket of `tokens` (1 to 1000), of which a success gives back `ratio`.
    pub(crate) fn new(tokens: u32, ratio: f32) -> Self {
        let most = tokens.clamp(1, 1000) * 1000;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 1 and 1000"
        )]
        let gain = (ratio.clamp(0.001, 1.0) * 1000.0) as u32;
        Self { tokens: AtomicU32::new(most), most, gain }
    }

    /// A call has ended well.
    pub(crate) fn succeeded(&self) {
        self.change(|tokens| tokens.saturating_add(self.gain).min(self.most));
    }

    /// A call has failed in a way that one might retry.
    pub(crate) fn failed(&self) {
        self.change(|tokens| tokens.saturating_sub(1000));
    }

    /// Whether there may be a retry.
    pub(crate) fn allows(&self) -> bool {
        self.tokens.load(Ordering::Relaxed) > self.most / 2
    }

    fn change(&self, to: impl Fn(u32) -> u32) {
        // Fails only where the function declines, which it does not.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(to(tokens)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_it_is_kept_back_and_successes_fill_it() {
        let budget = Budget::new(10, 0.1);
        for _ in 0..4 {
            budget.failed();
            assert!(budget.allows());
        }
        budget.failed();
        assert!(!budget.allows());
        budget.succeeded();
        assert!(budget.allows());
        for _ in 0..100 {
            budget.failed();
        }
        for _ in 0..50 {
            budget.succeeded();
            assert!(!budget.allows());
        }
        budget.succeeded();
        assert!(budget.allows());
    }
}
