//! A fork: the proof that an agency contradicted itself.
//!
//! An honest agency signs one head after another, each naming the one before.
//! Two heads for one place, or two that follow the same one, were never signed
//! by it: its keys are in use at two places, or were put back with old data.
//!
//! Invariant: the proof stands for itself. Both heads are signed by the agency,
//! so whoever passes it on needs no trust.

use crate::agency::Agency;
use crate::head::{Head, HeadError, Rank};
use crate::id::{AgencyId, FederationId, HeadId};
use crate::record::Position;

/// Two heads of one agency that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork([Head; 2]);

impl Fork {
    /// Returns the proof, if two heads are one: of the same agency and epoch, by
    /// the same key, different, and for the same position or after the same head.
    ///
    /// What two keys signed is no contradiction: only the later of them speaks
    /// for the agency.
    ///
    /// Across epochs there is no contradiction: an agency that recovers goes on
    /// from what came back to it, and its last head may not have.
    pub fn between(one: &Head, other: &Head) -> Option<Self> {
        let (a, b) = (one.commitment(), other.commitment());
        let same_place = a.position == b.position;
        let same_previous = a.previous == b.previous && a.previous != HeadId::NONE;
        let contradicts = one.agency() == other.agency()
            && one.id() != other.id()
            && one.key_index() == other.key_index()
            && a.position.epoch == b.position.epoch
            && (same_place || same_previous);
        if !contradicts {
            return None;
        }
        let mut heads = [one.clone(), other.clone()];
        heads.sort_by_key(Head::rank);
        Some(Self(heads))
    }

    /// Returns the two heads, the winner last ([`Head::rank`]).
    pub fn heads(&self) -> [&Head; 2] {
        self.0.each_ref()
    }

    /// Returns whose heads they are.
    pub fn agency(&self) -> AgencyId {
        let [one, _] = &self.0;
        one.agency()
    }

    /// Returns the head that gives way.
    pub fn loser(&self) -> &Head {
        let [loser, _] = &self.0;
        loser
    }

    /// Returns the order among proofs about one agency: of many all replicas keep
    /// the greatest.
    pub fn rank(&self) -> [Rank; 2] {
        let [loser, winner] = &self.0;
        [winner.rank(), loser.rank()]
    }

    /// Returns where the winner stands.
    pub fn position(&self) -> Position {
        let [_, winner] = &self.0;
        winner.position()
    }

    /// Checks that `agency` signed both in `federation`.
    pub fn verify(&self, agency: &Agency, federation: &FederationId) -> Result<(), HeadError> {
        self.0.iter().try_for_each(|head| head.verify(agency, federation))
    }
}
