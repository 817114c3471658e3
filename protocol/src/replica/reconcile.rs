//! Comparing what we hold with what a peer holds: one digest of all heads, then
//! only what differs.
//!
//! A round pulls in one direction. A peer whose root differs from ours begins a
//! round of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::heads::{Shown, Way};
use super::{Event, Output, Replica, Sabotage};
use crate::federation::Admittance;
use crate::fork::Fork;
use crate::head::{Head, Rank};
use crate::id::{AgencyId, HeadId, NodeId, hash};
use crate::limits::{AGENCIES_PER_MESSAGE_MAX, RECONCILE_INTERVAL_MIN, RECONCILE_RETRY};
use crate::record::Position;
use crate::store::Store;
use crate::wire::membership::Answer;
use crate::wire::{AgencyHead, BUCKETS, Request, Response, Summary};

/// What a request in flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether the roots are equal.
    Status,
    /// The heads in buckets that differ.
    Summaries,
    /// Heads we want in full.
    Heads,
    /// What the peer knows of our own catalogue.
    OwnHead,
    /// What the peer has of our own of before the epoch we are in.
    Rescue {
        /// After which position.
        after: Position,
    },
    /// Something about the federation.
    Membership,
    /// Something of one agency's catalogue.
    Catalogue(AgencyId, Part),
}

/// What of an agency's catalogue a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A page of changes.
    Page {
        /// After which position.
        after: Position,
    },
    /// The positions of its records.
    Map,
    /// Single records.
    Records,
}

impl<S: Store> Replica<S> {
    pub(super) fn connected(&mut self, peer: NodeId) {
        self.peers.entry(peer).or_default();
        if self.must_greet(&peer) {
            self.greet(peer);
            return;
        }
        self.ask_peer_for_own_head(peer);
        self.begin_round(peer);
    }

    pub(super) fn disconnected(&mut self, peer: NodeId) {
        let lost: Vec<u64> =
            self.asked.iter().filter(|(_, (to, _))| *to == peer).map(|(id, _)| *id).collect();
        for id in lost {
            self.failed(id, false);
        }
        self.peers.remove(&peer);
        for chase in self.chases.values_mut() {
            chase.forget(peer);
        }
    }

    /// Begins to compare with a peer, or plans to if that was just done.
    pub(super) fn begin_round(&mut self, peer: NodeId) {
        let root = self.known();
        let now = self.now;
        let Some(state) = self.peers.get_mut(&peer) else { return };
        let earliest = state.last_round.map_or(now, |last| last.after(RECONCILE_INTERVAL_MIN));
        if earliest > now {
            state.round_at = Some(state.round_at.map_or(earliest, |at| at.min(earliest)));
            return;
        }
        state.last_round = Some(now);
        state.round_at = None;
        if self.must_greet(&peer) {
            self.greet(peer);
            return;
        }
        self.compare_acts(peer);
        self.ask(peer, Asked::Status, Request::Status { root });
    }

    pub(super) fn ask(&mut self, to: NodeId, asked: Asked, request: Request) -> u64 {
        self.next_request += 1;
        let id = self.next_request;
        self.asked.insert(id, (to, asked));
        if let Some(peer) = self.peers.get_mut(&to) {
            peer.in_flight += 1;
        }
        self.outputs.push(Output::Request { to, id, request });
        id
    }

    fn settled(&mut self, id: u64) -> Option<(NodeId, Asked)> {
        let (peer, asked) = self.asked.remove(&id)?;
        if let Some(state) = self.peers.get_mut(&peer) {
            state.in_flight = state.in_flight.saturating_sub(1);
        }
        if let Asked::Catalogue(agency, _) = asked
            && let Some(chase) = self.chases.get_mut(&agency)
            && chase.in_flight == Some(id)
        {
            chase.in_flight = None;
        }
        Some((peer, asked))
    }

    pub(super) fn failed(&mut self, id: u64, malformed: bool) {
        let Some((peer, asked)) = self.settled(id) else { return };
        if malformed {
            self.blame(peer, "an answer that cannot be read");
        }
        match asked {
            Asked::Catalogue(agency, _) => self.not_ready(agency),
            Asked::OwnHead => self.own_head_failed(peer),
            Asked::Rescue { .. } => self.rescue_failed(),
            Asked::Membership => self.greet_again(peer),
            Asked::Status | Asked::Summaries | Asked::Heads => {}
        }
        let at = self.now.after(self.chance.jittered(RECONCILE_RETRY));
        if let Some(state) = self.peers.get_mut(&peer) {
            state.round_at = Some(state.round_at.map_or(at, |planned| planned.min(at)));
        }
    }

    /// Compares with every peer: what we have just fetched after a round, and
    /// not by gossip, others may lack as well.
    pub(super) fn begin_rounds(&mut self) {
        let peers: Vec<NodeId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.begin_round(peer);
        }
    }

    pub(super) fn answered(&mut self, id: u64, response: Response) -> Result<(), S::Error> {
        let Some((peer, asked)) = self.settled(id) else { return Ok(()) };
        match (asked, response) {
            (Asked::Status, Response::Same) => {
                self.outputs.push(Output::Event(Event::Reconciled { peer, same: true }));
            }
            (Asked::Status, Response::Buckets(theirs)) => self.compare_buckets(peer, &theirs),
            (Asked::Status | Asked::Summaries, Response::Summaries(theirs)) => {
                self.outputs.push(Output::Event(Event::Reconciled { peer, same: false }));
                self.compare_summaries(peer, &theirs);
            }
            (Asked::Heads, Response::Heads(heads)) => {
                if let Some(answered) = self.heads(peer, heads) {
                    self.ask_for_the_rest(peer, &answered);
                }
            }
            (Asked::OwnHead, Response::Heads(heads)) => self.own_head_answered(peer, heads),
            (Asked::Catalogue(agency, Part::Page { after }), Response::Page(page)) => {
                self.page(peer, (agency, after), page)?;
            }
            (Asked::Catalogue(agency, Part::Map), Response::Map { head, positions, more }) => {
                self.map(peer, agency, head, (positions, more))?;
            }
            (Asked::Catalogue(agency, Part::Records), Response::Records { head, records }) => {
                self.mended(peer, agency, &head, records)?;
            }
            (Asked::Membership, Response::Membership(answer)) => self.told(peer, answer)?,
            (Asked::Rescue { after }, Response::Page(page)) => self.rescued(peer, after, page)?,
            (asked, Response::NotReady | Response::Membership(Answer::Denied)) => {
                self.put_off(peer, asked);
            }
            _ => self.blame(peer, "an answer to another question"),
        }
        Ok(())
    }

    /// The peer does not answer this just now: it has no budget for us, does not
    /// hold it, or does not take us for a member, or not yet.
    fn put_off(&mut self, peer: NodeId, asked: Asked) {
        match asked {
            Asked::Catalogue(agency, _) => self.not_ready(agency),
            Asked::OwnHead => self.own_head_failed(peer),
            Asked::Rescue { .. } => self.rescue_failed(),
            Asked::Membership => self.greet_again(peer),
            // The next round comes.
            Asked::Status | Asked::Summaries | Asked::Heads => {}
        }
    }

    fn compare_buckets(&mut self, peer: NodeId, theirs: &[[u8; 8]]) {
        let ours = self.buckets();
        let buckets: Vec<u8> = (0..=u8::MAX)
            .zip(ours.iter().zip(theirs))
            .filter(|(_, (ours, theirs))| ours != theirs)
            .map(|(bucket, _)| bucket)
            .collect();
        if !buckets.is_empty() {
            self.ask(peer, Asked::Summaries, Request::Summaries { buckets });
        }
    }

    /// Returns the digests of the heads known, by the first byte of the agency.
    pub(super) fn buckets(&self) -> Vec<[u8; 8]> {
        let mut heads: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        let counted = self.catalogues.iter().filter(|(agency, _)| self.counts(agency));
        for (agency, catalogue) in counted {
            let [bucket, ..] = *agency.as_bytes();
            heads.entry(bucket).or_default().extend(self.known_of(catalogue));
        }
        let digest = |bucket| {
            heads.get(&bucket).map_or([0; 8], |heads| first_eight(&hash("dela 2 bucket", &[heads])))
        };
        let digests: Vec<[u8; 8]> = (0..=u8::MAX).map(digest).collect();
        debug_assert_eq!(digests.len(), BUCKETS);
        digests
    }

    /// Asks for the heads that are newer than ours, and for those of the same
    /// epoch that we have never seen: they may contradict what we have.
    fn compare_summaries(&mut self, peer: NodeId, theirs: &[Summary]) {
        let mut wanted = Vec::new();
        for Summary(agency, key_index, epoch, seq, id) in theirs {
            let position = Position { epoch: *epoch, seq: *seq };
            let known = self.catalogues.get(agency);
            let is_it = |head: &Head| first_eight(head.id().as_bytes()) == **id;
            let is_admitted =
                matches!(self.admittance(agency), Admittance::Full | Admittance::Pinned(_));
            if !is_admitted && !self.has(Sabotage::AdmitByRound) {
                continue;
            }
            let Some(known) = known else {
                wanted.push(*agency);
                continue;
            };
            if known.claimed.as_ref().is_some_and(is_it) {
                self.source(*agency, peer);
                continue;
            }
            if let Admittance::Pinned(pin) = self.admittance(agency)
                && !self.has(Sabotage::IgnorePin)
            {
                // Nothing else of it is wanted, whatever goes before what.
                let is_here =
                    [&known.head, &known.claimed].into_iter().flatten().any(|it| it == pin);
                if is_it(pin) && !is_here {
                    wanted.push(*agency);
                }
                continue;
            }
            let former = self.former.get(agency).into_iter().flatten();
            let newest = known.head.iter().chain(&known.claimed).map(Head::rank).max();
            if newest.is_some_and(|newest| newest.key_index > *key_index) {
                continue;
            }
            let is_earlier = |newest: Rank| {
                newest.key_index == *key_index && newest.position.epoch > position.epoch
            };
            if newest.is_some_and(is_earlier) {
                self.rescue(peer, *agency, position);
                continue;
            }
            let forked = known.open_fork().into_iter().flat_map(Fork::heads);
            if !former.chain(&known.head).chain(forked).any(is_it) {
                wanted.push(*agency);
            }
        }
        if let Some(state) = self.peers.get_mut(&peer) {
            state.wanted = wanted;
        }
        self.ask_heads(peer);
    }

    fn ask_heads(&mut self, peer: NodeId) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        let agencies: Vec<AgencyId> =
            state.wanted.iter().take(AGENCIES_PER_MESSAGE_MAX).copied().collect();
        if !agencies.is_empty() {
            self.ask(peer, Asked::Heads, Request::Heads { agencies });
        }
    }

    /// Takes note of heads that a peer has shown; returns whose, if all were
    /// sound.
    pub(super) fn heads(
        &mut self,
        peer: NodeId,
        heads: Vec<AgencyHead>,
    ) -> Option<BTreeSet<AgencyId>> {
        let mut answered = BTreeSet::new();
        for AgencyHead { statements, head } in heads {
            let shown = Head::decode(head).map_err(|error| error.to_string()).and_then(|head| {
                let agency = head.agency();
                self.shown((peer, Way::Answer), statements, head).map(|shown| (agency, shown))
            });
            match shown {
                Ok((agency, Shown::Newer)) => {
                    answered.insert(agency);
                    self.found_by_round(agency);
                }
                Ok((agency, Shown::Known | Shown::Undecided)) => {
                    answered.insert(agency);
                }
                Err(reason) => {
                    self.blame(peer, reason);
                    return None;
                }
            }
        }
        Some(answered)
    }

    /// Asks for the heads that did not fit into the answer.
    fn ask_for_the_rest(&mut self, peer: NodeId, answered: &BTreeSet<AgencyId>) {
        let Some(state) = self.peers.get_mut(&peer) else { return };
        let before = state.wanted.len();
        state.wanted.retain(|agency| !answered.contains(agency));
        if state.wanted.len() == before {
            // The peer has none of those it was asked for any more.
            state.wanted.drain(..before.min(AGENCIES_PER_MESSAGE_MAX));
        }
        self.ask_heads(peer);
    }
}

/// Returns a head as a summary has it.
pub(super) fn summary(agency: &AgencyId, head: &Head) -> Summary {
    let position = head.position();
    let id = serde_bytes::ByteArray::new(first_eight(head.id().as_bytes()));
    Summary(*agency, head.key_index(), position.epoch, position.seq, id)
}

fn first_eight(bytes: &[u8; HeadId::BYTES]) -> [u8; 8] {
    let (chunks, _) = bytes.as_chunks::<8>();
    chunks.first().copied().unwrap_or_default()
}
