//! A federation: who belongs to it, by whose decision.
//!
//! Its [charter] names a council. Seats of the council move [decisions](decision)
//! and vote on them, and every node counts the votes by itself: there is no
//! office that could be asked, stopped or bribed.
//!
//! # Invariants
//!
//! - The same acts evaluate to the same everywhere, in whatever order they came:
//!   no clock, no order and no majority of nodes decides anything.
//! - The chain of charters begins with the one whose hash is the federation's
//!   name, and each takes effect by enough votes of the council before it and of
//!   its own. A charter that took effect is not replaced by a rival for its
//!   place: to bring about a rival, more than a third of the seats must vote
//!   twice, or somebody must have the keys of a council that was replaced.
//! - A decision holds if enough seats of the council it was put to have voted for
//!   it, and the charter that replaced that council, if one has, carries it on. So
//!   whoever has the keys of a former council can decide nothing any more.
//! - Of what was decided about a member the highest generation counts, and in it
//!   a revocation before a suspension before an admission.

mod act;
pub mod card;
pub mod certificate;
pub mod charter;
pub mod decision;
mod listing;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

pub use act::{Act, ActKey};
use card::Card;
use charter::{Charter, CharterError, Guests};
use decision::{Decision, DecisionError, Disposition, Motion, Vote};
pub use tally::{MotionState, Progress};

use crate::codec::CodecError;
use crate::head::Head;
use crate::id::{AgencyId, CharterId, Digest, FederationId, MotionId};
use crate::key::PublicKey;
use crate::limits::{CHARTERS_MAX, MOTIONS_PER_SEAT_MAX};

/// Why something is no act of this federation's council.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FederationError {
    /// Bytes of no kind that is known.
    #[error("an act of the council that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// A charter.
    #[error(transparent)]
    Charter(#[from] CharterError),
    /// The first charter of another federation.
    #[error("the first charter of another federation")]
    OtherFederation,
    /// A motion or a vote.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// Signed by a key that holds no seat.
    #[error("a motion or vote by a key that has no seat on the council it names")]
    NoSeat,
    /// A charter that does not follow from the one it is to replace.
    #[error("a motion for a charter that does not follow from the present one")]
    OutOfPlace,
    /// An open federation has no council.
    #[error("an act of a council, in an open federation, which has none")]
    Open,
}

/// What became of an act that was shown to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It is kept.
    New,
    /// It was known.
    Known,
    /// Not for us to judge yet: what it is about is not known.
    Unready,
    /// It has no effect any more: its council was replaced, and its successor
    /// does not carry it on.
    Past,
}

/// What the council has decided about an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it says it is.
    pub card: Card,
    /// How often it was admitted, counted from 0 for a founder.
    pub generation: u32,
    /// What it is now.
    pub standing: Standing,
    /// The most records it may publish.
    pub records_max: u64,
    /// The decision by which it is what it is; `None` for a founder.
    pub by: Option<MotionId>,
}

/// What an agency is in a federation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few of them are in memory at a time")]
pub enum Standing {
    /// It publishes, and its node is served.
    Member,
    /// It was a member and is to be one again: nothing new is taken from it.
    Suspended,
    /// It is one no longer.
    Revoked {
        /// What becomes of its records.
        disposition: Disposition,
        /// The last head that is believed, where they are kept.
        last_head: Option<Head>,
        /// Who goes on with its work.
        successor: Option<AgencyId>,
    },
}

/// What an agency may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admittance<'a> {
    /// Its heads and records are taken in.
    Full,
    /// What is held of it stays, and nothing is taken in.
    Frozen,
    /// Its records stay as they were at this head.
    Pinned(&'a Head),
    /// What is held of it is kept, and neither shown nor passed on.
    Hidden,
    /// Nothing of it is kept.
    None,
}

/// A federation, as far as one node knows its council's acts.
#[derive(Debug, Clone)]
pub struct Federation {
    id: FederationId,
    is_open: bool,
    first: Option<Charter>,
    motions: BTreeMap<MotionId, Motion>,
    votes: BTreeMap<MotionId, Ballot>,
    /// The charters that have taken effect, the first first.
    chain: Vec<Charter>,
    /// The motions by which they did.
    amendments: Vec<MotionId>,
    members: BTreeMap<AgencyId, Member>,
    /// Motions for two charters in one place that both have enough votes: a
    /// council whose seats vote twice.
    rivals: BTreeSet<MotionId>,
    digest: Digest,
    #[cfg(feature = "sim")]
    flaw: Option<Flaw>,
}

/// The votes on one motion, by who cast them and whether they are for it.
type Ballot = BTreeMap<([u8; 32], bool), Vote>;

/// A bug that can be planted in the counting, to see whether it is found.
#[cfg(feature = "sim")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Counts votes against as votes for.
    CountAgainst,
    /// One vote fewer is enough.
    OneFewer,
    /// Lets the old council alone decide on the next.
    OldCouncilAlone,
    /// Goes on counting decisions of a council that was replaced.
    CarryAll,
    /// Counts the votes of keys that hold no seat.
    CountAnyone,
    /// Lets everybody do everything, whatever was decided.
    AdmitAnyone,
}

impl Federation {
    /// Returns an open federation, by an id that was made from its name
    /// ([`FederationId::open`]): it has no council, and every agency belongs to
    /// it.
    pub fn open(id: FederationId) -> Self {
        Self::new(id, true)
    }

    /// Returns a federation with a charter, of which nothing is known yet but
    /// its id.
    pub fn chartered(id: FederationId) -> Self {
        Self::new(id, false)
    }

    fn new(id: FederationId, is_open: bool) -> Self {
        let mut federation = Self {
            id,
            is_open,
            first: None,
            motions: BTreeMap::new(),
            votes: BTreeMap::new(),
            chain: Vec::new(),
            amendments: Vec::new(),
            members: BTreeMap::new(),
            rivals: BTreeSet::new(),
            digest: Digest::from_bytes([0; 32]),
            #[cfg(feature = "sim")]
            flaw: None,
        };
        federation.digest = federation.digested();
        federation
    }

    /// Plants a bug.
    #[cfg(feature = "sim")]
    pub fn plant(&mut self, flaw: Flaw) {
        self.flaw = Some(flaw);
    }

    #[cfg(feature = "sim")]
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Returns its id.
    pub fn id(&self) -> FederationId {
        self.id
    }

    /// Returns whether it has no council, and every agency belongs to it.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Returns the charter that is in force; `None` in an open federation, and
    /// while the charter is not known here.
    pub fn charter(&self) -> Option<&Charter> {
        self.chain.last()
    }

    /// Returns all charters that were in force, the first first, each with the
    /// motion by which it came.
    pub fn charters(&self) -> impl Iterator<Item = (&Charter, Option<MotionId>)> {
        let by = core::iter::once(None).chain(self.amendments.iter().copied().map(Some));
        self.chain.iter().zip(by)
    }

    /// Returns whom the council has admitted, now or once.
    pub fn members(&self) -> impl Iterator<Item = (&AgencyId, &Member)> {
        self.members.iter()
    }

    /// Returns what the council has decided about an agency.
    pub fn member(&self, agency: &AgencyId) -> Option<&Member> {
        self.members.get(agency)
    }

    /// Returns what an agency may do.
    pub fn admittance(&self, agency: &AgencyId) -> Admittance<'_> {
        #[cfg(feature = "sim")]
        if self.has(Flaw::AdmitAnyone) {
            return Admittance::Full;
        }
        if self.is_open {
            return Admittance::Full;
        }
        let Some(member) = self.members.get(agency) else { return Admittance::None };
        match &member.standing {
            Standing::Member => Admittance::Full,
            Standing::Suspended => Admittance::Frozen,
            Standing::Revoked { disposition: Disposition::Hide, .. } => Admittance::Hidden,
            Standing::Revoked { disposition: Disposition::Purge, .. } => Admittance::None,
            Standing::Revoked { disposition: Disposition::Keep, last_head, .. } => {
                last_head.as_ref().map_or(Admittance::Frozen, Admittance::Pinned)
            }
        }
    }

    /// Returns whether a node that belongs to this agency, or to none, is told
    /// what the federation publishes.
    pub fn may_read(&self, agency: Option<&AgencyId>) -> bool {
        let is_member = agency.is_some_and(|agency| self.admittance(agency) == Admittance::Full);
        let reads = |charter: &Charter| charter.statement().guests == Guests::Read;
        self.is_open || is_member || self.charter().is_some_and(reads)
    }

    /// Returns the digest of all acts known: nodes for which it is equal know
    /// the same.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns motions for two charters in one place that both have enough
    /// votes. Seats that voted for both have broken the rules.
    pub fn rivals(&self) -> &BTreeSet<MotionId> {
        &self.rivals
    }

    /// Takes in acts of the council, in whatever order they come, and returns
    /// those that are new, in the order in which they can be taken in elsewhere.
    ///
    /// # Errors
    ///
    /// When one of them is provably none: whoever passed it on is to blame. What
    /// stood before it is kept.
    pub fn take(&mut self, acts: &[Vec<u8>]) -> Result<Vec<Act>, (Vec<Act>, FederationError)> {
        let (mut new, mut unready) = (Vec::new(), Vec::new());
        let mut take = |bytes: &Vec<u8>| {
            let act = Act::decode(bytes, &self.id)?;
            self.take_or_put_off(act, &mut new, &mut unready)
        };
        let mut refused = acts.iter().try_for_each(&mut take).err();
        // A motion without its votes may be more than its mover may have waiting.
        while refused.is_none() && !unready.is_empty() {
            let (before, put_off) = (new.len(), core::mem::take(&mut unready));
            let mut put_off = put_off.into_iter();
            refused =
                put_off.try_for_each(|act| self.take_or_put_off(act, &mut new, &mut unready)).err();
            if new.len() == before {
                break;
            }
        }
        let new = if new.is_empty() { new } else { self.evaluate(new) };
        match refused {
            Some(error) => Err((new, error)),
            None => Ok(new),
        }
    }

    fn take_or_put_off(
        &mut self,
        act: Act,
        new: &mut Vec<Act>,
        unready: &mut Vec<Act>,
    ) -> Result<(), FederationError> {
        match self.take_one(act.clone())? {
            Taken::New => new.push(act),
            Taken::Unready => unready.push(act),
            Taken::Known | Taken::Past => {}
        }
        Ok(())
    }

    /// Takes in acts that were kept, in the order in which they were taken in
    /// before. What a later version of Dela kept, or a disk has changed, is passed
    /// over: it comes again from others.
    pub fn take_kept(&mut self, acts: &[Vec<u8>]) {
        let federation = self.id;
        for act in acts.iter().filter_map(|bytes| Act::decode(bytes, &federation).ok()) {
            drop(self.take_one(act));
        }
        self.evaluate(Vec::new());
    }

    fn take_one(&mut self, act: Act) -> Result<Taken, FederationError> {
        if self.is_open {
            return Err(FederationError::Open);
        }
        let (taken, bears_on_charters) = match act {
            Act::Charter(charter) => (self.take_charter(charter)?, true),
            Act::Motion(motion) => {
                let amends = proposed(&motion).is_some();
                (self.take_motion(motion)?, amends)
            }
            Act::Vote(vote) => {
                let motion = vote.motion();
                let taken = self.take_vote(vote)?;
                // Without a motion, the vote is on the first charter.
                (taken, self.motions.get(&motion).is_none_or(|one| proposed(one).is_some()))
            }
        };
        if taken == Taken::New && bears_on_charters {
            self.follow_charters();
        }
        Ok(taken)
    }

    fn take_charter(&mut self, charter: Charter) -> Result<Taken, FederationError> {
        if charter.federation() != self.id || charter.statement().number != 1 {
            return Err(FederationError::OtherFederation);
        }
        if self.first.is_some() {
            return Ok(Taken::Known);
        }
        self.first = Some(charter);
        Ok(Taken::New)
    }

    fn take_motion(&mut self, motion: Motion) -> Result<Taken, FederationError> {
        if self.motions.contains_key(&motion.id()) {
            return Ok(Taken::Known);
        }
        let statement = motion.statement();
        let at = self.chain.iter().position(|charter| charter.id() == statement.charter);
        let Some((at, council)) = at.and_then(|at| Some((at, self.chain.get(at)?))) else {
            return Ok(Taken::Unready);
        };
        if council.seat(motion.mover()).is_none() && !self.counts_anyone() {
            return Err(FederationError::NoSeat);
        }
        let successor = self.chain.get(at + 1).map(Charter::statement);
        match &statement.decision {
            Decision::Amend(charter) => {
                let (now, next) = (council.statement(), charter.statement());
                let follows = next.previous == Some(council.id()) && now.number + 1 == next.number;
                if !follows {
                    return Err(FederationError::OutOfPlace);
                }
            }
            Decision::Admit { .. }
            | Decision::Suspend { .. }
            | Decision::Revoke { .. }
            | Decision::Quota { .. } => {
                let is_past = successor.is_some_and(|next| !next.carried.contains(&motion.id()));
                if is_past && !self.carries_all() {
                    return Ok(Taken::Past);
                }
            }
        }
        self.motions.insert(motion.id(), motion);
        Ok(Taken::New)
    }

    fn take_vote(&mut self, vote: Vote) -> Result<Taken, FederationError> {
        let founding = self.first.as_ref().filter(|first| founding(first) == vote.motion());
        let has_seat = match (founding, self.motions.get(&vote.motion())) {
            (Some(first), _) => first.seat(vote.voter()).is_some(),
            (None, Some(motion)) => {
                let of = |council: &Charter| council.seat(vote.voter()).is_some();
                let council = self.council_of(motion);
                let next = proposed(motion);
                council.is_some_and(of) || next.is_some_and(of)
            }
            (None, None) => return Ok(Taken::Unready),
        };
        if !has_seat && !self.counts_anyone() {
            return Err(FederationError::NoSeat);
        }
        let ballot = self.votes.entry(vote.motion()).or_default();
        let by = (*vote.voter().as_bytes(), vote.is_for());
        if ballot.contains_key(&by) {
            return Ok(Taken::Known);
        }
        ballot.insert(by, vote);
        Ok(Taken::New)
    }

    /// Of the motions of a seat that wait for votes only so many are kept; what
    /// is over goes again, the newest first.
    fn drop_surplus(&mut self, new: &[Act]) {
        let mut waiting: BTreeMap<[u8; 32], usize> = BTreeMap::new();
        for motion in self.motions.values().filter(|motion| !self.has_passed(motion)) {
            *waiting.entry(*motion.mover().as_bytes()).or_default() += 1;
        }
        let mut dropped = BTreeSet::new();
        for act in new.iter().rev() {
            let Act::Motion(motion) = act else { continue };
            let Some(count) = waiting.get_mut(motion.mover().as_bytes()) else { continue };
            if *count > MOTIONS_PER_SEAT_MAX && !self.has_passed(motion) {
                *count -= 1;
                dropped.insert(motion.id());
            }
        }
        self.motions.retain(|id, _| !dropped.contains(id));
        self.votes.retain(|id, _| !dropped.contains(id));
    }

    /// Counts all votes again, and returns those of the new acts that are kept.
    fn evaluate(&mut self, mut new: Vec<Act>) -> Vec<Act> {
        // First what ends: it takes no room from what was moved after it.
        self.end_what_is_not_carried();
        self.drop_surplus(&new);
        self.rivals = self.found_rivals();
        self.members = self.decided();
        self.digest = self.digested();
        // What was taken in may have ended what was taken in before it.
        new.retain(|act| match act {
            Act::Charter(_) => true,
            Act::Motion(motion) => self.motions.contains_key(&motion.id()),
            Act::Vote(vote) => self.votes.contains_key(&vote.motion()),
        });
        new
    }

    /// Follows the charters on from the one in force: what took effect stays.
    fn follow_charters(&mut self) {
        if self.chain.is_empty() {
            let founded = self.first.as_ref().filter(|first| self.is_founded(first));
            self.chain.extend(founded.cloned());
        }
        while let Some(council) = self.chain.last().filter(|_| self.chain.len() < CHARTERS_MAX) {
            let passed = self.motions.values().filter(|motion| self.succeeds(motion, council));
            let Some(chosen) = passed.max_by_key(|motion| motion.id()) else { break };
            let (by, Some(next)) = (chosen.id(), proposed(chosen).cloned()) else { break };
            self.amendments.push(by);
            self.chain.push(next);
        }
    }

    fn is_founded(&self, first: &Charter) -> bool {
        let votes = self.votes.get(&founding(first));
        first.statement().seats.iter().all(|seat| {
            votes.is_some_and(|votes| votes.contains_key(&(*seat.key.as_bytes(), true)))
        })
    }

    /// Returns whether a motion is for a charter that both councils agree is to
    /// follow on that of `council`.
    fn succeeds(&self, motion: &Motion, council: &Charter) -> bool {
        motion.statement().charter == council.id()
            && proposed(motion)
                .is_some_and(|next| self.is_carried_by(motion, council) && self.suits(motion, next))
    }

    fn found_rivals(&self) -> BTreeSet<MotionId> {
        let mut passed: BTreeMap<CharterId, Vec<MotionId>> = BTreeMap::new();
        let amendments = self.motions.values().filter(|motion| proposed(motion).is_some());
        for motion in amendments.filter(|motion| self.has_passed(motion)) {
            passed.entry(motion.statement().charter).or_default().push(motion.id());
        }
        passed.into_values().filter(|motions| motions.len() > 1).flatten().collect()
    }

    /// Returns whether the council of `next` agrees to sit by it.
    fn suits(&self, motion: &Motion, next: &Charter) -> bool {
        #[cfg(feature = "sim")]
        if self.has(Flaw::OldCouncilAlone) {
            return true;
        }
        self.is_carried_by(motion, next)
    }

    /// Lets go of what was put to a council that was replaced and is not carried
    /// on: it can have no effect any more, whoever votes for it.
    fn end_what_is_not_carried(&mut self) {
        let Some(first) = &self.first else { return };
        // The votes that found it come one by one, before anything else.
        let mut kept: BTreeSet<MotionId> = BTreeSet::from([founding(first)]);
        let carried_by = |next: &Charter| next.statement().carried.iter().copied().collect();
        let carried = self.chain.iter().skip(1).map(|next| Some(carried_by(next))).chain([None]);
        let successors: BTreeMap<CharterId, Option<BTreeSet<MotionId>>> =
            self.chain.iter().map(Charter::id).zip(carried).collect();
        for motion in self.motions.values() {
            let Some(carried) = successors.get(&motion.statement().charter) else { continue };
            let id = motion.id();
            let is_carried = carried.as_ref().is_none_or(|carried| carried.contains(&id));
            if is_carried || proposed(motion).is_some() || self.carries_all() {
                kept.insert(id);
            }
        }
        self.motions.retain(|id, _| kept.contains(id));
        self.votes.retain(|id, _| kept.contains(id));
    }

    /// Returns what the council's decisions make of each agency.
    fn decided(&self) -> BTreeMap<AgencyId, Member> {
        let Some((first, now)) = self.chain.first().zip(self.chain.last()) else {
            return BTreeMap::new();
        };
        let records_max = now.statement().records_max;
        let member = |card: &Card, generation, by| Member {
            card: card.clone(),
            generation,
            standing: Standing::Member,
            records_max,
            by,
        };
        let founders = first.statement().founders.iter();
        let mut members: BTreeMap<AgencyId, Member> =
            founders.map(|card| (card.id(), member(card, 0, None))).collect();
        let in_force: Vec<&Motion> =
            self.motions.values().filter(|motion| self.is_in_force(motion)).collect();
        for motion in &in_force {
            if let Decision::Admit { card, generation } = &motion.statement().decision {
                let rank = (*generation, Some(motion.id()));
                let held = members.get(&card.id());
                if held.is_none_or(|held| (held.generation, held.by) < rank) {
                    members.insert(card.id(), member(card, *generation, rank.1));
                }
            }
        }
        let mut about: BTreeMap<AgencyId, Vec<&Motion>> = BTreeMap::new();
        for motion in in_force {
            if let Some(agency) = motion.statement().decision.agency() {
                about.entry(agency).or_default().push(motion);
            }
        }
        for (agency, motions) in about {
            if let Some(member) = members.get_mut(&agency) {
                apply(member, motions.into_iter());
            }
        }
        members
    }

    /// Returns whether a decision about a member holds.
    fn is_in_force(&self, motion: &Motion) -> bool {
        proposed(motion).is_none()
            && self.council_of(motion).is_some_and(|council| self.is_carried_by(motion, council))
    }

    /// Returns the decisions of the council of `charter` that hold, also those that
    /// others have made void.
    pub fn in_force(&self, charter: &Charter) -> Vec<MotionId> {
        let of = |motion: &&Motion| motion.statement().charter == charter.id();
        let holding = self.motions.values().filter(of).filter(|motion| self.is_in_force(motion));
        holding.map(Motion::id).collect()
    }

    /// Returns the decisions of the council of `charter` that the next one has to carry
    /// on for everything to stay as it is: those that hold, without those that others
    /// after them have made void.
    pub fn effective(&self, charter: &Charter) -> Vec<MotionId> {
        let mut ids = self.in_force(charter);
        let mut last: BTreeMap<(AgencyId, u8), (Rank, MotionId)> = BTreeMap::new();
        for motion in self.motions.values().filter(|motion| self.is_in_force(motion)) {
            let decision = &motion.statement().decision;
            let Some(agency) = decision.agency() else { continue };
            let generation = self.members.get(&agency).map_or(0, |member| member.generation);
            let (kind, rank, counts) = match decision {
                Decision::Admit { generation: of, .. } => (0, (*of, 0, 0), *of == generation),
                Decision::Suspend { generation: of, .. }
                | Decision::Revoke { generation: of, .. } => {
                    (1, harshness(motion), *of >= generation)
                }
                Decision::Quota { generation: of, serial, records_max, .. } => {
                    (2, (*serial, 0, *records_max), *of == generation)
                }
                Decision::Amend(_) => continue,
            };
            let held = last.get(&(agency, kind));
            if counts && held.is_none_or(|held| *held < (rank, motion.id())) {
                last.insert((agency, kind), (rank, motion.id()));
            }
        }
        let lasting: BTreeSet<MotionId> = last.into_values().map(|(_, id)| id).collect();
        ids.retain(|id| lasting.contains(id));
        ids
    }

    /// Returns what a charter would end of the decisions that have an effect
    /// ([`Self::effective`]), if it were to follow now: what it does not carry on. It
    /// may have been decided since the charter was written.
    pub fn ended_by(&self, effective: &[MotionId], next: &Charter) -> Vec<&Motion> {
        let carried: BTreeSet<&MotionId> = next.statement().carried.iter().collect();
        let ends = effective.iter().filter(|id| !carried.contains(id));
        ends.filter_map(|id| self.motions.get(id)).collect()
    }

    /// Returns whether a motion has all the votes it takes.
    fn has_passed(&self, motion: &Motion) -> bool {
        self.council_of(motion).is_some_and(|council| self.is_carried_by(motion, council))
            && proposed(motion).is_none_or(|next| self.suits(motion, next))
    }

    fn council_of(&self, motion: &Motion) -> Option<&Charter> {
        self.chain.iter().find(|charter| charter.id() == motion.statement().charter)
    }

    /// Returns whether enough seats of `council` are for a motion.
    fn is_carried_by(&self, motion: &Motion, council: &Charter) -> bool {
        let needed = motion.statement().decision.threshold(council);
        #[cfg(feature = "sim")]
        let needed = needed - usize::from(self.has(Flaw::OneFewer) && needed > 1);
        self.seats_for(motion, council) >= needed
    }

    fn seats_for(&self, motion: &Motion, council: &Charter) -> usize {
        #[cfg(feature = "sim")]
        if self.has(Flaw::CountAnyone) {
            return self.votes.get(&motion.id()).map_or(0, BTreeMap::len) + 1;
        }
        let votes_for = |key: &PublicKey| self.is_for(motion, key);
        council.statement().seats.iter().filter(|seat| votes_for(&seat.key)).count()
    }

    fn is_for(&self, motion: &Motion, key: &PublicKey) -> bool {
        let has_voted = |is_for| {
            let ballot = self.votes.get(&motion.id());
            ballot.is_some_and(|ballot| ballot.contains_key(&(*key.as_bytes(), is_for)))
        };
        #[cfg(feature = "sim")]
        if self.has(Flaw::CountAgainst) && has_voted(false) {
            return true;
        }
        motion.mover() == key || has_voted(true)
    }

    #[cfg(feature = "sim")]
    fn counts_anyone(&self) -> bool {
        self.has(Flaw::CountAnyone)
    }

    #[cfg(not(feature = "sim"))]
    #[expect(clippy::unused_self, reason = "the same call with the simulator and without")]
    const fn counts_anyone(&self) -> bool {
        false
    }

    #[cfg(feature = "sim")]
    fn carries_all(&self) -> bool {
        self.has(Flaw::CarryAll)
    }

    #[cfg(not(feature = "sim"))]
    #[expect(clippy::unused_self, reason = "the same call with the simulator and without")]
    const fn carries_all(&self) -> bool {
        false
    }
}

fn founding(first: &Charter) -> MotionId {
    MotionId::founding(&first.id())
}

/// Returns the charter that a motion is for.
fn proposed(motion: &Motion) -> Option<&Charter> {
    match &motion.statement().decision {
        Decision::Amend(charter) => Some(charter),
        Decision::Admit { .. }
        | Decision::Suspend { .. }
        | Decision::Revoke { .. }
        | Decision::Quota { .. } => None,
    }
}

/// What makes one decision about a member go before another, beside its id.
type Rank = (u32, u8, u64);

/// Of two decisions in one generation the harsher counts.
fn harshness(motion: &Motion) -> Rank {
    match &motion.statement().decision {
        Decision::Revoke { generation, disposition, .. } => {
            let harshness = match disposition {
                Disposition::Keep => 2,
                Disposition::Hide => 3,
                Disposition::Purge => 4,
            };
            (*generation, harshness, 0)
        }
        Decision::Suspend { generation, .. } => (*generation, 1, 0),
        Decision::Admit { .. } | Decision::Quota { .. } | Decision::Amend(_) => (0, 0, 0),
    }
}

/// Applies what else was decided about a member, in whatever order it comes.
fn apply<'a>(member: &mut Member, about: impl Iterator<Item = &'a Motion>) {
    let rank = |motion: &Motion| (harshness(motion), motion.id());
    let (mut ending, mut quota): (Option<&Motion>, Option<(u32, u64)>) = (None, None);
    for motion in about {
        match &motion.statement().decision {
            Decision::Suspend { generation, .. } | Decision::Revoke { generation, .. } => {
                let counts = *generation >= member.generation;
                if counts && ending.is_none_or(|ending| rank(ending) < rank(motion)) {
                    ending = Some(motion);
                }
            }
            Decision::Quota { generation, serial, records_max, .. } => {
                if *generation == member.generation {
                    quota = quota.max(Some((*serial, *records_max)));
                }
            }
            Decision::Admit { .. } | Decision::Amend(_) => {}
        }
    }
    if let Some((_, records_max)) = quota {
        member.records_max = records_max;
    }
    let Some(ending) = ending else { return };
    member.by = Some(ending.id());
    member.standing = match &ending.statement().decision {
        Decision::Revoke { disposition, last_head, successor, .. } => Standing::Revoked {
            disposition: *disposition,
            last_head: last_head.clone(),
            successor: *successor,
        },
        Decision::Suspend { .. }
        | Decision::Admit { .. }
        | Decision::Quota { .. }
        | Decision::Amend(_) => Standing::Suspended,
    };
}
