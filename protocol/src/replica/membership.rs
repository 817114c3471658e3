//! Who belongs to the federation: nodes say whose they are when they meet, pass
//! on what the council decides, and take in, serve and forward nothing of whom
//! it has not admitted.
//!
//! Invariants: nothing is taken from, and nothing but the way in is told to, a
//! node that no member has signed for, unless the charter lets it read. What the
//! council decides about an agency is done to what is held of it before anything
//! else is taken in. In an open federation nothing of this happens.

use std::collections::{BTreeMap, BTreeSet};

use super::gate::{Gate, GateState};
use super::reconcile::Asked;
use super::{Event, Output, Peer, Replica, Verdict};
use crate::agency::{Agency, AgencyError, Signer};
use crate::catalogue::Catalogue;
use crate::federation::card::Card;
use crate::federation::certificate::{self, CertificateError};
use crate::federation::{Act, ActKey, Admittance, Federation, FederationError};
use crate::head::Head;
use crate::id::{AgencyId, NodeId};
use crate::key::SecretKey;
use crate::limits::{
    ACTS_PER_MESSAGE_MAX, ANNOUNCEMENT_BYTES_MAX, APPLICATIONS_MAX, GREETED_AGAIN_AFTER,
    PAGE_BYTES, PURGED_AT_ONCE_MAX, REQUESTS_PER_PEER_MAX,
};
use crate::record::Position;
use crate::store::{Batch, Standing, Store};
use crate::time::Timestamp;
use crate::wire::membership::{Answer, Introduction, Question};
use crate::wire::{Request, Response, encode_acts, encode_application};

/// How a node introduces itself, and who has come to it to apply.
#[derive(Debug, Default)]
pub(super) struct Reception {
    /// This node's id, which its agency signs for.
    node: Option<NodeId>,
    /// The card our agency applies with, while it is no member.
    card: Option<Card>,
    /// Agencies that apply, with when we first heard of it.
    applications: BTreeMap<AgencyId, (Card, Timestamp)>,
}

/// How many acts were new, or why one is none.
pub type TakenHere = Result<usize, FederationError>;

/// Acts that are new, and why one after them is none.
type Kept = (Vec<Vec<u8>>, Option<FederationError>);

/// Why our own agency's key was not replaced. Nothing was changed, then.
#[derive(Debug, thiserror::Error)]
pub enum ChangeKeyError<E> {
    /// This replica publishes for no agency.
    #[error("this node publishes for no agency")]
    NoAgency,
    /// Our own catalogue is not whole: the first head by the new key would leave
    /// out the rest.
    #[error(
        "the node holds less than its agency has published; wait until its catalogue has come back"
    )]
    Recovering,
    /// No peer has confirmed yet that nothing newer of our own was signed, which
    /// that head would leave out.
    #[error(
        "the node has started again and has yet to hear from a peer that its catalogue is whole"
    )]
    Unconfirmed,
    /// The statement does not follow from the agency's statements.
    #[error("the new key is refused: {0}")]
    Statement(#[from] AgencyError),
    /// The key is not the one of the statement.
    #[error("the key is not the one that the statement names")]
    OtherKey,
    /// The store failed.
    #[error(transparent)]
    Store(E),
}

impl<S: Store> Replica<S> {
    /// Tells the replica which node it is, so that it can say whose.
    pub fn introduce_as(&mut self, node: NodeId) {
        self.reception.node = Some(node);
    }

    /// Applies to the federation with this card at every node it meets, while
    /// its agency is no member.
    pub fn apply_with(&mut self, card: Card) {
        self.reception.card = Some(card);
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.apply_at(peer);
        }
    }

    /// Returns the federation, as far as its council's acts are known here.
    pub fn federation(&self) -> &Federation {
        &self.council
    }

    /// Returns whether our own agency takes part in full: it is a member, or the
    /// federation is open.
    pub fn belongs(&self) -> bool {
        let own = self.own_agency();
        own.is_some_and(|own| self.council.admittance(&own) == Admittance::Full)
    }

    /// Returns the agencies that apply, with when that was first heard of.
    pub fn applications(&self) -> impl Iterator<Item = (&Card, Timestamp)> {
        self.reception.applications.values().map(|(card, since)| (card, *since))
    }

    /// Returns what an agency may do here. Our own is always listened to by
    /// ourselves.
    pub(super) fn admittance(&self, agency: &AgencyId) -> Admittance<'_> {
        if self.own_agency() == Some(*agency) {
            return Admittance::Full;
        }
        self.council.admittance(agency)
    }

    /// Returns whether what is held of an agency counts in what nodes compare.
    pub(super) fn counts(&self, agency: &AgencyId) -> bool {
        matches!(self.council.admittance(agency), Admittance::Full | Admittance::Pinned(_))
    }

    /// Returns whether a peer belongs to a member, as all do where there are
    /// none.
    pub(super) fn is_member(&self, peer: &NodeId) -> bool {
        let of = self.peers.get(peer).and_then(|peer| peer.agency);
        let is_full = |agency| {
            self.council.admittance(&agency) == Admittance::Full && !self.is_blocked(&agency)
        };
        self.council.is_open() || of.is_some_and(is_full)
    }

    /// Returns whether a peer may be told what the federation publishes.
    pub(super) fn may_read(&self, peer: &NodeId) -> bool {
        let of = self.peers.get(peer).and_then(|peer| peer.agency);
        self.council.may_read(of.as_ref()) && !of.is_some_and(|agency| self.is_blocked(&agency))
    }

    /// Takes in acts of the council that were signed here, and returns what is to
    /// be done for others to hear of them, and how many are new.
    ///
    /// # Errors
    ///
    /// When one of them is none; what stood before it is kept.
    pub fn take_acts(
        &mut self,
        acts: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<(TakenHere, Vec<Output>), S::Error> {
        self.now = now;
        let (new, refused) = self.keep_acts(acts)?;
        self.tell_acts(&new);
        let taken = refused.map_or(Ok(new.len()), Err);
        Ok((taken, core::mem::take(&mut self.outputs)))
    }

    /// Takes in acts of the council, and does what they say to what is held.
    fn keep_acts(&mut self, acts: &[Vec<u8>]) -> Result<Kept, S::Error> {
        let (new, refused) = match self.council.take(acts) {
            Ok(new) => (new, None),
            Err((new, error)) => (new, Some(error)),
        };
        let new: Vec<Vec<u8>> = new.iter().map(Act::encode).collect();
        if !new.is_empty() {
            self.store.add_acts(&new)?;
            self.enforce()?;
            self.outputs.push(Output::Event(Event::Decided { acts: new.len() }));
        }
        Ok((new, refused))
    }

    /// Tells everybody of acts: by gossip, where they are small, and otherwise by
    /// having peers ask for them.
    fn tell_acts(&mut self, new: &[Vec<u8>]) {
        if new.is_empty() {
            return;
        }
        let message = encode_acts(new);
        if message.len() <= ANNOUNCEMENT_BYTES_MAX {
            self.outputs.push(Output::Announce(message));
        } else {
            let peers: Vec<NodeId> = self.peers.keys().copied().collect();
            for peer in peers {
                self.compare_acts(peer);
            }
        }
    }

    /// Does to all that is held what the council has decided, and the operator of
    /// this node.
    pub(super) fn enforce(&mut self) -> Result<(), S::Error> {
        self.meet_members();
        let held: Vec<AgencyId> = self.catalogues.keys().copied().collect();
        for agency in held {
            if self.is_blocked(&agency) {
                self.keep_head_only(agency)?;
                continue;
            }
            match self.admittance(&agency) {
                Admittance::Full => self.drop_orphans(agency)?,
                Admittance::Frozen => {}
                Admittance::Pinned(head) => {
                    let head = head.clone();
                    self.pin(agency, &head)?;
                }
                Admittance::Hidden => self.hide(agency)?,
                Admittance::None => self.purge(agency)?,
            }
        }
        let own = self.own_agency();
        let council = &self.council;
        self.reception.applications.retain(|agency, _| council.member(agency).is_none());
        if own.is_some_and(|own| council.admittance(&own) == Admittance::Full) {
            self.reception.card = None;
        }
        self.heads_changed();
        Ok(())
    }

    /// A member whose records stay has to be known before anybody shows a head of
    /// it: the one it is pinned to is all there will be.
    fn meet_members(&mut self) {
        let pinned = self
            .council
            .members()
            .filter(|(agency, _)| matches!(self.council.admittance(agency), Admittance::Pinned(_)));
        let unknown: Vec<Agency> = pinned
            .filter(|(agency, _)| !self.catalogues.contains_key(agency))
            .map(|(_, member)| member.card.agency().clone())
            .collect();
        for agency in unknown {
            self.catalogues.insert(agency.id(), Catalogue::new(agency));
        }
    }

    /// What is held without a head is what was hidden: the agency is a member
    /// again, and its records come anew.
    fn drop_orphans(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let is_orphaned = self.catalogues.get(&agency).is_some_and(|held| {
            held.head.is_none() && held.claimed.is_none() && held.cursor > Position::START
        });
        if is_orphaned && self.own_agency() != Some(agency) {
            self.remove_all(agency)?;
        }
        Ok(())
    }

    /// Keeps an agency's records as they were at a head.
    pub(super) fn pin(&mut self, agency: AgencyId, head: &Head) -> Result<(), S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        if held.head.as_ref() == Some(head) && held.claimed.is_none() {
            return Ok(());
        }
        if held.claimed.as_ref() == Some(head) {
            return Ok(());
        }
        if head.verify(&held.agency, &self.federation).is_err() {
            // Nobody can have it, or its key has not been heard of yet.
            return Ok(());
        }
        // What is held without a head was hidden, and is quarantined.
        self.drop_orphans(agency)?;
        // First: what is then removed bit by bit is no head's set any more.
        self.without_heads(agency)?;
        self.chases.remove(&agency);
        self.remove_after(agency, head.position())?;
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        let mut catalogue = held.clone();
        if catalogue.completes(head) {
            Self::settle(&mut catalogue, head);
        } else {
            catalogue.claimed = Some(head.clone());
            catalogue.cursor = Position::START;
            catalogue.checked = Position::START;
            self.chases.entry(agency).or_default();
        }
        self.commit(Batch::of(catalogue, self.now), None)
    }

    /// Keeps what is held of an agency from being shown or served.
    fn hide(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        if held.head.is_none() && held.claimed.is_none() {
            return Ok(());
        }
        self.chases.remove(&agency);
        self.stop_checks(agency);
        let positions = self.store.positions(&agency)?;
        for part in positions.chunks(PURGED_AT_ONCE_MAX) {
            let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
            let mut batch = Batch::of(held.clone(), self.now);
            for position in part {
                if let Some(record) = self.store.record(&agency, *position)? {
                    batch.remove.push(*position);
                    batch.put.push((record, Standing::Quarantined));
                }
            }
            self.commit(batch, None)?;
        }
        self.without_heads(agency)
    }

    /// Deletes what is held of an agency.
    fn purge(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let is_empty = self
            .catalogues
            .get(&agency)
            .is_none_or(|held| held.head.is_none() && held.claimed.is_none() && held.bytes == 0);
        if is_empty {
            return Ok(());
        }
        self.chases.remove(&agency);
        self.without_heads(agency)?;
        self.remove_all(agency)
    }

    fn without_heads(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        let catalogue = Catalogue { head: None, claimed: None, fork: None, ..held.clone() };
        self.commit(Batch::of(catalogue, self.now), None)?;
        // Admitted again, the agency comes back with them.
        self.former.remove(&agency);
        Ok(())
    }

    /// Removes an agency's records.
    pub(super) fn remove_all(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        self.remove_after(agency, Position::START)
    }

    /// Removes an agency's records from a position on.
    fn remove_after(&mut self, agency: AgencyId, from: Position) -> Result<(), S::Error> {
        self.stop_checks(agency);
        let mut positions = self.store.positions(&agency)?;
        positions.retain(|position| *position >= from);
        for part in positions.chunks(PURGED_AT_ONCE_MAX) {
            let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
            let mut catalogue = held.clone();
            for position in part {
                if let Some(record) = self.store.record(&agency, *position)? {
                    catalogue.remove(&record);
                }
            }
            let remove = part.to_vec();
            self.commit(Batch { remove, ..Batch::of(catalogue, self.now) }, None)?;
        }
        if let Some(catalogue) = self.catalogues.get_mut(&agency) {
            catalogue.cursor = catalogue.cursor.min(from);
            catalogue.checked = catalogue.checked.min(from);
            self.unsaved.insert(agency);
        }
        Ok(())
    }

    /// Takes in what is stated about an agency's keys, if it is more than we
    /// know, or better. Returns why the peer is to blame, if it is.
    pub(super) fn follow_keys(
        &mut self,
        agency: AgencyId,
        statements: Vec<Vec<u8>>,
    ) -> Result<(), String> {
        // Of who is frozen or pinned, nothing may change any more.
        let is_full = self.admittance(&agency) == Admittance::Full;
        let held = self.catalogues.get_mut(&agency).filter(|_| is_full);
        let Some(held) = held else { return Ok(()) };
        if held.agency.has_stated(&statements) {
            return Ok(());
        }
        let theirs = match Agency::open(statements) {
            Ok(theirs) if theirs.id() == agency => theirs,
            Ok(_) => return Err("a head with the statements of another agency".to_owned()),
            Err(AgencyError::UnknownStatement) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        if theirs.preferred(&held.agency).is_le() {
            return Ok(());
        }
        let is_changed = held.rekey(theirs, &self.federation);
        let key_index = held.agency.key_index();
        if is_changed {
            self.chases.remove(&agency);
        }
        self.accounts.note_news();
        self.unsaved.insert(agency);
        self.heads_changed();
        self.outputs.push(Output::Event(Event::KeyChanged { agency, key_index }));
        Ok(())
    }

    /// Returns whether our own agency has a newer key than this node signs with.
    pub(super) fn is_superseded(&self) -> bool {
        let Some(own) = &self.own else { return false };
        let held = self.catalogues.get(&own.signer.agency());
        held.is_some_and(|held| {
            held.agency.key(own.signer.key_index) != Some(&own.signer.key.public())
                || held.agency.key_index() != own.signer.key_index
        })
    }

    /// Replaces our own agency's key: takes in the statement about it, and signs
    /// what is published with the new key from now on, in a new epoch. Whatever
    /// the old key signs after that is worth nothing.
    pub fn change_key(
        &mut self,
        statement: Vec<u8>,
        key: SecretKey,
        now: Timestamp,
    ) -> Result<Vec<Output>, ChangeKeyError<S::Error>> {
        self.now = now;
        let own = self.own_agency().ok_or(ChangeKeyError::NoAgency)?;
        let held = self.catalogues.get(&own).ok_or(ChangeKeyError::NoAgency)?;
        let mut agency = held.agency.clone();
        agency.follow(statement)?;
        let signer = Signer::new(&agency, key).ok_or(ChangeKeyError::OtherKey)?;
        let published = self.store.high_water().map_err(ChangeKeyError::Store)?.published;
        let gate = self.own.as_ref().map(|own| &own.gate);
        if gate.is_some_and(|gate| gate.state() == GateState::Confirming) {
            return Err(ChangeKeyError::Unconfirmed);
        }
        // Where the gate is open, what was lost before is given up.
        let is_open = gate.is_some_and(Gate::is_open);
        let is_whole = match &held.head {
            Some(head) => held.fulfils(head) && (is_open || head.position() >= published),
            None => is_open || published == Position::START,
        };
        // What a thief shows does not keep us from it; what we may have lost does.
        if !is_whole || !gate.is_some_and(Gate::was_open) {
            return Err(ChangeKeyError::Recovering);
        }
        let is_empty = held.head.is_none();
        let catalogue = Catalogue { agency, claimed: None, ..held.clone() };
        self.catalogues.insert(own, catalogue);
        self.unsaved.insert(own);
        self.chases.remove(&own);
        self.renew_signer(own, signer).map_err(ChangeKeyError::Store)?;
        if !is_empty {
            self.heartbeat().map_err(ChangeKeyError::Store)?;
        }
        self.save().map_err(ChangeKeyError::Store)?;
        self.heads_changed();
        Ok(core::mem::take(&mut self.outputs))
    }

    // Between two nodes.

    /// Says who we are to a peer that is new, or to which we have not said so
    /// for a day.
    pub(super) fn greet(&mut self, peer: NodeId) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.greeted = Some(self.now);
        }
        let question = Question::Hello(self.introduction());
        self.ask(peer, Asked::Membership, Request::Membership(question));
    }

    /// Says who we are again with the next round: the peer may not have heard it.
    pub(super) fn greet_again(&mut self, peer: NodeId) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.greeted = None;
        }
    }

    /// Returns whether a peer has to be greeted before anything else.
    pub(super) fn must_greet(&self, peer: &NodeId) -> bool {
        let greeted = self.peers.get(peer).and_then(|peer| peer.greeted);
        let is_due = greeted.is_none_or(|at| at.after(GREETED_AGAIN_AFTER) <= self.now);
        !self.council.is_open() && is_due
    }

    fn introduction(&self) -> Introduction {
        let Some((own, node)) = self.own.as_ref().zip(self.reception.node) else {
            return Introduction::default();
        };
        let held = self.catalogues.get(&own.signer.agency());
        let statements = held.map_or_else(Vec::new, |held| held.agency.statements().to_vec());
        let certificate = certificate::sign(&own.signer, &self.federation, node, self.now);
        Introduction { statements, certificate }
    }

    /// Takes note of who a peer says it is.
    fn introduced(&mut self, peer: NodeId, theirs: Introduction) -> Result<(), String> {
        let of = self.certified(peer, theirs)?;
        if let Some(state) = self.peers.get_mut(&peer) {
            state.agency = of;
        }
        Ok(())
    }

    /// Returns the agency that has signed for a peer; `None` where it shows none,
    /// or none that we can judge: it is a stranger then, until it says better.
    fn certified(
        &mut self,
        peer: NodeId,
        theirs: Introduction,
    ) -> Result<Option<AgencyId>, String> {
        let Introduction { statements, certificate } = theirs;
        if statements.is_empty() && certificate.is_empty() {
            return Ok(None);
        }
        let agency = match Agency::open(statements.clone()) {
            Ok(agency) => agency,
            Err(AgencyError::UnknownStatement) => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let id = agency.id();
        self.follow_keys(id, statements)?;
        let known = self.catalogues.get(&id).map_or(&agency, |held| &held.agency);
        match certificate::verify(&certificate, known, &self.federation, peer, self.now) {
            Ok(()) => Ok(Some(id)),
            // Our clock may be wrong, or its key was replaced.
            Err(CertificateError::NotNow { .. }) => Ok(None),
            Err(_) if *known != agency => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Answers a question about the federation.
    pub(super) fn tell(&mut self, from: NodeId, question: &Question) -> Answer {
        match question {
            Question::Hello(theirs) => {
                if let Err(reason) = self.introduced(from, theirs.clone()) {
                    self.blame(from, reason);
                }
                Answer::Hello(self.introduction())
            }
            Question::Acts { digest } if *digest == self.council.digest() => Answer::Noted,
            Question::Acts { digest } => {
                let state = self.peers.get_mut(&from);
                let asks =
                    state.is_some_and(|peer| peer.acts_compared.replace(*digest) != Some(*digest));
                if asks {
                    self.compare_acts(from);
                }
                let mut keys = self.council.keys();
                keys.truncate(ACTS_PER_MESSAGE_MAX);
                Answer::Keys(keys)
            }
            Question::Give { keys } => Answer::Acts(self.acts_of(keys)),
            Question::Apply { card } => {
                match self.applied_at_us(from, card.clone()) {
                    Ok(true) => self.outputs.push(Output::Announce(encode_application(card))),
                    Ok(false) => {}
                    Err(reason) => self.blame(from, reason),
                }
                Answer::Noted
            }
        }
    }

    fn acts_of(&self, keys: &[ActKey]) -> Vec<Vec<u8>> {
        let wanted: BTreeSet<&ActKey> = keys.iter().collect();
        let mut bytes = 0;
        let acts = self.council.acts_named(|key| wanted.contains(key));
        acts.iter()
            .map(Act::encode)
            .take_while(|act| {
                bytes += act.len() + 8;
                bytes <= PAGE_BYTES
            })
            .collect()
    }

    /// Asks a peer whether it knows the same acts of the council.
    pub(super) fn compare_acts(&mut self, peer: NodeId) {
        // Who makes us ask without end is asked no more than it answers; the next
        // round asks again.
        let has_room = |peer: &Peer| peer.in_flight < REQUESTS_PER_PEER_MAX;
        if self.council.is_open() || !self.peers.get(&peer).is_some_and(has_room) {
            return;
        }
        let digest = self.council.digest();
        let question = Question::Acts { digest };
        self.ask(peer, Asked::Membership, Request::Membership(question));
    }

    /// Takes in what a peer has answered about the federation.
    pub(super) fn told(&mut self, peer: NodeId, answer: Answer) -> Result<(), S::Error> {
        match answer {
            Answer::Hello(theirs) => match self.introduced(peer, theirs) {
                Ok(()) => self.met(peer),
                Err(reason) => self.blame(peer, reason),
            },
            Answer::Noted | Answer::Denied => {}
            Answer::Keys(theirs) => {
                let ours: BTreeSet<ActKey> = self.council.keys().into_iter().collect();
                let keys: Vec<ActKey> =
                    theirs.into_iter().filter(|key| !ours.contains(key)).collect();
                if !keys.is_empty() {
                    let question = Question::Give { keys };
                    self.ask(peer, Asked::Membership, Request::Membership(question));
                }
            }
            Answer::Acts(acts) => self.given(peer, &acts)?,
        }
        Ok(())
    }

    fn given(&mut self, peer: NodeId, acts: &[Vec<u8>]) -> Result<(), S::Error> {
        let (new, refused) = self.keep_acts(acts)?;
        if let Some(error) = refused {
            self.blame(peer, error.to_string());
            return Ok(());
        }
        if new.is_empty() {
            return Ok(());
        }
        // There may be more than fits an answer, and others may lack it too.
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.compare_acts(peer);
            self.begin_round(peer);
        }
        Ok(())
    }

    /// Judges acts of the council that came by gossip.
    pub(super) fn judge_acts(
        &mut self,
        from: NodeId,
        acts: &[Vec<u8>],
    ) -> Result<Verdict, S::Error> {
        if self.council.is_open() {
            return Ok(Verdict::Ignore);
        }
        let (new, refused) = self.keep_acts(acts)?;
        if let Some(error) = refused {
            self.blame(from, error.to_string());
            return Ok(Verdict::Reject);
        }
        if new.is_empty() {
            return Ok(Verdict::Ignore);
        }
        self.accounts.note_news();
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.begin_round(peer);
        }
        Ok(Verdict::Accept)
    }

    /// Judges an application that came by gossip.
    pub(super) fn judge_application(&mut self, from: NodeId, card: Vec<u8>) -> Verdict {
        match self.applied(card) {
            Ok(true) => Verdict::Accept,
            Ok(false) => Verdict::Ignore,
            Err(reason) => {
                self.blame(from, reason);
                Verdict::Reject
            }
        }
    }

    /// Takes note that the agency of a peer applies; returns whether that is
    /// news. Of each connection one application is taken, and for nobody else: a
    /// stranger must not fill the list, and everybody's.
    fn applied_at_us(&mut self, from: NodeId, card: Vec<u8>) -> Result<bool, String> {
        let whose = Card::decode(card.clone()).map_err(|error| error.to_string())?.id();
        let Some(state) = self.peers.get_mut(&from) else { return Ok(false) };
        if state.agency != Some(whose) || state.has_applied {
            return Ok(false);
        }
        state.has_applied = true;
        self.applied(card)
    }

    /// Takes note that an agency applies; returns whether that is news.
    fn applied(&mut self, card: Vec<u8>) -> Result<bool, String> {
        let card = Card::decode(card).map_err(|error| error.to_string())?;
        if card.statement().federation != self.federation {
            return Err("an application to another federation".to_owned());
        }
        let agency = card.id();
        let known = self.reception.applications.get(&agency);
        let is_known = known
            .is_some_and(|(known, _)| known.statement().issued_at >= card.statement().issued_at);
        if self.council.is_open() || is_known || self.council.member(&agency).is_some() {
            return Ok(false);
        }
        if self.reception.applications.len() >= APPLICATIONS_MAX {
            let oldest = self.reception.applications.iter().min_by_key(|(_, (_, since))| *since);
            if let Some(oldest) = oldest.map(|(agency, _)| *agency) {
                self.reception.applications.remove(&oldest);
            }
        }
        self.reception.applications.insert(agency, (card, self.now));
        self.accounts.note_news();
        self.outputs.push(Output::Event(Event::Applied { agency }));
        Ok(true)
    }

    /// Applies at a peer, while our agency is no member.
    fn apply_at(&mut self, peer: NodeId) {
        let Some(card) = &self.reception.card else { return };
        if self.council.is_open() || self.peers.get(&peer).is_none_or(|peer| peer.greeted.is_none())
        {
            return;
        }
        let question = Question::Apply { card: card.bytes().to_vec() };
        self.ask(peer, Asked::Membership, Request::Membership(question));
    }

    /// A peer has said who it is: now everything else can begin.
    fn met(&mut self, peer: NodeId) {
        self.compare_acts(peer);
        self.apply_at(peer);
        self.ask_peer_for_own_head(peer);
        self.begin_round(peer);
    }
}

/// Returns the answer for whom the charter lets nothing be told.
pub(super) fn denied() -> Response {
    Response::Membership(Answer::Denied)
}
