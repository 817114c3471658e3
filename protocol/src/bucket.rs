//! A bucket of tokens: how much of something is allowed at once and over time.
//!
//! Invariant: what was taken since any moment is never more than the burst and
//! what flowed in since; and no debt lasts longer than one period, so whoever
//! is over a budget once is not shut out for good.

use core::time::Duration;

use crate::time::Timestamp;

/// A bucket that holds `burst` tokens when full and regains `tokens` in each
/// `period`.
///
/// It counts in whole parts of a token, `period` milliseconds to one, so slow
/// rates (one token an hour) lose nothing to rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    burst: u64,
    tokens: u64,
    period_millis: u64,
    /// What is missing to the full bucket, in parts of a token; more than the
    /// burst while there is a debt.
    missing: u64,
    /// When `missing` was reckoned.
    at: Timestamp,
}

impl Bucket {
    /// Returns a full bucket. A period counts in milliseconds, at least one.
    #[expect(clippy::cast_possible_truncation, reason = "584 million years of milliseconds")]
    pub const fn new(burst: u64, tokens: u64, period: Duration) -> Self {
        let millis = period.as_millis() as u64;
        let period_millis = if millis == 0 { 1 } else { millis };
        Self { burst, tokens, period_millis, missing: 0, at: Timestamp::from_millis(0) }
    }

    /// Takes so many tokens if they are there.
    pub fn take(&mut self, tokens: u64, now: Timestamp) -> bool {
        let there = self.level(now) >= tokens;
        if there {
            self.charge(tokens, now);
        }
        there
    }

    /// Takes so many tokens whether they are there or not, for what is known
    /// only afterwards. A debt is never more than one period gives back.
    pub fn charge(&mut self, tokens: u64, now: Timestamp) {
        let missing = self.missing_at(now).saturating_add(self.parts(tokens));
        let most = self.parts(self.burst.saturating_add(self.tokens));
        self.missing = missing.min(most);
        self.at = self.at.max(now);
    }

    /// Returns how many whole tokens are there.
    pub fn level(&self, now: Timestamp) -> u64 {
        self.parts(self.burst).saturating_sub(self.missing_at(now)) / self.period_millis
    }

    /// Returns whether nothing is missing.
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.missing_at(now) == 0
    }

    /// Returns when so many tokens will be there, if nobody takes any; with
    /// more than the burst, when it is full.
    pub fn ready_at(&self, tokens: u64, now: Timestamp) -> Timestamp {
        let wanted = self.parts(self.burst.saturating_sub(tokens));
        let parts = self.missing_at(now).saturating_sub(wanted);
        match parts.div_ceil(self.tokens.max(1)) {
            0 => now,
            _ if self.tokens == 0 => Timestamp::from_millis(u64::MAX),
            millis => self.at.max(now).after(Duration::from_millis(millis)),
        }
    }

    fn missing_at(&self, now: Timestamp) -> u64 {
        let millis = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        self.missing.saturating_sub(millis.saturating_mul(self.tokens))
    }

    const fn parts(&self, tokens: u64) -> u64 {
        tokens.saturating_mul(self.period_millis)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_790_000_000_000);
    const MILLI: Duration = Duration::from_millis(1);

    fn bucket() -> impl Strategy<Value = Bucket> {
        (1_u64..1_000, 1_u64..1_000, 1_u32..100_000)
            .prop_map(|(burst, tokens, period)| Bucket::new(burst, tokens, MILLI * period))
    }

    /// Waits and costs.
    fn steps() -> impl Strategy<Value = Vec<(u64, u64)>> {
        vec((0_u64..5_000, 0_u64..1_200), 1..100)
    }

    proptest! {
        #[test]
        fn no_more_is_taken_than_the_burst_and_what_flowed_in(
            mut bucket in bucket(), steps in steps(),
        ) {
            let mut now = START;
            let mut taken = 0;
            for (wait, cost) in steps {
                now = now.after(Duration::from_millis(wait));
                let level = bucket.level(now);
                prop_assert_eq!(bucket.take(cost, now), cost <= level);
                if cost <= level {
                    taken += cost;
                    prop_assert_eq!(bucket.level(now), level - cost);
                }
                let elapsed = u64::try_from(now.since(START).as_millis()).unwrap();
                let flowed = elapsed * bucket.tokens / bucket.period_millis;
                prop_assert!(taken <= bucket.burst + flowed, "{} of {} + {}", taken, bucket.burst, flowed);
            }
        }

        #[test]
        fn what_was_promised_is_there_then_and_not_before(
            mut bucket in bucket(), steps in steps(), wanted in 1_u64..1_000,
        ) {
            let mut now = START;
            for (wait, cost) in steps {
                now = now.after(Duration::from_millis(wait));
                bucket.charge(cost, now);
            }
            let wanted = wanted.min(bucket.burst);
            let at = bucket.ready_at(wanted, now);
            prop_assert!(bucket.level(at) >= wanted);
            if at > now {
                let before = Timestamp::from_millis(at.as_millis() - 1);
                prop_assert!(bucket.level(before) < wanted);
            }
        }

        #[test]
        fn no_debt_lasts_longer_than_a_period(
            mut bucket in bucket(), costs in vec(any::<u64>(), 1..20),
        ) {
            for cost in costs {
                bucket.charge(cost, START);
            }
            let period = Duration::from_millis(bucket.period_millis);
            prop_assert!(bucket.ready_at(0, START) <= START.after(period));
        }

        #[test]
        fn a_clock_that_is_set_back_gives_nothing_twice(mut bucket in bucket(), back in 0_u64..10_000) {
            let spent = bucket.burst;
            prop_assert!(bucket.take(spent, START));
            let earlier = Timestamp::from_millis(START.as_millis() - back);
            prop_assert_eq!(bucket.level(earlier), 0);
            bucket.charge(0, earlier);
            prop_assert_eq!(bucket.level(START), 0);
        }
    }

    #[test]
    fn a_slow_rate_loses_nothing_to_rounding() {
        let hour = Duration::from_secs(3_600);
        let mut bucket = Bucket::new(3, 1, hour);
        assert!(bucket.take(3, START));
        let mut now = START;
        for _ in 0..3_600 {
            now = now.after(Duration::from_secs(1));
            bucket.charge(0, now);
        }
        assert_eq!(bucket.level(now), 1);
        assert!(!bucket.is_full(now.after(hour)));
        assert!(bucket.is_full(now.after(hour * 2)));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let mut bucket = Bucket::new(u64::MAX, u64::MAX, Duration::MAX);
        bucket.charge(u64::MAX, Timestamp::from_millis(u64::MAX));
        assert!(bucket.ready_at(u64::MAX, START) >= START);
        let never = Bucket::new(0, 0, Duration::ZERO);
        assert_eq!(never.level(START), 0);
    }
}
