//! Peers whose gossip is not listened to for a while, since they announce more
//! than anyone has a budget for.
//!
//! A hushed peer has done nothing that is provably wrong, so it stays
//! connected and may ask and be asked. Its gossip is dropped by libp2p before
//! any memory is taken for it.
//!
//! Invariant: the table is bounded, and whoever is in it leaves it in time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libp2p::PeerId;

/// Peers hushed at the same time: more than there can be connections.
const HUSHED_MAX: usize = 1_000;

/// Bytes that a hushed peer may go on sending before its connections are
/// closed: more than four pages a second that it may owe us, and no honest
/// node is hushed.
const STUBBORN_BYTES: u64 = 128 * 1024 * 1024;

/// The application score of a hushed peer: with the weight of ten far below
/// what the rest of its score can make up for.
pub(super) const SCORE: f64 = -1_000.0;

#[derive(Debug, Clone, Copy)]
struct Hushed {
    until: Instant,
    bytes_before: u64,
}

/// Peers that are hushed.
#[derive(Debug, Default)]
pub(super) struct Hush(BTreeMap<PeerId, Hushed>);

impl Hush {
    /// Hushes a peer that has sent so many bytes up to now. Returns whether it
    /// was not hushed before, and is now.
    pub(super) fn begin(
        &mut self,
        peer: PeerId,
        time: Duration,
        bytes_before: u64,
        now: Instant,
    ) -> bool {
        let until = now + time;
        if let Some(hushed) = self.0.get_mut(&peer) {
            hushed.until = hushed.until.max(until);
            return false;
        }
        if self.0.len() >= HUSHED_MAX {
            return false;
        }
        self.0.insert(peer, Hushed { until, bytes_before });
        true
    }

    /// Returns whether a peer is hushed.
    pub(super) fn is_hushed(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }

    /// Takes out whose time is over, and returns them.
    pub(super) fn ended(&mut self, now: Instant) -> Vec<PeerId> {
        let (ended, hushed): (Vec<_>, Vec<_>) =
            self.0.iter().map(|(peer, it)| (*peer, *it)).partition(|(_, it)| it.until <= now);
        self.0 = hushed.into_iter().collect();
        ended.into_iter().map(|(peer, _)| peer).collect()
    }

    /// Returns who goes on sending, by what each has sent up to now.
    pub(super) fn stubborn(&mut self, received: impl Fn(&PeerId) -> u64) -> Vec<PeerId> {
        let mut stubborn = Vec::new();
        for (peer, hushed) in &mut self.0 {
            let bytes = received(peer);
            // It has connected anew since.
            hushed.bytes_before = hushed.bytes_before.min(bytes);
            if bytes - hushed.bytes_before > STUBBORN_BYTES {
                hushed.bytes_before = bytes;
                stubborn.push(*peer);
            }
        }
        stubborn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hushing_is_bounded_and_ends() {
        let mut hush = Hush::default();
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let peer = PeerId::random();
        assert!(hush.begin(peer, second, 0, now));
        assert!(!hush.begin(peer, second * 3, 0, now), "it is already");
        for _ in 0..2 * HUSHED_MAX {
            hush.begin(PeerId::random(), second * 9, 0, now);
        }
        assert_eq!(hush.0.len(), HUSHED_MAX);
        assert!(hush.ended(now + second * 2).is_empty());
        assert!(hush.is_hushed(&peer));
        assert_eq!(hush.ended(now + second * 3), [peer]);
        assert!(!hush.is_hushed(&peer));
    }

    #[test]
    fn only_who_goes_on_sending_is_stubborn() {
        let mut hush = Hush::default();
        let (quiet, loud) = (PeerId::random(), PeerId::random());
        let now = Instant::now();
        hush.begin(quiet, Duration::from_secs(1), 5_000, now);
        hush.begin(loud, Duration::from_secs(1), 5_000, now);
        let received = |peer: &PeerId| if *peer == loud { 5_001 + STUBBORN_BYTES } else { 6_000 };
        assert_eq!(hush.stubborn(received), [loud]);
        assert_eq!(hush.stubborn(received), [], "closed once for the same bytes");
    }
}
