//! The acts of a federation in the order in which others are told of them.
//!
//! Invariant: each comes after what it is about, and what has an effect before what
//! waits for votes: wherever a list is cut, what has passed is in it.

use super::act::{ActKey, shortened, vote_key};
use super::decision::Motion;
use super::{Act, Federation, founding};
use crate::id::{Digest, MotionId, hash};

impl Federation {
    /// Returns all acts, each after what it is about.
    pub fn acts(&self) -> Vec<Act> {
        self.acts_named(|_| true)
    }

    /// Returns the acts whose names are wanted, each after what it is about.
    pub fn acts_named(&self, wanted: impl Fn(&ActKey) -> bool) -> Vec<Act> {
        let Some(first) = &self.first else { return Vec::new() };
        let mut acts = Vec::new();
        let is_wanted = |id: &[u8; 32]| wanted(&shortened(id));
        if is_wanted(first.id().as_bytes()) {
            acts.push(Act::Charter(first.clone()));
        }
        let votes = |id: &MotionId| -> Vec<Act> {
            let ballot = self.votes.get(id).into_iter().flatten();
            let named = ballot.filter(|((voter, is_for), _)| wanted(&vote_key(id, voter, *is_for)));
            named.map(|(_, vote)| Act::Vote(vote.clone())).collect()
        };
        acts.extend(votes(&founding(first)));
        for motion in self.by_effect() {
            if is_wanted(motion.id().as_bytes()) {
                acts.push(Act::Motion(motion.clone()));
            }
            acts.extend(votes(&motion.id()));
        }
        acts
    }

    /// Returns all motions, those first that have an effect: a list that is cut
    /// somewhere must not leave out what has passed for what somebody moves without
    /// end.
    fn by_effect(&self) -> impl Iterator<Item = &Motion> {
        // By the amendments the charters follow one another; the rest may need
        // them.
        let amendments = self.amendments.iter().filter_map(|id| self.motions.get(id));
        let rest = self.motions.values().filter(|one| !self.amendments.contains(&one.id()));
        let (passed, waiting): (Vec<_>, Vec<_>) = rest.partition(|one| self.has_passed(one));
        amendments.chain(passed).chain(waiting)
    }

    /// Returns the names of all acts, in the order of [`Self::acts`].
    pub fn keys(&self) -> Vec<ActKey> {
        let Some(first) = &self.first else { return Vec::new() };
        let ballot = |id: MotionId| {
            let votes = self.votes.get(&id).into_iter().flatten();
            votes.map(move |((voter, is_for), _)| vote_key(&id, voter, *is_for))
        };
        let mut keys = vec![shortened(first.id().as_bytes())];
        keys.extend(ballot(founding(first)));
        for motion in self.by_effect() {
            keys.push(shortened(motion.id().as_bytes()));
            keys.extend(ballot(motion.id()));
        }
        keys
    }

    pub(super) fn digested(&self) -> Digest {
        let mut keys = self.keys();
        keys.sort_unstable();
        let id = self.id.as_bytes().as_slice();
        Digest::from_bytes(hash("dela 1 acts", &[id, keys.as_flattened()]))
    }
}
