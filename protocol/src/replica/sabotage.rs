//! Known bugs, to be planted in a replica so that one can see whether the
//! simulator finds them.
//!
//! Invariant: without the feature `sim` no bug can be planted, and what asks
//! for one costs nothing: the answer is a constant.

use super::Replica;

/// A bug that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(
    not(feature = "sim"),
    expect(unreachable_pub, reason = "public for the simulator, which plants them")
)]
pub enum Sabotage {
    /// Takes an older head for a newer one.
    AcceptOlderHeads,
    /// Calls a set complete without looking at its digest.
    SkipDigest,
    /// Takes every record's signature for good.
    SkipSignatures,
    /// Takes in what stands before what was taken in already, also what a
    /// withdrawal superseded.
    TakeInSuperseded,
    /// Signs without having written down which positions are used.
    ForgetPositions,
    /// Acknowledges what is not on the disk yet.
    SkipFlush,
    /// Signs without having asked peers what was signed before.
    SkipGate,
    /// Takes in by gossip what the council has not admitted.
    AdmitByGossip,
    /// Takes in what the council has not admitted when it compares with peers, and
    /// fetches it.
    AdmitByRound,
    /// Takes in what an agency signs after the head it is pinned to.
    IgnorePin,
    /// Takes in what is signed with a key that was replaced.
    AcceptOldKeys,
}

#[cfg(feature = "sim")]
impl Sabotage {
    /// Those that can be planted in any federation.
    pub const ANYWHERE: &[Self] = &[
        Self::AcceptOlderHeads,
        Self::SkipDigest,
        Self::SkipSignatures,
        Self::TakeInSuperseded,
        Self::ForgetPositions,
        Self::SkipFlush,
        Self::SkipGate,
    ];

    /// Those that break something only in a federation with a charter.
    pub const CHARTERED: &[Self] =
        &[Self::AdmitByGossip, Self::AdmitByRound, Self::IgnorePin, Self::AcceptOldKeys];
}

impl<S> Replica<S> {
    /// Plants a bug.
    #[cfg(feature = "sim")]
    pub fn plant(&mut self, sabotage: Sabotage) {
        self.sabotage = Some(sabotage);
    }

    /// Returns whether this bug was planted.
    #[cfg(feature = "sim")]
    pub(super) fn has(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// Returns whether this bug was planted: never, without the simulator.
    #[cfg(not(feature = "sim"))]
    #[expect(clippy::unused_self, reason = "the same call with the simulator and without")]
    pub(super) const fn has(&self, _: Sabotage) -> bool {
        false
    }
}
