//! The exchange of node records with peers: comparing, fetching, answering.
//!
//! A round is one question after another to one peer: whether it knows the same,
//! and if not, what is newer in the buckets that differ, page by page. Rounds
//! begin on connecting, at intervals with a random peer, sooner while there is
//! news to spread, and when a peer's own question shows that it knows something
//! else.
//!
//! Invariants: a peer makes us begin a round, and answer, only so often; a round
//! goes on only while it brings something new.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use dela_protocol::limits::{NODE_RECORD_LIFETIME_MAX, NODE_RECORD_RENEWED};
use dela_protocol::node_record::{NodeRecord, NodeStatement};
use dela_protocol::node_wire::{NodesRequest, NodesResponse};
use dela_protocol::time::Timestamp;
use libp2p::PeerId;
use libp2p::request_response::{self, Message, OutboundFailure, OutboundRequestId};

use super::book::Learnt;
use super::codec::{self, Malformed, PeersCodec};
use super::events::EventOf;
use super::{Network, address};

/// The shortest time between two rounds that a peer's differing root makes us
/// begin: longer than a round takes, so that two nodes that will never agree do
/// not keep each other busy.
const ROUND_INTERVAL_MIN: Duration = Duration::from_secs(10);

/// Questions answered to one peer within [`SERVED_WITHIN`]: a new node asks 18
/// in its first round with us.
const SERVED_MAX: u32 = 64;

/// See [`SERVED_MAX`].
const SERVED_WITHIN: Duration = Duration::from_secs(60);

/// Pages of one round: all nodes there can be, of 256 a page.
const PAGES_MAX: u32 = 16;

/// A question that waits for its answer.
#[derive(Debug)]
struct Asked {
    /// The buckets asked for; none where the question is whether they differ.
    buckets: Vec<u8>,
    pages: u32,
}

/// What is going on with the peers.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    asked: HashMap<OutboundRequestId, Asked>,
    begun: BTreeMap<PeerId, Instant>,
    served: BTreeMap<PeerId, (Instant, u32)>,
    /// When a round was last begun with anybody.
    last: Option<Instant>,
    /// Whether something was learnt that the peers should hear of soon.
    has_news: bool,
    /// What our record must be newer than: one of ours that is about.
    newer_than: Timestamp,
}

impl Exchange {
    /// Whether a peer may be answered once more.
    fn serves(&mut self, peer: PeerId, now: Instant) -> bool {
        let (since, count) = self.served.entry(peer).or_insert((now, 0));
        if now.duration_since(*since) >= SERVED_WITHIN {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= SERVED_MAX
    }

    /// Forgets a peer that is gone, except that it was answered: coming back
    /// does not buy more.
    fn forget(&mut self, peer: &PeerId, now: Instant) {
        self.begun.remove(peer);
        self.served.retain(|_, (since, _)| now.duration_since(*since) < SERVED_WITHIN);
    }
}

impl Network {
    /// Begins a round with a peer, unless one was begun just now.
    pub(super) fn compare_nodes(&mut self, peer: PeerId) {
        let now = self.now();
        let Some(link) = self.links.get(&peer).filter(|_| self.discover) else { return };
        let begun = self.exchange.begun.get(&peer);
        if begun.is_some_and(|at| now.instant.duration_since(*at) < ROUND_INTERVAL_MIN) {
            return;
        }
        self.exchange.begun.insert(peer, now.instant);
        self.exchange.last = Some(now.instant);
        let request = self.book.compare(&link.place, now.wall);
        self.ask_nodes(peer, request, Asked { buckets: Vec::new(), pages: 0 });
    }

    /// Begins a round with a random peer when it is time.
    pub(super) fn compare_nodes_due(&mut self) {
        let now = self.now().instant;
        let pace = &self.pace;
        let every = if self.exchange.has_news { pace.exchange_news } else { pace.exchange };
        let due = self.exchange.last.is_none_or(|at| now.duration_since(at) >= every);
        let choice = self.chance.below(self.links.len());
        if due && let Some(peer) = self.links.keys().nth(choice).copied() {
            self.exchange.has_news = false;
            self.exchange.begun.remove(&peer);
            self.compare_nodes(peer);
        }
    }

    /// Begins a round with everybody: our own record has changed.
    pub(super) fn compare_nodes_with_all(&mut self) {
        let peers: Vec<PeerId> = self.links.keys().copied().collect();
        for peer in peers {
            self.exchange.begun.remove(&peer);
            self.compare_nodes(peer);
        }
    }

    /// Forgets the rounds with a peer that is gone.
    pub(super) fn end_rounds(&mut self, peer: &PeerId) {
        let now = self.now().instant;
        self.exchange.forget(peer, now);
    }

    fn ask_nodes(&mut self, peer: PeerId, request: NodesRequest, asked: Asked) {
        let id = self.swarm.behaviour_mut().peers.send_request(&peer, Ok(request));
        self.exchange.asked.insert(id, asked);
    }

    pub(super) fn on_peers(&mut self, event: EventOf<PeersCodec>) {
        match event {
            request_response::Event::Message { peer, message, .. } => match message {
                Message::Request { request: Ok(request), channel, .. } => {
                    self.answer_nodes(peer, &request, channel);
                }
                Message::Request { request: Err(malformed), .. } => {
                    self.misbehaved(&peer, &malformed);
                }
                Message::Response { request_id, response } => {
                    if let Some(asked) = self.exchange.asked.remove(&request_id) {
                        self.take_nodes(peer, asked, response);
                    }
                }
            },
            request_response::Event::OutboundFailure { peer, request_id, error, .. } => {
                self.exchange.asked.remove(&request_id);
                if let OutboundFailure::Io(error) = error
                    && let Some(malformed) = codec::blame(&error)
                {
                    self.misbehaved(&peer, malformed);
                }
            }
            _ => {}
        }
    }

    fn answer_nodes(
        &mut self,
        peer: PeerId,
        request: &NodesRequest,
        channel: request_response::ResponseChannel<NodesResponse>,
    ) {
        let now = self.now();
        let Some(place) = self.links.get(&peer).map(|link| link.place.clone()) else { return };
        if !self.exchange.serves(peer, now.instant) {
            // Without an answer, and without blame: it may ask again later.
            tracing::debug!(%peer, "a peer asks for nodes too often");
            return;
        }
        let answer = self.book.answer(request, &place, now.wall);
        let differs = matches!(answer, NodesResponse::Buckets(_));
        // Fails where the peer has gone already.
        self.swarm.behaviour_mut().peers.send_response(channel, answer).ok();
        if differs {
            self.compare_nodes(peer);
        }
    }

    fn take_nodes(&mut self, peer: PeerId, asked: Asked, response: NodesResponse) {
        let now = self.now();
        let Some(place) = self.links.get(&peer).map(|link| link.place.clone()) else { return };
        match (response, asked.pages) {
            (NodesResponse::Same, 0) => {}
            (NodesResponse::Buckets(theirs), 0) => {
                let buckets = self.book.differing(&theirs, &place, now.wall);
                if !buckets.is_empty() {
                    let request = self.book.ask_newer(buckets.clone());
                    self.ask_nodes(peer, request, Asked { buckets, pages: 1 });
                }
            }
            (NodesResponse::Records { records, more }, 1..) => {
                let learnt = self.learn_nodes(peer, records);
                if learnt && more && asked.pages < PAGES_MAX {
                    let request = self.book.ask_newer(asked.buckets.clone());
                    self.ask_nodes(peer, request, Asked { pages: asked.pages + 1, ..asked });
                }
            }
            (
                NodesResponse::Same | NodesResponse::Buckets(_) | NodesResponse::Records { .. },
                _,
            ) => {
                let problem = "an answer to another question about nodes".to_owned();
                self.misbehaved(&peer, &Malformed::Message(problem));
            }
        }
    }

    /// Takes in records whose form and signature were checked on arrival;
    /// returns whether anything was new.
    fn learn_nodes(&mut self, teller: PeerId, records: Vec<Vec<u8>>) -> bool {
        let now = self.now();
        let Some(link) = self.links.get(&teller) else { return false };
        let mut new = false;
        for bytes in records {
            let Ok(record) = NodeRecord::decode(bytes) else { continue };
            let keep = |peer: &PeerId| self.links.contains_key(peer) || self.dialler.wants(peer);
            match self.book.learn(record, (teller, &link.place), keep, now) {
                Learnt::News => {
                    self.exchange.has_news = true;
                    new = true;
                }
                Learnt::Renewed => new = true,
                Learnt::Ours(at) => {
                    self.exchange.newer_than = self.exchange.newer_than.max(at);
                }
                Learnt::Nothing => {}
            }
        }
        self.seek();
        new
    }

    /// Signs our record where it is time or our addresses have changed; returns
    /// whether they have.
    pub(super) fn introduce(&mut self) -> bool {
        let now = self.now().wall;
        let addresses = address::widest(self.own_addresses());
        let held = self.book.own_record();
        let moved = held.is_none_or(|held| held.addresses() != addresses);
        let late = held.is_none_or(|held| {
            now.since(held.issued_at()) >= NODE_RECORD_RENEWED
                || held.issued_at() <= self.exchange.newer_than
        });
        if !moved && !late {
            return false;
        }
        let latest = held.map(NodeRecord::issued_at).max(Some(self.exchange.newer_than));
        let after = latest.unwrap_or_default().after(Duration::from_millis(1));
        let issued_at = now.max(after);
        let statement = NodeStatement {
            agency: self.agency,
            addresses,
            issued_at,
            expires_at: issued_at.after(NODE_RECORD_LIFETIME_MAX),
        };
        match NodeRecord::sign(&self.key, &self.federation, &statement) {
            Ok(record) => self.book.introduce(record),
            Err(error) => tracing::error!(%error, "our own node record cannot be signed"),
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_answered_so_often_a_minute_and_coming_back_buys_no_more() {
        let mut exchange = Exchange::default();
        let (peer, now) = (PeerId::random(), Instant::now());
        for _ in 0..SERVED_MAX {
            assert!(exchange.serves(peer, now));
        }
        assert!(!exchange.serves(peer, now));
        exchange.forget(&peer, now);
        assert!(!exchange.serves(peer, now));
        assert!(exchange.serves(PeerId::random(), now));
        assert!(exchange.serves(peer, now + SERVED_WITHIN));
        exchange.forget(&peer, now + 3 * SERVED_WITHIN);
        assert!(exchange.served.is_empty(), "nobody is remembered for ever");
    }
}
