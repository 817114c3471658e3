//! What really happened in the runs of a council.

use std::collections::BTreeMap;

use crate::sim::tally::named;

named!(
    /// Something that happened, or that somebody did.
    Deed {
        /// A message was lost.
        Loss => "loss",
        /// A message arrived twice.
        Duplication => "duplication",
        /// The network split in two.
        Partition => "partition",
        /// A node was built anew from its own acts.
        Restart => "restart",
        /// A node refused what a dishonest seat sent it.
        Refused => "refused",
        /// An admission was in force at the end.
        Admission => "admission in force",
        /// A suspension was in force at the end.
        Suspension => "suspension in force",
        /// A revocation was in force at the end.
        Revocation => "revocation in force",
        /// A quota was in force at the end.
        Quota => "quota in force",
        /// A member admitted in a higher generation was one at the end.
        Readmission => "readmission in force",
        /// An amendment took effect.
        Amendment => "amendment in force",
        /// A charter took effect that gives a dishonest seat to somebody else.
        ThrownOut => "dishonest seat thrown out",
        /// A charter took effect that gives a seat another key.
        Rotation => "seat's key rotated",
        /// A decision was carried on by the next charter.
        Carried => "decision carried on",
        /// A motion ended because the next charter does not carry it on.
        Ended => "motion ended",
        /// A seat voted for and against at once.
        DoubleVote => "vote for and against",
        /// A key without a seat signed.
        Seatless => "sign without a seat",
        /// A seat moved two charters at once and voted for both.
        RivalCharters => "rival charters",
        /// Something of another federation was replayed.
        Elsewhere => "replay from another federation",
        /// A seat went on under a charter that was replaced.
        Stale => "act under a replaced charter",
        /// Bytes were changed.
        Mutation => "mutate bytes",
        /// A seat moved more than it may.
        Flood => "flood",
        /// A node kept no more of a flood than it may.
        FloodRefused => "flood refused",
        /// A seat named the highest generation there is.
        LastGeneration => "name the last generation",
        /// A vote was signed and kept for later.
        Withheld => "withhold",
        /// A vote that had been kept was sent.
        Late => "send what was withheld",
        /// Different nodes were sent different acts.
        TwoFaced => "tell nodes different things",
        /// A dishonest seat voted for what an honest one moved.
        Support => "support",
    }
);

/// How often what happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often each of them.
    pub deeds: BTreeMap<Deed, u64>,
}

impl Tally {
    pub(super) fn did(&mut self, deed: Deed) {
        *self.deeds.entry(deed).or_default() += 1;
    }

    /// Adds what happened in another run.
    pub fn add(&mut self, other: &Self) {
        for (deed, count) in &other.deeds {
            *self.deeds.entry(*deed).or_default() += count;
        }
    }
}
