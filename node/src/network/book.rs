//! The address book: whom we know, where they are, and how it went.
//!
//! What is known of a node is its own signed record, which any peer may pass on,
//! and the places where we met it ourselves. Records are replicated as data, so
//! that every node knows every node ([`sharing`]), and all of it is kept on disk
//! ([`mod@file`]), so that a node that was away finds the others again without its
//! seeds.
//!
//! A record lists the addresses of the widest reach its node has, and no others
//! (see [`address::widest`]), and is told and believed only as far as all of them
//! reach. So a node of the internet never tells where it is in its own network,
//! and one that has a place there alone is known there alone.
//!
//! Invariants:
//! - The book is bounded, and no stranger fills it: what one source told takes
//!   at most half, and where there is no room, the source that told most loses.
//! - A node that was reached is not pushed out by hearsay, and the place where
//!   it answered is not replaced by another's word.
//! - What strangers put in can cost us dials, never a connection we have.

pub(super) mod file;
mod sharing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dela_protocol::api::KnownNode;
use dela_protocol::id::NodeId;
use dela_protocol::limits::{NODE_ADDRESSES_MAX, NODES_MAX};
use dela_protocol::node_record::NodeRecord;
use dela_protocol::time::Timestamp;
use libp2p::{Multiaddr, PeerId};

use super::TransportKind;
use super::address::{self, Group, Reach};
use super::chance::Chance;
use super::dialler::LASTING;

/// Places remembered of one node beside those of its record: two families,
/// inside and outside.
const PLACES_MAX: usize = 4;

/// Nodes from one source that were never reached: half the book, which is the
/// design point of 2,000 nodes, since a new node hears of all from its one seed.
const NODES_PER_SOURCE_MAX: usize = NODES_MAX / 2;

/// Dials without success after which a node without a record is forgotten: with
/// the waiting times between them, after some twenty minutes.
const FAILURES_MAX: u32 = 8;

const RETRY_AFTER_MIN: Duration = Duration::from_secs(5);

/// The longest wait before a node that answered before is tried again.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10 * 60);

/// The longest wait for one that never answered: made-up addresses are cheap.
const RETRY_HEARSAY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// How long a node that is none of ours is left alone.
const FOREIGN_FOR: Duration = Duration::from_secs(60 * 60);

/// How long what was learnt in the past is kept without any word of the node:
/// longer than anybody's leave, and then only while there is room.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Now, by the clock that people read and by the one that never jumps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: Timestamp,
    pub(super) instant: Instant,
}

/// Who told of a node. Peers of one network count as one: keys and addresses
/// within it cost nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// We met it, or a file of ours says so.
    Ours,
    /// A peer of the internet, by its network.
    Group(Group),
    /// A peer on our own machine or site.
    Peer(PeerId),
    /// The local network, by multicast.
    Multicast,
}

/// A record, and from how far away its node can be reached.
#[derive(Debug, Clone)]
struct Signed {
    record: NodeRecord,
    reach: Reach,
}

impl Signed {
    fn new(record: NodeRecord, addresses: &[Multiaddr]) -> Self {
        Self { record, reach: address::reach_of_all(addresses) }
    }
}

/// What is known of one node.
#[derive(Debug)]
pub(super) struct Entry {
    record: Option<Signed>,
    /// The addresses of the record that our transport dials.
    claimed: Vec<Multiaddr>,
    /// Where we met it, the last first.
    places: Vec<Multiaddr>,
    /// The network it is in, for the places and addresses as they are.
    group: Option<Group>,
    source: Source,
    reached_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    failures: u32,
    not_before: Option<Instant>,
    foreign_until: Option<Instant>,
}

impl Entry {
    fn new(source: Source) -> Self {
        Self {
            record: None,
            claimed: Vec::new(),
            places: Vec::new(),
            group: None,
            source,
            reached_at: None,
            failed_at: None,
            failures: 0,
            not_before: None,
            foreign_until: None,
        }
    }

    /// Where to dial it: where it answered before, then where it says it is.
    fn addresses(&self) -> Vec<Multiaddr> {
        let claimed = self.claimed.iter().filter(|place| !self.places.contains(place));
        self.places.iter().chain(claimed).cloned().collect()
    }

    fn is_due(&self, now: Instant) -> bool {
        let at = self.not_before.max(self.foreign_until);
        at.is_none_or(|at| at <= now) && !(self.places.is_empty() && self.claimed.is_empty())
    }

    fn is_current(&self, now: Timestamp) -> bool {
        self.record.as_ref().is_some_and(|held| held.record.check_time(now).is_ok())
    }

    fn record(&self) -> Option<&NodeRecord> {
        self.record.as_ref().map(|held| &held.record)
    }

    /// Notes that places or addresses have changed.
    fn relocate(&mut self) {
        self.group = self.places.iter().chain(&self.claimed).find_map(address::group);
    }

    fn meet(&mut self, place: Multiaddr) {
        self.places.retain(|known| *known != place);
        self.places.insert(0, place);
        self.places.truncate(PLACES_MAX);
        self.relocate();
    }
}

/// What came of a record that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learnt {
    /// A node we did not know, or that has moved.
    News,
    /// The same as before, signed again.
    Renewed,
    /// Nothing we want: known, ended, none of the teller's business, no room.
    Nothing,
    /// Our own record, of this moment, that we do not know of.
    Ours(Timestamp),
}

/// The nodes we know.
#[derive(Debug)]
pub(super) struct Book {
    own: PeerId,
    kind: TransportKind,
    own_record: Option<Signed>,
    entries: BTreeMap<PeerId, Entry>,
    /// Counts the changes, so that others see that there was one.
    revision: u64,
}

impl Book {
    pub(super) fn new(own: PeerId, kind: TransportKind) -> Self {
        Self { own, kind, own_record: None, entries: BTreeMap::new(), revision: 0 }
    }

    /// Returns a number that grows with each change.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether any other node is known.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets the record by which others know us.
    pub(super) fn introduce(&mut self, record: NodeRecord) {
        let addresses = address::read(record.addresses());
        self.own_record = Some(Signed::new(record, &addresses));
        self.revision += 1;
    }

    /// Returns the record by which others know us.
    pub(super) fn own_record(&self) -> Option<&NodeRecord> {
        self.own_record.as_ref().map(|held| &held.record)
    }

    /// Takes in a record, whose signature was checked, from a peer seen at
    /// `place`. `keep` says whom nothing pushes out: seeds and the connected.
    pub(super) fn learn(
        &mut self,
        record: NodeRecord,
        (teller, place): (PeerId, &Multiaddr),
        keep: impl Fn(&PeerId) -> bool,
        now: Now,
    ) -> Learnt {
        let Some(peer) = address::peer_of(&record.node()) else { return Learnt::Nothing };
        let addresses = address::read(record.addresses());
        let reaches = address::reach(place) <= address::reach_of_all(&addresses);
        if record.check_time(now.wall).is_err() || !reaches {
            return Learnt::Nothing;
        }
        if peer == self.own {
            let newer = self.own_record().is_none_or(|own| own.rank() < record.rank());
            return if newer { Learnt::Ours(record.issued_at()) } else { Learnt::Nothing };
        }
        if !self.entries.contains_key(&peer) {
            let source = address::group(place).map_or(Source::Peer(teller), Source::Group);
            if !self.make_room(&source, keep, now.wall) {
                return Learnt::Nothing;
            }
            self.entries.insert(peer, Entry::new(source));
        }
        let held = self.entries.get(&peer).and_then(Entry::record);
        if held.is_some_and(|held| held.rank() >= record.rank()) {
            return Learnt::Nothing;
        }
        let same = held.is_some_and(|held| held.addresses() == record.addresses());
        self.revision += 1;
        self.set_record(peer, record, &addresses);
        if same { Learnt::Renewed } else { Learnt::News }
    }

    fn set_record(&mut self, peer: PeerId, record: NodeRecord, addresses: &[Multiaddr]) {
        let kind = self.kind;
        let Some(entry) = self.entries.get_mut(&peer) else { return };
        let usable =
            |place: &Multiaddr| address::has_form(place, kind) && address::is_somewhere(place);
        let claimed: Vec<_> =
            addresses.iter().map(|told| address::split(told.clone()).0).filter(usable).collect();
        if claimed != entry.claimed {
            // It has moved: what failed was the old place.
            entry.not_before = None;
            entry.claimed = claimed;
            entry.relocate();
        }
        entry.record = Some(Signed::new(record, addresses));
    }

    /// Remembers a place of a node that multicast told.
    pub(super) fn saw(&mut self, peer: PeerId, place: Multiaddr, now: Timestamp) {
        let known = self.entries.contains_key(&peer);
        if self.is_usable(&peer, &place)
            && (known || self.make_room(&Source::Multicast, |_| false, now))
        {
            let entry = self.entries.entry(peer).or_insert_with(|| Entry::new(Source::Multicast));
            if entry.reached_at.is_none() && !entry.places.contains(&place) {
                entry.meet(place);
                self.revision += 1;
            }
        }
    }

    fn is_usable(&self, peer: &PeerId, place: &Multiaddr) -> bool {
        *peer != self.own
            && address::has_form(place, self.kind)
            && address::is_somewhere(place)
            && address::node_of(peer).is_some()
    }

    /// Makes room for one more that `source` tells of; returns whether there is.
    fn make_room(
        &mut self,
        source: &Source,
        keep: impl Fn(&PeerId) -> bool,
        now: Timestamp,
    ) -> bool {
        if self.entries.len() < NODES_PER_SOURCE_MAX {
            return true;
        }
        let hearsay = |entry: &Entry| entry.reached_at.is_none();
        let told = self.entries.values().filter(|entry| hearsay(entry) && entry.source == *source);
        let by_source = told.count();
        if *source != Source::Ours && by_source >= NODES_PER_SOURCE_MAX {
            return false;
        }
        if self.entries.len() < NODES_MAX {
            return true;
        }
        let victim = self.choose_victim(source, by_source, keep, now);
        victim.is_some_and(|peer| self.entries.remove(&peer).is_some())
    }

    /// Chooses who makes room in a full book: nobody that is to be kept; first
    /// who is long gone, then who fails, then one of the source that told most,
    /// if that is another.
    fn choose_victim(
        &self,
        source: &Source,
        by_source: usize,
        keep: impl Fn(&PeerId) -> bool,
        now: Timestamp,
    ) -> Option<PeerId> {
        let hearsay = |entry: &Entry| entry.reached_at.is_none();
        let long_gone = |entry: &Entry| {
            let seen = entry.record().map(NodeRecord::issued_at).max(entry.reached_at);
            !entry.is_current(now)
                && (hearsay(entry) || seen.is_none_or(|seen| now.since(seen) >= KEPT_FOR))
        };
        let spare = |(peer, _): &(&PeerId, &Entry)| !keep(peer);
        let gone = self.entries.iter().filter(spare).filter(|(_, entry)| long_gone(entry));
        if let Some((peer, _)) = gone.max_by_key(|(_, entry)| entry.failures) {
            return Some(*peer);
        }
        let failing = |entry: &Entry| hearsay(entry) && entry.failures >= FAILURES_MAX / 2;
        let failing = self.entries.iter().filter(spare).filter(|(_, entry)| failing(entry));
        if let Some((peer, _)) = failing.max_by_key(|(_, entry)| entry.failures) {
            return Some(*peer);
        }
        let mut told: BTreeMap<&Source, usize> = BTreeMap::new();
        for entry in self.entries.values().filter(|entry| hearsay(entry)) {
            *told.entry(&entry.source).or_default() += 1;
        }
        let (most, count) = told.into_iter().max_by_key(|(_, count)| *count)?;
        if *source != Source::Ours && (most == source || count <= by_source + 1) {
            return None;
        }
        let theirs = self.entries.iter().filter(spare);
        let mut theirs = theirs.filter(|(_, entry)| hearsay(entry) && entry.source == *most);
        theirs.next_back().map(|(peer, _)| *peer)
    }

    /// Notes that a node answered at this place. What failed before is forgiven
    /// only when the connection lasts: nodes that are full, or want nothing of
    /// us, answer too.
    pub(super) fn reached(&mut self, peer: PeerId, place: &Multiaddr, now: Timestamp) {
        let known = self.entries.contains_key(&peer);
        if !self.is_usable(&peer, place)
            || !(known || self.make_room(&Source::Ours, |_| false, now))
        {
            return;
        }
        let entry = self.entries.entry(peer).or_insert_with(|| Entry::new(Source::Ours));
        entry.meet(place.clone());
        entry.reached_at = Some(now);
        self.revision += 1;
    }

    /// Notes that the last connection to a node is gone.
    pub(super) fn ended(&mut self, peer: &PeerId, lasted: Duration, chance: &mut Chance, now: Now) {
        if lasted < LASTING {
            self.failed(peer, chance, now);
        } else if let Some(entry) = self.entries.get_mut(peer) {
            entry.failures = 0;
            entry.not_before = None;
            entry.reached_at = entry.reached_at.map(|at| at.max(now.wall));
        }
        self.revision += 1;
    }

    /// Notes that a node did not answer.
    pub(super) fn failed(&mut self, peer: &PeerId, chance: &mut Chance, now: Now) {
        let Some(entry) = self.entries.get_mut(peer) else { return };
        self.revision += 1;
        entry.failures = entry.failures.saturating_add(1);
        entry.failed_at = Some(now.wall);
        let hearsay = entry.reached_at.is_none();
        if hearsay && entry.failures >= FAILURES_MAX && !entry.is_current(now.wall) {
            self.entries.remove(peer);
            return;
        }
        let wait_max = if hearsay { RETRY_HEARSAY_AFTER_MAX } else { RETRY_AFTER_MAX };
        let wait = RETRY_AFTER_MIN.saturating_mul(1 << entry.failures.min(16)).min(wait_max);
        entry.not_before = entry.not_before.max(Some(now.instant + chance.jittered(wait)));
    }

    /// Notes that a node is none of ours.
    pub(super) fn foreign(&mut self, peer: &PeerId, now: Instant) {
        if let Some(entry) = self.entries.get_mut(peer) {
            entry.foreign_until = Some(now + FOREIGN_FOR);
            self.revision += 1;
        }
    }

    /// Makes every node due that failed: what failed was our own connection to
    /// the world.
    pub(super) fn forgive(&mut self) {
        for entry in self.entries.values_mut() {
            entry.not_before = None;
        }
        self.revision += 1;
    }

    /// Chooses a node to dial, of those that are due and not `taken`: outside
    /// the networks in `near` where that is possible, since whoever owns one
    /// network can fill it with nodes; and as often among those that answered
    /// before as among the others, so that no flood of names leaves us with
    /// nothing else.
    pub(super) fn choose(
        &self,
        taken: impl Fn(&PeerId) -> bool,
        near: &BTreeSet<Group>,
        chance: &mut Chance,
        now: Instant,
    ) -> Option<(PeerId, Vec<Multiaddr>)> {
        let due = self.entries.iter().filter(|(peer, entry)| entry.is_due(now) && !taken(peer));
        let mut kinds: [Vec<_>; 4] = Default::default();
        for (peer, entry) in due {
            let far = entry.group.as_ref().is_none_or(|group| !near.contains(group));
            let hearsay = entry.reached_at.is_none();
            let [far_met, far_told, near_met, near_told] = &mut kinds;
            let kind = match (far, hearsay) {
                (true, false) => far_met,
                (true, true) => far_told,
                (false, false) => near_met,
                (false, true) => near_told,
            };
            kind.push((peer, entry));
        }
        let [far_met, far_told, near_met, near_told] = kinds;
        let swap = chance.below(2) == 1;
        let order = if swap {
            [far_told, far_met, near_told, near_met]
        } else {
            [far_met, far_told, near_met, near_told]
        };
        let kind = order.into_iter().find(|kind| !kind.is_empty())?;
        let (peer, entry) = kind.get(chance.below(kind.len()))?;
        Some((
            **peer,
            entry.addresses().into_iter().take(PLACES_MAX + NODE_ADDRESSES_MAX).collect(),
        ))
    }

    /// Returns the networks in which these nodes are.
    pub(super) fn groups<'a>(&self, peers: impl Iterator<Item = &'a PeerId>) -> BTreeSet<Group> {
        peers.filter_map(|peer| self.entries.get(peer)?.group.clone()).collect()
    }

    /// Returns all nodes, with what is known of them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Known<'_>> {
        self.entries.iter().map(|(peer, entry)| Known { peer: *peer, entry })
    }
}

/// One node of the book, to be shown.
#[derive(Debug)]
pub(super) struct Known<'a> {
    pub(super) peer: PeerId,
    entry: &'a Entry,
}

impl Known<'_> {
    /// Shows it, with what the book does not know: whether it is a seed and
    /// whether it is connected.
    pub(super) fn show(&self, configured: bool, connected: bool, now: Now) -> KnownNode {
        let entry = self.entry;
        let record = entry.record();
        let due = entry.not_before.max(entry.foreign_until);
        let wait = due.map(|at| at.saturating_duration_since(now.instant));
        let dialable = !(entry.places.is_empty() && entry.claimed.is_empty());
        KnownNode {
            peer_id: self.peer.to_string(),
            node: address::node_of(&self.peer).unwrap_or(NodeId::from_bytes([0; 32])),
            addresses: entry.addresses().iter().map(Multiaddr::to_string).collect(),
            agency: record.and_then(NodeRecord::agency),
            configured,
            connected,
            reached_at: entry.reached_at,
            failed_at: entry.failed_at,
            failures: entry.failures,
            next_try_at: (dialable && !connected).then(|| now.wall.after(wait.unwrap_or_default())),
            issued_at: record.map(NodeRecord::issued_at),
            expires_at: record.map(NodeRecord::expires_at),
        }
    }
}

#[cfg(test)]
mod tests;
