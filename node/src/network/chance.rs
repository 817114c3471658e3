//! Chance, for waiting times and for choosing among equals; nothing secret
//! depends on it.

use std::time::Duration;

/// `SplitMix64`: a counter and a good mixer.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Seeded by the operating system; should that fail, by a constant, which
    /// only costs nodes that start together their spread.
    pub(super) fn new() -> Self {
        Self(getrandom::u64().unwrap_or(0x5eed))
    }

    #[cfg(test)]
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 where there is none.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % count).unwrap_or(0)
    }

    /// A time between half of `around` and one and a half of it.
    pub(super) fn jittered(&mut self, around: Duration) -> Duration {
        let thousandths = u32::try_from(500 + self.next() % 1_001).unwrap_or(1_000);
        around.saturating_mul(thousandths) / 1_000
    }
}
