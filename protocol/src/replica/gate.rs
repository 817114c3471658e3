//! The gate before our own signature: nothing is signed before our own catalogue
//! is known to be whole.
//!
//! A node can have its agency's key and not its data: the disk was lost, or an
//! old backup was put back. What it would sign then contradicts what it signed
//! before, and other peer systems never recover from that. So it first asks its
//! peers for the newest head of its own, fetches its own catalogue back as that
//! of any other agency, and goes on in a new epoch, which supersedes everything
//! signed before.
//!
//! Invariant: while the gate is not open, nothing is signed. What only we held,
//! and peers' newer catalogue does not supersede, is published again.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::reconcile::Asked;
use super::{Event, Output, Replica, Sabotage};
use crate::agency::Signer;
use crate::head::Head;
use crate::id::{AgencyId, EntityId, NodeId};
use crate::limits::{
    ASLEEP, EPOCH_GAP, RECONCILE_RETRY, RECOVERY_ANSWERS, RECOVERY_PATIENCE, RECOVERY_SETTLE,
    SALVAGE_BYTES_MAX,
};
use crate::record::{Position, Record, RecordKind, Statement};
use crate::store::{Batch, HighWater, Store};
use crate::time::Timestamp;
use crate::wire::{AgencyHead, Page, Request};

/// Whether our own agency may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateState {
    /// It may.
    Open,
    /// What is held looks whole; a peer has yet to confirm that nothing newer
    /// was signed.
    Confirming,
    /// More was signed than is held: it is being fetched from peers.
    Recovering,
}

/// How far the way back to our own catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// What is being done.
    pub state: GateState,
    /// How many peers have said what they know of our catalogue.
    pub answers: usize,
    /// Where the catalogue stands that we hold in full.
    pub held: Position,
    /// The newest position that is known to have been signed.
    pub newest: Position,
    /// How many records are held of it.
    pub records: u64,
    /// How many there are, by the newest head that is known.
    pub records_wanted: Option<u64>,
}

/// The gate of our own agency.
#[derive(Debug)]
pub(super) struct Gate {
    state: GateState,
    /// Whether what is held was known to be whole, before somebody showed more.
    was_open: bool,
    /// Peers that said what they know, since the gate was closed.
    answered: BTreeSet<NodeId>,
    /// Peers that were asked and have not answered yet.
    asked: BTreeSet<NodeId>,
    first_answer: Option<Timestamp>,
    /// When something of our own last came back.
    progressed: Option<Timestamp>,
    /// When to ask those again who did not answer.
    retry_at: Option<Timestamp>,
    /// The newest position of our own that anybody has shown us.
    newest: Position,
    /// Records of our own that were replaced by what peers hold.
    salvaged: BTreeMap<EntityId, Record>,
    salvaged_bytes: usize,
    /// A fork of our own agency was seen, which a new epoch is to end.
    forked: bool,
}

impl Gate {
    fn new(state: GateState) -> Self {
        Self {
            state,
            was_open: state == GateState::Open,
            answered: BTreeSet::new(),
            asked: BTreeSet::new(),
            first_answer: None,
            progressed: None,
            retry_at: None,
            newest: Position::START,
            salvaged: BTreeMap::new(),
            salvaged_bytes: 0,
            forked: false,
        }
    }

    pub(super) fn open() -> Self {
        Self::new(GateState::Open)
    }

    pub(super) fn recovering() -> Self {
        Self::new(GateState::Recovering)
    }

    pub(super) fn state(&self) -> GateState {
        self.state
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == GateState::Open
    }

    pub(super) fn is_recovering(&self) -> bool {
        self.state == GateState::Recovering
    }

    /// Returns whether what is held was known to be whole since the node started:
    /// what others show beyond that was signed elsewhere.
    pub(super) fn was_open(&self) -> bool {
        self.was_open
    }

    /// Waits as much longer as nobody was awake.
    fn prolong(&mut self, asleep: Duration) {
        for at in [&mut self.first_answer, &mut self.progressed].into_iter().flatten() {
            *at = at.after(asleep);
        }
    }

    fn forget(&mut self, peer: NodeId) {
        self.asked.remove(&peer);
    }
}

impl<S: Store> Replica<S> {
    /// Closes the gate until a peer has confirmed that nothing newer of our own
    /// was signed than is held: for a node that starts again, with data that may
    /// be a copy put back, and knows other nodes.
    pub fn confirm(&mut self) {
        if self.has(Sabotage::SkipGate) {
            return;
        }
        if let Some(own) = self.own.as_mut().filter(|own| own.gate.is_open()) {
            own.gate = Gate::new(GateState::Confirming);
        }
    }

    /// Goes on in a new epoch without waiting for our own catalogue to come back
    /// from our peers, or for them to confirm it; does nothing if neither is
    /// waited for.
    ///
    /// What was published before and no peer holds is given up by this, and what
    /// peers still hold of it is replaced by what is published next.
    pub fn begin_anew(&mut self) -> Result<(), S::Error> {
        let Some(own) = self.own.as_mut().filter(|own| !own.gate.is_open()) else { return Ok(()) };
        let newest = own.gate.newest;
        own.gate = Gate::open();
        let agency = own.signer.agency();
        self.begin_epoch(agency, newest)
    }

    /// Returns how far the way back to our own catalogue is; `None` where we may
    /// publish, or publish for no agency.
    pub fn recovery(&self) -> Option<Recovery> {
        let own = self.own.as_ref().filter(|own| !own.gate.is_open())?;
        let catalogue = self.catalogues.get(&own.signer.agency())?;
        let published = self.store.high_water().map_or(Position::START, |mark| mark.published);
        let newest = catalogue.claimed.as_ref().or(catalogue.head.as_ref()).map(Head::commitment);
        let newest = newest.filter(|newest| newest.position >= published);
        Some(Recovery {
            state: own.gate.state,
            answers: own.gate.answered.len(),
            held: catalogue.head.as_ref().map_or(Position::START, Head::position),
            newest: own.gate.newest.max(published),
            records: catalogue.live_count,
            records_wanted: newest.map(|head| head.live_count),
        })
    }

    /// Where the clock has gone on by far more than we asked to be woken after,
    /// as when the machine was asleep, our peers had no chance to answer
    /// meanwhile: that time does not count.
    pub(super) fn notice_sleep(&mut self) {
        if self.own.as_ref().is_none_or(|own| own.gate.is_open()) {
            return;
        }
        let asleep = self.now.since(self.wake_at());
        if let Some(own) = self.own.as_mut().filter(|_| asleep >= ASLEEP) {
            own.gate.prolong(asleep);
        }
    }

    /// Returns whether more was signed for our own agency than is held.
    pub fn is_recovering(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.gate.is_recovering())
    }

    /// A peer came: it may know more of our own catalogue than we do.
    pub(super) fn ask_peer_for_own_head(&mut self, peer: NodeId) {
        let Some(own) = self.own.as_mut().filter(|own| !own.gate.is_open()) else { return };
        let agency = own.signer.agency();
        if own.gate.asked.insert(peer) {
            self.ask(peer, Asked::OwnHead, Request::Heads { agencies: vec![agency] });
        }
    }

    /// Asks those again who did not answer, when it is time.
    pub(super) fn ask_for_own_head(&mut self) {
        let now = self.now;
        let Some(own) = self.own.as_mut().filter(|own| !own.gate.is_open()) else { return };
        if own.gate.retry_at.take_if(|at| *at <= now).is_none() {
            return;
        }
        let answered = &own.gate.answered;
        let silent: Vec<NodeId> =
            self.peers.keys().filter(|peer| !answered.contains(peer)).copied().collect();
        for peer in silent {
            self.ask_peer_for_own_head(peer);
        }
    }

    /// A peer has said what it knows of our own catalogue.
    pub(super) fn own_head_answered(&mut self, peer: NodeId, heads: Vec<AgencyHead>) {
        let own = self.own_agency();
        let foreign = |one: &AgencyHead| {
            Head::decode(one.head.clone()).map_or(true, |head| Some(head.agency()) != own)
        };
        if heads.iter().any(foreign) {
            self.blame(peer, "another agency's head than the one asked for");
            return;
        }
        let is_sound = self.heads(peer, heads).is_some();
        let now = self.now;
        if let Some(own) = self.own.as_mut().filter(|_| is_sound) {
            own.gate.forget(peer);
            own.gate.answered.insert(peer);
            own.gate.first_answer.get_or_insert(now);
        }
    }

    /// A peer did not answer what it knows of our own catalogue, or is gone.
    pub(super) fn own_head_failed(&mut self, peer: NodeId) {
        let at = self.now.after(self.chance.jittered(RECONCILE_RETRY));
        if let Some(own) = self.own.as_mut().filter(|own| !own.gate.is_open()) {
            own.gate.forget(peer);
            own.gate.retry_at = Some(own.gate.retry_at.map_or(at, |planned| planned.min(at)));
        }
    }

    /// Somebody has shown a newer head of `agency` than was known. If that is
    /// our own agency, we have not signed it here: it was signed before our data
    /// were lost, or by another node that has our key.
    pub(super) fn own_head_elsewhere(&mut self, agency: AgencyId, newest: Position) {
        if self.has(Sabotage::SkipGate) {
            return;
        }
        let Some(own) = self.own.as_mut().filter(|own| own.signer.agency() == agency) else {
            return;
        };
        own.gate.newest = own.gate.newest.max(newest);
        if own.gate.is_recovering() {
            return;
        }
        own.gate.state = GateState::Recovering;
        let position = own.gate.newest;
        self.outputs.push(Output::Event(Event::Recovering { position }));
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.ask_peer_for_own_head(peer);
        }
    }

    /// Our own agency turned out to have contradicted itself: what it signs next
    /// stands in a new epoch, which ends the fork.
    pub(super) fn own_forked(&mut self, agency: AgencyId) {
        if let Some(own) = self.own.as_mut().filter(|own| own.signer.agency() == agency) {
            own.gate.forked = true;
        }
    }

    /// Keeps what is about to be replaced in our own catalogue by what peers
    /// hold, unless that is newer.
    pub(super) fn salvage(&mut self, batch: &Batch) -> Result<(), S::Error> {
        let Some(own) = self.own.as_mut() else { return Ok(()) };
        let agency = own.signer.agency();
        if batch.catalogue.id() != agency || !own.gate.is_recovering() {
            return Ok(());
        }
        own.gate.progressed = Some(self.now);
        let put: BTreeMap<EntityId, Position> =
            batch.put.iter().map(|(record, _)| (record.entity(), record.position())).collect();
        for position in &batch.remove {
            let Some(record) = self.store.record(&agency, *position)? else { continue };
            if put.get(&record.entity()).is_some_and(|put| *put >= record.position()) {
                continue;
            }
            own.gate.salvaged_bytes += record.bytes().len();
            if own.gate.salvaged_bytes > SALVAGE_BYTES_MAX {
                continue;
            }
            let kept = own.gate.salvaged.entry(record.entity());
            let kept = kept.or_insert_with(|| record.clone());
            if kept.position() < record.position() {
                *kept = record;
            }
        }
        Ok(())
    }

    /// Returns when the gate must be looked at again.
    pub(super) fn gate_at(&self) -> Option<Timestamp> {
        let gate = &self.own.as_ref()?.gate;
        if gate.is_open() {
            return None;
        }
        let later = |at: Timestamp, wait| Some(at.after(wait)).filter(|at| *at > self.now);
        let settled = gate.first_answer.and_then(|at| later(at, RECOVERY_SETTLE));
        let given_up = gate.patience().and_then(|at| later(at, RECOVERY_PATIENCE));
        [gate.retry_at, settled, given_up].into_iter().flatten().min()
    }

    /// Opens the gate, if all that can be known is known and all that can be had
    /// is here.
    pub(super) fn check_gate(&mut self) -> Result<(), S::Error> {
        let Some(own) = self.own.as_ref() else { return Ok(()) };
        let (gate, agency) = (&own.gate, own.signer.agency());
        if gate.is_open() {
            if gate.forked {
                let newest = gate.newest;
                self.own_gate(Gate::open());
                return self.begin_epoch(agency, newest);
            }
            return Ok(());
        }
        let Some(first) = gate.first_answer else { return Ok(()) };
        let is_settled =
            gate.answered.len() >= RECOVERY_ANSWERS || first.after(RECOVERY_SETTLE) <= self.now;
        if gate.state == GateState::Confirming {
            let all_answered = self.peers.keys().all(|peer| gate.answered.contains(peer));
            if is_settled || all_answered {
                let forked = gate.forked;
                self.own_gate(Gate { forked, ..Gate::open() });
                return self.confirm_if_due();
            }
            return Ok(());
        }
        if !is_settled {
            return Ok(());
        }
        let Some(catalogue) = self.catalogues.get(&agency) else { return Ok(()) };
        let Some(held) = catalogue.head.as_ref().filter(|head| catalogue.fulfils(head)) else {
            return Ok(());
        };
        let published = self.store.high_water()?.published;
        let is_all =
            catalogue.claimed.is_none() && catalogue.is_checked() && held.position() >= published;
        let in_vain = gate.patience().is_some_and(|at| at.after(RECOVERY_PATIENCE) <= self.now);
        if is_all || in_vain { self.recovered(agency) } else { Ok(()) }
    }

    /// Goes on publishing, in a new epoch, with what came back and what only we
    /// held.
    fn recovered(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let given_up = self.catalogues.get_mut(&agency).and_then(|own| own.claimed.take());
        if given_up.is_some() {
            self.unsaved.insert(agency);
            self.chases.remove(&agency);
            self.heads_changed();
        }
        let gate = self.own_gate(Gate::open());
        let held = self.catalogues.get(&agency).and_then(|catalogue| catalogue.head.as_ref());
        let held = held.map(Head::position);
        if let Some(own) = &mut self.own {
            own.resumed = held;
        }
        self.begin_epoch(agency, gate.newest)?;
        let statements = self.restated(&agency, gate.salvaged)?;
        let restated = if statements.is_empty() { 0 } else { self.sign_again(statements)? };
        if restated == 0 && given_up.is_some() {
            // Nobody has what was announced last. A head of the new epoch
            // supersedes it everywhere, or it would be shown to us for ever.
            self.heartbeat()?;
        }
        self.confirm_if_due()?;
        let head = self.catalogues.get(&agency).and_then(|catalogue| catalogue.head.as_ref());
        let position = head.map_or(Position::START, Head::position);
        self.outputs.push(Output::Event(Event::Recovered { position, restated }));
        Ok(())
    }

    /// Returns what only we held and nothing newer supersedes, as statements.
    ///
    /// A withdrawal that supersedes a record stands after it; so what is newer
    /// than all withdrawals that were pruned, and of which nothing is known, was
    /// never withdrawn.
    fn restated(
        &self,
        agency: &AgencyId,
        salvaged: BTreeMap<EntityId, Record>,
    ) -> Result<Vec<Statement>, S::Error> {
        let Some(catalogue) = self.catalogues.get(agency) else { return Ok(Vec::new()) };
        let floor = catalogue.head.as_ref().map_or(0, |head| head.commitment().floor);
        let mut statements = Vec::new();
        for (entity, record) in salvaged {
            let held = self.store.position(agency, &entity)?;
            let is_newest = match held {
                Some(held) => held < record.position(),
                None => record.position().seq > floor && record.kind() != RecordKind::Withdrawal,
            };
            if let Ok(Some(iri)) = record.iri()
                && is_newest
            {
                let body = record.body().to_vec();
                statements.push(Statement { iri, kind: record.kind(), body });
            }
        }
        Ok(statements)
    }

    /// A peer holds a head of our own agency of an epoch before ours. If it is
    /// newer than what we went on from, that peer was away when our catalogue
    /// came back: what only it has is asked for, before it drops it.
    pub(super) fn rescue(&mut self, peer: NodeId, agency: AgencyId, held: Position) {
        let Some(own) = self.own.as_mut().filter(|own| own.signer.agency() == agency) else {
            return;
        };
        let Some(after) = own.resumed.filter(|resumed| own.gate.is_open() && held > *resumed)
        else {
            return;
        };
        if !own.is_rescuing {
            own.is_rescuing = true;
            self.ask(peer, Asked::Rescue { after }, Request::Since { agency, after });
        }
    }

    pub(super) fn rescue_failed(&mut self) {
        if let Some(own) = &mut self.own {
            own.is_rescuing = false;
        }
    }

    /// Publishes once more what a peer still had of our own before the new epoch,
    /// unless something newer supersedes it.
    pub(super) fn rescued(
        &mut self,
        peer: NodeId,
        after: Position,
        page: Page,
    ) -> Result<(), S::Error> {
        self.rescue_failed();
        let Some(agency) = self.own_agency() else { return Ok(()) };
        let mut last = after;
        let mut found = BTreeMap::new();
        for bytes in page.records {
            match Record::decode(bytes) {
                Ok(record) if record.position() > last && self.holds(&record) => {
                    last = record.position();
                    found.insert(record.entity(), record);
                }
                // It is not ours, or is not what was asked for.
                Ok(_) | Err(_) => {
                    self.blame(peer, "records of ours that we did not sign");
                    return Ok(());
                }
            }
        }
        let statements = self.restated(&agency, found)?;
        if !statements.is_empty() {
            let records = self.sign_again(statements)?;
            self.outputs.push(Output::Event(Event::Rescued { peer, records }));
        }
        if let Some(own) = &mut self.own {
            own.resumed = own.resumed.max(Some(last));
            if page.more && last > after {
                own.is_rescuing = true;
                let request = Request::Since { agency, after: last };
                self.ask(peer, Asked::Rescue { after: last }, request);
            }
        }
        Ok(())
    }

    /// Signs with another key from now on, in an epoch of its own.
    pub(super) fn renew_signer(
        &mut self,
        agency: AgencyId,
        signer: Signer,
    ) -> Result<(), S::Error> {
        if let Some(own) = &mut self.own {
            own.signer = signer;
            own.gate = Gate::open();
        }
        self.begin_epoch(agency, Position::START)
    }

    fn own_gate(&mut self, gate: Gate) -> Gate {
        match &mut self.own {
            Some(own) => core::mem::replace(&mut own.gate, gate),
            None => gate,
        }
    }

    /// Goes on in a new epoch, well clear of everything that may have been signed
    /// before.
    pub(super) fn begin_epoch(
        &mut self,
        agency: AgencyId,
        newest: Position,
    ) -> Result<(), S::Error> {
        let mark = self.store.high_water()?;
        let cursor = self.catalogues.get(&agency).map_or(Position::START, |held| held.cursor);
        let all = [mark.reserved, mark.published, cursor, newest];
        let epoch = all.iter().map(|at| at.epoch).max().unwrap_or(0).saturating_add(1);
        let seq = all.iter().map(|at| at.seq).max().unwrap_or(0).saturating_add(EPOCH_GAP);
        self.store.set_high_water(HighWater { reserved: Position { epoch, seq }, ..mark })
    }
}

impl Gate {
    /// Returns since when nothing has come back any more.
    fn patience(&self) -> Option<Timestamp> {
        self.first_answer.max(self.progressed)
    }
}
