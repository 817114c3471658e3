//! Taking note of heads, whoever shows them: which is newer, which contradict
//! each other, and what is known in all.
//!
//! Invariants: a head is noted only after its signature was verified, and never
//! again a lower one in its place. A head is known from then on, whether or not
//! anybody delivers its records, and is told to whoever asks: one honest peer is
//! enough to learn that there is more.

use core::cell::OnceCell;

use super::{Event, Output, Replica, Sabotage};
use crate::agency::{Agency, AgencyError};
use crate::catalogue::Catalogue;
use crate::federation::Admittance;
use crate::fork::Fork;
use crate::head::{Head, HeadError};
use crate::id::{AgencyId, Digest, HeadId, NodeId, hash};
use crate::limits::{AGENCIES_MAX, CLOCK_SKEW_MAX, FORMER_HEADS_MAX, OWN_FORMER_HEADS_MAX};
use crate::record::Position;
use crate::store::Store;
use crate::wire::ForkProof;

/// What a head that was shown to us turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Newer than any we knew: it is now the claimed head.
    Newer,
    /// Known, or older than one we know.
    Known,
    /// Not for us to judge: signed in the future, or by a key or in a version
    /// we have not heard of.
    Undecided,
}

/// By which way a head was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By gossip.
    Gossip,
    /// In an answer.
    Answer,
}

impl Way {
    /// Returns the bug that lets everybody in by this way.
    fn sabotage(self) -> Sabotage {
        match self {
            Self::Gossip => Sabotage::AdmitByGossip,
            Self::Answer => Sabotage::AdmitByRound,
        }
    }
}

impl<S: Store> Replica<S> {
    /// Takes in statements about an agency's keys, and returns whether they are of
    /// a line that we know to have been overruled.
    fn is_overruled(&mut self, id: AgencyId, statements: &[Vec<u8>]) -> Result<bool, String> {
        let is_known = |replica: &Self| {
            let held = replica.catalogues.get(&id).map(|held| &held.agency);
            held.is_none_or(|held| held.has_stated(statements))
        };
        if is_known(self) {
            return Ok(false); // As most heads have it: nothing is copied.
        }
        self.follow_keys(id, statements.to_vec())?;
        Ok(!is_known(self))
    }

    /// Takes in the keys by which an agency is pinned to a head, if we did not know
    /// them: its key was replaced since we heard of it last, and the statements that
    /// say so come with the head. The head itself is taken up when the input has been
    /// dealt with ([`Replica::take_up_pins`]). Returns whether it will be.
    fn learns_pin(&mut self, from: NodeId, statements: &[Vec<u8>], head: &Head) -> bool {
        let id = head.agency();
        let is_pin = matches!(self.admittance(&id), Admittance::Pinned(pin) if pin == head);
        let Some(held) = self.catalogues.get_mut(&id).filter(|_| is_pin) else { return false };
        if head.verify(&held.agency, &self.federation).is_ok() {
            return false;
        }
        let Ok(theirs) = Agency::open(statements.to_vec()) else { return false };
        // On whichever line: the council has chosen it.
        if theirs.id() != id || head.verify(&theirs, &self.federation).is_err() {
            return false;
        }
        held.rekey(theirs, &self.federation);
        self.unsaved.insert(id);
        self.pins.insert(id, from);
        true
    }

    /// Takes up the heads that agencies are pinned to and whose keys have just been
    /// learned.
    pub(super) fn take_up_pins(&mut self) -> Result<(), S::Error> {
        for (id, from) in core::mem::take(&mut self.pins) {
            if let Admittance::Pinned(head) = self.admittance(&id) {
                let head = head.clone();
                if self.is_blocked(&id) {
                    self.keep_head_only(id)?;
                } else {
                    self.pin(id, &head)?;
                }
                self.source(id, from);
                self.accounts.note_news();
                self.heads_changed();
            }
        }
        Ok(())
    }

    /// Returns what a head is of which the council lets nothing more be taken in.
    fn kept_out(&self, head: &Head, way: Way) -> Option<Shown> {
        match self.admittance(&head.agency()) {
            Admittance::Full => None,
            Admittance::Pinned(pin) if pin == head => Some(Shown::Known),
            Admittance::Pinned(_) if self.has(Sabotage::IgnorePin) => None,
            Admittance::None if self.has(way.sabotage()) => None,
            // Who shows it may not know yet.
            Admittance::Pinned(_) | Admittance::Frozen | Admittance::Hidden | Admittance::None => {
                Some(Shown::Undecided)
            }
        }
    }

    /// Refuses by gossip what those would refuse to whom it is passed on, and who know
    /// nothing of the agency yet: without all its statements, or with some that are not
    /// signed, though we know by others what they say.
    fn demand_sound(&self, statements: &[Vec<u8>], head: &Head, way: Way) -> Result<(), String> {
        let known = self.catalogues.get(&head.agency()).map(|held| held.agency.statements());
        // Of an agency that is new they are opened anyway.
        let is_other = known.is_some_and(|known| !known.starts_with(statements));
        if way == Way::Gossip && is_other {
            match Agency::open(statements.to_vec()) {
                Ok(_) | Err(AgencyError::UnknownStatement) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        let is_whole =
            usize::try_from(head.key_index()).is_ok_and(|index| index < statements.len());
        if way == Way::Gossip && !is_whole {
            return Err("a head without the statement that names its key".to_owned());
        }
        Ok(())
    }

    /// Returns whether a head may be signed with a key that was replaced. An agency's
    /// own node has the statements of a recovery before anybody else, and what it is
    /// to get back is signed with the key before. That is asked for; what comes by
    /// itself is a thief's.
    fn takes_former_keys(&self, id: &AgencyId, way: Way) -> bool {
        let own = self.own.as_ref().filter(|own| own.signer.agency() == *id);
        let is_asked_for = way == Way::Answer && own.is_some_and(|own| !own.gate.is_open());
        is_asked_for || self.has(Sabotage::AcceptOldKeys)
    }

    /// Takes note of a head that a peer showed us, and of its agency.
    ///
    /// Returns what it is, or why the peer is to blame.
    pub(super) fn shown(
        &mut self,
        (from, way): (NodeId, Way),
        statements: Vec<Vec<u8>>,
        head: Head,
    ) -> Result<Shown, String> {
        let id = head.agency();
        if self.learns_pin(from, &statements, &head) {
            return Ok(Shown::Newer);
        }
        if let Some(shown) = self.kept_out(&head, way) {
            return Ok(shown);
        }
        self.demand_sound(&statements, &head, way)?;
        let takes_former_keys = self.takes_former_keys(&id, way);
        if self.catalogues.contains_key(&id) {
            if self.is_overruled(id, &statements)? {
                // The peer may not know: it is not to blame.
                return Ok(Shown::Undecided);
            }
        } else if !self.meet(statements, &head)? {
            return Ok(Shown::Undecided);
        }
        let is_blocked = self.is_blocked(&id);
        let takes_older = self.has(Sabotage::AcceptOlderHeads);
        let Some(catalogue) = self.catalogues.get_mut(&id) else { return Ok(Shown::Undecided) };
        if [&catalogue.head, &catalogue.claimed].into_iter().flatten().any(|known| *known == head) {
            self.source(id, from);
            return Ok(Shown::Known);
        }
        if self.former.get(&id).is_some_and(|former| former.contains(&head)) {
            return Ok(Shown::Known);
        }
        match head.verify(&catalogue.agency, &self.federation) {
            Ok(()) => {}
            Err(HeadError::UnknownKey(_)) => return Ok(Shown::Undecided),
            Err(error) => return Err(error.to_string()),
        }
        if head.commitment().issued_at > self.now.after(CLOCK_SKEW_MAX) {
            return Ok(Shown::Undecided);
        }
        if head.key_index() != catalogue.agency.key_index() && !takes_former_keys {
            // Signed with a key that was replaced: the one after it speaks.
            return Ok(Shown::Undecided);
        }
        let former = self.former.get(&id).into_iter().flatten();
        let known = former.chain(&catalogue.head).chain(&catalogue.claimed);
        let fork = known.filter_map(|known| Fork::between(known, &head)).next_back();
        let best = catalogue.head.iter().chain(&catalogue.claimed).map(Head::rank).max();
        let is_newer = best.is_none_or(|best| head.rank() > best) || takes_older;
        if is_newer {
            self.accounts.note_news();
            let position = head.position();
            let former = self.former.entry(id).or_default();
            if position < catalogue.cursor {
                // The key before this one was used to run ahead.
                catalogue.cursor = Position::START;
                catalogue.checked = Position::START;
                self.checking.retain(|_, job| job.agency != id);
            }
            if catalogue.completes(&head) && !is_blocked {
                former.extend(catalogue.head.clone());
                // It changes nothing in the set: whichever heads were missed
                // before it, all that it commits to is here.
                Self::settle(catalogue, &head);
                self.unsaved.insert(id);
                self.outputs.push(Output::Event(Event::Completed { agency: id, position }));
                self.ended(id);
            } else {
                former.extend(catalogue.claimed.replace(head));
                self.source(id, from);
            }
            self.forget_former(id);
            self.heads_changed();
            self.own_head_elsewhere(id, position);
        }
        if let Some(fork) = fork {
            self.forked(fork);
        }
        Ok(if is_newer { Shown::Newer } else { Shown::Known })
    }

    /// Keeps the proof of a fork. The first of an epoch is told of and passed on
    /// at once; of an agency that goes on contradicting itself in that epoch the
    /// greatest proof is kept, and spreads by rounds alone. Returns whether it is
    /// the first.
    pub(super) fn forked(&mut self, fork: Fork) -> bool {
        let agency = fork.agency();
        let Some(catalogue) = self.catalogues.get_mut(&agency) else { return false };
        let known = catalogue.fork.as_ref();
        if known.is_some_and(|known| known.rank() >= fork.rank()) {
            return false;
        }
        let position = fork.position();
        let is_first = known.is_none_or(|known| known.position().epoch < position.epoch);
        let heads = fork.heads().map(Head::id);
        let proof = ForkProof {
            statements: catalogue.agency.statements().to_vec(),
            heads: fork.heads().map(|head| head.bytes().to_vec()),
        };
        catalogue.fork = Some(fork);
        self.unsaved.insert(agency);
        self.heads_changed();
        if is_first {
            self.outputs.push(Output::Event(Event::Forked { agency, position, heads }));
            self.outputs.push(Output::Announce(proof.encode()));
            self.own_forked(agency);
            self.accounts.note_news();
        }
        is_first
    }

    /// Takes note of an agency nobody has told us of before, by a head of its own;
    /// returns whether there is room for it, and this version understands it.
    fn meet(&mut self, statements: Vec<Vec<u8>>, head: &Head) -> Result<bool, String> {
        if self.catalogues.len() >= AGENCIES_MAX {
            return Ok(false);
        }
        let agency = match Agency::open(statements) {
            Ok(agency) if agency.id() == head.agency() => agency,
            Ok(_) => return Err("a head with the statements of another agency".to_owned()),
            Err(AgencyError::UnknownStatement) => return Ok(false),
            Err(error) => return Err(error.to_string()),
        };
        match head.verify(&agency, &self.federation) {
            Ok(()) => {}
            // There are statements that did not come with it.
            Err(HeadError::UnknownKey(_)) => return Ok(false),
            Err(error) => return Err(error.to_string()),
        }
        self.catalogues.insert(agency.id(), Catalogue::new(agency));
        Ok(true)
    }

    /// Forgets all but the last heads of an agency that were superseded; of our
    /// own we remember more, since nobody else may have seen them.
    pub(super) fn forget_former(&mut self, agency: AgencyId) {
        let kept_max =
            if self.own_agency() == Some(agency) { OWN_FORMER_HEADS_MAX } else { FORMER_HEADS_MAX };
        if let Some(former) = self.former.get_mut(&agency) {
            former.drain(..former.len().saturating_sub(kept_max));
        }
    }

    /// Returns the digest of all heads known, held or only announced: replicas
    /// for which it is equal have nothing to tell each other.
    pub fn known(&self) -> Digest {
        *self.known.get_or_init(|| {
            let counted = self.catalogues.values().filter(|held| self.counts(&held.id()));
            let heads: Vec<u8> = counted.flat_map(|held| self.known_of(held)).collect();
            Digest::from_bytes(hash("dela 2 heads known", &[&heads]))
        })
    }

    /// Returns what is known of an agency's heads, as it is digested: the one that
    /// is held, the one that is announced, and the one that gave way in a fork that
    /// has not ended; zeros where there is none; nothing of an agency that has
    /// signed none, since nobody else can know of it.
    pub(super) fn known_of(&self, catalogue: &Catalogue) -> Vec<u8> {
        let id = |head: Option<&Head>| head.map_or(HeadId::NONE, Head::id);
        let (held, claimed) = self.counted_heads(catalogue);
        if held.is_none() && claimed.is_none() {
            return Vec::new();
        }
        let lost = id(self.open_fork(catalogue).map(Fork::loser));
        let heads = [id(held), id(claimed), lost].map(|head| *head.as_bytes()).concat();
        [catalogue.id().as_bytes().as_slice(), &heads].concat()
    }

    /// Notes that a head has changed, held or announced.
    pub(super) fn heads_changed(&mut self) {
        self.root = OnceCell::new();
        self.known = OnceCell::new();
    }
}
