//! Numbers that name things, for traces and requests: unlike all others of this process and of any other, and cheap.
//! Not secrets.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two numbers of which no other call gets both.
pub(crate) fn fresh() -> [u64; 2] {
    /// Where the two sequences of this process begin, at random.
    static SEEDS: OnceLock<[u64; 2]> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seeds = SEEDS.get_or_init(|| {
        let random = RandomState::new();
        [random.hash_one(0), RandomState::new().hash_one(1)]
    });
    let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    seeds.map(|seed| mixed(seed.wrapping_add(step)))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): one number for each, and nothing to see of the order.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Writes `value` as 16 hexadecimal digits.
pub(crate) fn hex(value: u64, into: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (at, digit) in into.iter_mut().take(16).enumerate() {
        *digit = DIGITS[(value >> (60 - 4 * at)) as usize & 15];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn none_comes_twice() {
        let all: HashSet<_> = (0..10_000).map(|_| fresh()).collect();
        assert_eq!(all.len(), 10_000);
        let firsts: HashSet<_> = all.iter().map(|id| id[0]).collect();
        assert_eq!(firsts.len(), 10_000);
    }

    #[test]
    fn sixteen_digits() {
        let mut text = [0; 16];
        hex(0x0123_4567_89ab_cdef, &mut text);
        assert_eq!(&text, b"0123456789abcdef");
    }
}
