//! When a source is asked.
//!
//! Invariant: whatever happened, whatever the clock did, a source that is not
//! paused is asked again within its interval, or a day where that is shorter
//! and its server wants it.

use core::time::Duration;

use dela_protocol::time::Timestamp;

/// How long after a first failure that may pass a source is asked again; it
/// doubles with each. A server that restarts is back by then.
const RETRY_FIRST: Duration = Duration::from_secs(5 * 60);

/// The longest wait there is beside a source's own interval: what a server can
/// ask for.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How a run ended, as far as the next is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was read.
    Well,
    /// It failed, for the `failures`th time in a row.
    Badly {
        /// How many times in a row.
        failures: u32,
        /// Whether it may pass by itself.
        may_pass: bool,
        /// How long the server wants to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Returns when to ask next. `chance` spreads nodes that began together, so
/// that they do not all ask one server at the same minute.
pub(super) fn next(now: Timestamp, every: Duration, ended: Ended, chance: u64) -> Timestamp {
    let wait = match ended {
        // A tenth sooner or later.
        Ended::Well | Ended::Badly { may_pass: false, .. } => spread(every, 90, 20, chance),
        Ended::Badly { failures, retry_after, .. } => {
            let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
            let wait = RETRY_FIRST.saturating_mul(doubled).min(every);
            let wait = spread(wait, 75, 50, chance).min(every);
            wait.max(retry_after.unwrap_or_default().min(WAIT_MAX))
        }
    };
    now.after(wait)
}

/// Returns `percent` of a time, and up to `width` percent more by chance.
fn spread(time: Duration, percent: u64, width: u64, chance: u64) -> Duration {
    let steps = percent * 100 + chance % (width * 100 + 1);
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis / 10_000 * steps + millis % 10_000 * steps / 10_000)
}

/// Returns whether it is time. A time that lies further ahead than any is set
/// was set before the clock was put back.
pub(super) fn is_due(now: Timestamp, next: Timestamp, every: Duration) -> bool {
    let longest = spread(every, 110, 0, 0).max(WAIT_MAX);
    next <= now || next > now.after(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);
    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn wait(every: Duration, ended: Ended, chance: u64) -> Duration {
        next(NOW, every, ended, chance).since(NOW)
    }

    fn badly(failures: u32) -> Ended {
        Ended::Badly { failures, may_pass: true, retry_after: None }
    }

    #[test]
    fn the_interval_is_kept_within_a_tenth() {
        for chance in [0, 1, 999, 2_000, 2_001, u64::MAX] {
            let wait = wait(6 * HOUR, Ended::Well, chance);
            assert!(wait >= 6 * HOUR * 9 / 10 && wait <= 6 * HOUR * 11 / 10, "{wait:?}");
        }
        assert_ne!(wait(HOUR, Ended::Well, 1), wait(HOUR, Ended::Well, 1_000));
    }

    #[test]
    fn a_failure_is_tried_again_soon_and_then_less_and_less() {
        assert!(wait(6 * HOUR, badly(1), 500) < HOUR / 4);
        assert!(wait(6 * HOUR, badly(3), 500) > wait(6 * HOUR, badly(1), 500));
        for failures in [10, 40, u32::MAX] {
            assert!(wait(6 * HOUR, badly(failures), 5_000) <= 6 * HOUR);
        }
        let lasting = Ended::Badly { failures: 1, may_pass: false, retry_after: None };
        assert!(wait(6 * HOUR, lasting, 0) > 5 * HOUR);
    }

    #[test]
    fn a_server_is_left_alone_as_long_as_it_asks_but_not_for_ever() {
        let asks = |time| Ended::Badly { failures: 1, may_pass: true, retry_after: Some(time) };
        assert_eq!(wait(HOUR, asks(3 * HOUR), 0), 3 * HOUR);
        assert_eq!(wait(HOUR, asks(1_000 * HOUR), 0), WAIT_MAX);
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_stop_it() {
        assert!(!is_due(NOW, NOW.after(6 * HOUR), 6 * HOUR));
        assert!(is_due(NOW, NOW, 6 * HOUR));
        assert!(is_due(NOW, NOW.after(1_000 * HOUR), 6 * HOUR));
        let month = 24 * 30 * HOUR;
        assert!(!is_due(NOW, NOW.after(month), month));
    }
}
