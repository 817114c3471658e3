//! The book of addresses: how nodes that only know one other become a mesh that
//! outlives it.
//!
//! Nodes ask each other for the addresses of the nodes they are connected to,
//! and dial some of them until they have enough connections. What is in the
//! book is hearsay: it is dialled, with the key that must answer, and forgotten
//! when nobody does.
//!
//! Invariant: the book is bounded, and what strangers put into it can cost us
//! dials but never a connection we have.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libp2p::{Multiaddr, PeerId};

use super::TransportKind;
use super::address;
use super::chance::Chance;
use super::codec::Addresses;
use super::dialler::LASTING;

/// Nodes remembered. Twelve are needed; a thousand outlast the death of most of
/// a federation and take less than a megabyte.
const NODES_MAX: usize = 1_000;

/// Addresses remembered of one node: two families, inside and outside.
pub(super) const ADDRESSES_PER_NODE_MAX: usize = 4;

/// Nodes named in one answer: more than twice what anyone needs.
const NODES_TOLD_MAX: usize = 32;

/// Addresses taken from one message: those of the sender and of the nodes it
/// may tell of.
const HEARD_MAX: usize = (NODES_TOLD_MAX + 1) * ADDRESSES_PER_NODE_MAX;

/// Dials without success after which a node is forgotten: with the waiting
/// times between them, after some twenty minutes.
const FAILURES_MAX: u32 = 8;

const RETRY_AFTER_MIN: Duration = Duration::from_secs(5);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10 * 60);

/// How long a node that is none of ours is left alone.
const FOREIGN_FOR: Duration = Duration::from_secs(60 * 60);

#[derive(Debug, Default)]
struct Entry {
    addresses: Vec<Multiaddr>,
    failures: u32,
    not_before: Option<Instant>,
}

/// Nodes we have heard of.
#[derive(Debug)]
pub(super) struct Book {
    own: PeerId,
    kind: TransportKind,
    entries: BTreeMap<PeerId, Entry>,
}

impl Book {
    pub(super) fn new(own: PeerId, kind: TransportKind) -> Self {
        Self { own, kind, entries: BTreeMap::new() }
    }

    /// Takes in what the peer seen at `source` said. Addresses without a node
    /// and those that it cannot know to work from here are passed over.
    pub(super) fn learn(&mut self, heard: Addresses, source: &Multiaddr) {
        for told in heard.into_iter().take(HEARD_MAX) {
            let (place, Some(peer)) = address::split(told) else { continue };
            if address::suits(&place, source) {
                self.add(peer, place);
            }
        }
    }

    /// Remembers an address of a node.
    pub(super) fn add(&mut self, peer: PeerId, place: Multiaddr) {
        let usable = address::has_form(&place, self.kind) && address::is_somewhere(&place);
        if peer == self.own || !usable || address::node_of(&peer).is_none() {
            return;
        }
        let known = self.entries.contains_key(&peer);
        if !known && self.entries.len() >= NODES_MAX && !self.forget_worst() {
            return;
        }
        let entry = self.entries.entry(peer).or_default();
        if !entry.addresses.contains(&place) {
            entry.addresses.truncate(ADDRESSES_PER_NODE_MAX - 1);
            entry.addresses.push(place);
        }
    }

    /// Makes room by forgetting whoever failed most. Where nobody failed, there
    /// is no room: hearsay does not push out what may be good.
    fn forget_worst(&mut self) -> bool {
        let failed = self.entries.iter().filter(|(_, entry)| entry.failures > 0);
        let worst = failed.max_by_key(|(_, entry)| entry.failures).map(|(peer, _)| *peer);
        worst.is_some_and(|peer| self.entries.remove(&peer).is_some())
    }

    /// Notes that a node answered at this place. What failed before is forgiven
    /// only when the connection lasts: nodes that are full, or want nothing of
    /// us, answer too.
    pub(super) fn reached(&mut self, peer: PeerId, place: &Multiaddr) {
        self.add(peer, place.clone());
        if let Some(entry) = self.entries.get_mut(&peer) {
            // In front, where it is not pushed out.
            if let Some(index) = entry.addresses.iter().position(|known| known == place) {
                entry.addresses.swap(0, index);
            }
        }
    }

    /// Notes that the last connection to a node is gone.
    pub(super) fn ended(&mut self, peer: &PeerId, lasted: Duration, now: Instant) {
        if lasted < LASTING {
            self.failed(peer, now);
        } else if let Some(entry) = self.entries.get_mut(peer) {
            entry.failures = 0;
            entry.not_before = None;
        }
    }

    /// Notes that a node did not answer.
    pub(super) fn failed(&mut self, peer: &PeerId, now: Instant) {
        let Some(entry) = self.entries.get_mut(peer) else { return };
        entry.failures += 1;
        if entry.failures >= FAILURES_MAX {
            self.entries.remove(peer);
            return;
        }
        let wait = RETRY_AFTER_MIN.saturating_mul(1 << entry.failures).min(RETRY_AFTER_MAX);
        entry.not_before = entry.not_before.max(Some(now + wait));
    }

    /// Notes that a node is none of ours.
    pub(super) fn foreign(&mut self, peer: &PeerId, now: Instant) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.not_before = Some(now + FOREIGN_FOR);
        }
    }

    /// Chooses a node to dial, any of those that are due and not `taken`.
    pub(super) fn choose(
        &self,
        taken: impl Fn(&PeerId) -> bool,
        chance: &mut Chance,
        now: Instant,
    ) -> Option<(PeerId, Vec<Multiaddr>)> {
        let due: Vec<_> = self
            .entries
            .iter()
            .filter(|(peer, entry)| entry.not_before.is_none_or(|at| at <= now) && !taken(peer))
            .collect();
        let (peer, entry) = due.get(chance.below(due.len()))?;
        Some((**peer, entry.addresses.clone()))
    }

    /// Returns what to tell a peer seen at `listener` of these nodes: as far as
    /// each address reaches.
    pub(super) fn tell(
        &self,
        nodes: impl Iterator<Item = PeerId>,
        listener: &Multiaddr,
    ) -> Addresses {
        nodes
            .filter_map(|peer| self.entries.get(&peer).map(|entry| (peer, entry)))
            .take(NODES_TOLD_MAX)
            .flat_map(|(peer, entry)| {
                let suiting =
                    entry.addresses.iter().filter(|place| address::suits(place, listener));
                suiting.filter_map(move |place| place.clone().with_p2p(peer).ok())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use libp2p::identity::Keypair;

    use super::*;

    fn peer(number: u16) -> PeerId {
        let mut secret = [1; 32];
        secret[..2].copy_from_slice(&number.to_be_bytes());
        Keypair::ed25519_from_bytes(&mut secret).unwrap().public().to_peer_id()
    }

    fn place(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    fn book() -> Book {
        Book::new(peer(0), TransportKind::Tcp)
    }

    #[test]
    fn hearsay_is_taken_in_only_where_it_can_be_used() {
        let mut book = book();
        let told = |node: u16, text: &str| place(text).with_p2p(peer(node)).unwrap();
        book.learn(
            vec![
                told(0, "/ip4/192.0.2.1/tcp/1"), // ourselves
                told(1, "/ip4/10.0.0.1/tcp/1"),  // not theirs to know
                told(2, "/ip4/192.0.2.1/udp/1"), // not our transport
                told(3, "/ip4/0.0.0.0/tcp/1"),   // nowhere
                place("/ip4/192.0.2.1/tcp/1"),   // nobody
                told(4, "/ip4/192.0.2.1/tcp/1"),
            ],
            &place("/ip4/192.0.2.9/tcp/1"),
        );
        assert_eq!(book.entries.keys().collect::<Vec<_>>(), [&peer(4)]);
    }

    #[test]
    fn the_book_is_bounded_and_the_address_that_works_stays() {
        let mut book = book();
        let good = place("/ip4/192.0.2.1/tcp/4001");
        book.reached(peer(1), &good);
        for port in 1..50 {
            book.add(peer(1), place(&format!("/ip4/192.0.2.1/tcp/{port}")));
        }
        assert_eq!(book.entries[&peer(1)].addresses.len(), ADDRESSES_PER_NODE_MAX);
        assert_eq!(book.entries[&peer(1)].addresses[0], good);
        for number in 2..1_100 {
            book.add(peer(number), good.clone());
        }
        assert_eq!(book.entries.len(), NODES_MAX);
        assert!(book.entries.contains_key(&peer(2)) && !book.entries.contains_key(&peer(2_000)));
        book.failed(&peer(2), Instant::now());
        book.add(peer(2_000), good);
        assert!(!book.entries.contains_key(&peer(2)) && book.entries.contains_key(&peer(2_000)));
    }

    #[test]
    fn a_node_that_never_answers_is_tried_less_and_less_and_forgotten() {
        let mut book = book();
        let mut now = Instant::now();
        let mut chance = Chance::seeded(1);
        book.add(peer(1), place("/ip4/192.0.2.1/tcp/1"));
        let start = now;
        let mut tries = 0;
        while !book.entries.is_empty() {
            if book.choose(|_| false, &mut chance, now).is_some() {
                tries += 1;
                book.failed(&peer(1), now);
            }
            now += Duration::from_secs(1);
        }
        assert_eq!(tries, FAILURES_MAX);
        assert!(now - start > Duration::from_secs(15 * 60));
    }

    #[test]
    fn a_node_that_hangs_up_at_once_is_not_dialled_at_once_again() {
        let mut book = book();
        let mut chance = Chance::seeded(1);
        let (now, at) = (Instant::now(), place("/ip4/192.0.2.1/tcp/1"));
        let mut due = |book: &Book, now| book.choose(|_| false, &mut chance, now).is_some();
        book.reached(peer(1), &at);
        book.ended(&peer(1), Duration::from_secs(1), now);
        assert!(!due(&book, now));
        let now = now + RETRY_AFTER_MAX;
        book.reached(peer(1), &at);
        book.ended(&peer(1), LASTING, now);
        assert!(due(&book, now));
        book.foreign(&peer(1), now);
        book.ended(&peer(1), Duration::from_secs(1), now);
        assert!(!due(&book, now + RETRY_AFTER_MAX), "not one of ours");
    }

    #[test]
    fn nobody_is_told_what_they_cannot_reach() {
        let mut book = book();
        book.add(peer(1), place("/ip4/10.0.0.1/tcp/1"));
        book.add(peer(1), place("/ip4/192.0.2.1/tcp/1"));
        let told = |from: &str| book.tell([peer(1), peer(2)].into_iter(), &place(from)).len();
        assert_eq!(told("/ip4/10.0.0.2/tcp/1"), 2);
        assert_eq!(told("/ip4/192.0.2.9/tcp/1"), 1);
    }
}
