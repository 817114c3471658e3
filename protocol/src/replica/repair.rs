//! Mending a set whose digest does not agree, though all changes were fetched:
//! compare which positions there are, then fetch what is missing and drop what
//! is extra.
//!
//! Invariant: a record goes only when the digest of the agency's own head
//! proves that it must. A peer that leads us to another digest is to blame, and
//! nothing it suggested is done.

use std::collections::{BTreeMap, BTreeSet};

use super::Replica;
use super::chase::distinct;
use super::reconcile::Part;
use crate::head::Head;
use crate::id::{AgencyId, EntityId, NodeId};
use crate::limits::{POSITIONS_PER_MESSAGE_MAX, REPAIR_BYTES_MAX};
use crate::record::{Position, Record};
use crate::store::Store;
use crate::wire::Request;

/// The mending of one agency's set, with the help of one peer.
#[derive(Debug)]
pub(super) struct Repair {
    pub(super) peer: NodeId,
    /// The head whose set is wanted.
    head: Head,
    /// All positions of that set, once the peer has told.
    map: Option<BTreeSet<Position>>,
    /// Positions that are still to be asked for.
    wanted: BTreeSet<Position>,
    /// Records that came, and that we do not hold.
    found: Vec<Record>,
    /// Whether every record is compared, since the positions alone agreed.
    compares_all: bool,
}

impl Repair {
    pub(super) fn request(&self, agency: AgencyId) -> (Part, Request) {
        if self.map.is_none() {
            return (Part::Map, Request::Map { agency });
        }
        let positions = self.wanted.iter().take(POSITIONS_PER_MESSAGE_MAX).copied().collect();
        (Part::Records, Request::Records { agency, positions })
    }
}

impl<S: Store> Replica<S> {
    pub(super) fn begin_repair(&mut self, peer: NodeId, agency: AgencyId, head: Head) {
        if let Some(chase) = self.chases.get_mut(&agency) {
            chase.repair = Some(Repair {
                peer,
                head,
                map: None,
                wanted: BTreeSet::new(),
                found: Vec::new(),
                compares_all: false,
            });
        }
    }

    /// Takes in which positions the set has, by what the peer says.
    pub(super) fn map(
        &mut self,
        peer: NodeId,
        agency: AgencyId,
        head: Vec<u8>,
        positions: Vec<Position>,
    ) -> Result<(), S::Error> {
        let head = match self.read_head(peer, agency, head) {
            Ok(Some(head)) => head,
            Ok(None) => {
                self.not_ready(agency);
                return Ok(());
            }
            Err(reason) => {
                self.blame(peer, reason);
                return Ok(());
            }
        };
        let held: BTreeSet<Position> = self.store.positions(&agency)?.into_iter().collect();
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if head.rank() < repair.head.rank() {
            self.not_ready(agency);
            return Ok(());
        }
        let map: BTreeSet<Position> = positions.into_iter().collect();
        repair.wanted = map.difference(&held).copied().collect();
        repair.map = Some(map);
        repair.head = head;
        self.go_on(agency)
    }

    /// Takes in records that were missing.
    pub(super) fn mended(
        &mut self,
        peer: NodeId,
        agency: AgencyId,
        head: &[u8],
        records: Vec<Vec<u8>>,
    ) -> Result<(), S::Error> {
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if head != repair.head.bytes() {
            // The set has moved on since the peer told its positions.
            self.not_ready(agency);
            return Ok(());
        }
        let head = repair.head.clone();
        if records.is_empty() {
            self.blame(peer, "no records for positions it said it holds");
            return Ok(());
        }
        for bytes in records {
            let record = match self.verified(&head, bytes) {
                Ok(record) => record,
                Err(reason) => {
                    self.blame(peer, reason);
                    return Ok(());
                }
            };
            let held = self.store.record(&agency, record.position())?;
            let Some(repair) = self.repair(&agency) else { return Ok(()) };
            if !repair.wanted.remove(&record.position()) {
                self.blame(peer, "a record nobody asked for");
                return Ok(());
            }
            if held.is_none_or(|held| held.id() != record.id()) {
                repair.found.push(record);
            }
        }
        self.go_on(agency)
    }

    fn repair(&mut self, agency: &AgencyId) -> Option<&mut Repair> {
        self.chases.get_mut(agency)?.repair.as_mut()
    }

    /// Once all that is wanted has come, sees whether the digest agrees.
    fn go_on(&mut self, agency: AgencyId) -> Result<(), S::Error> {
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        let found_bytes: usize = repair.found.iter().map(|record| record.bytes().len()).sum();
        if found_bytes > REPAIR_BYTES_MAX {
            // More differs than can be kept aside: what came is authentic, so
            // take it in, and look again at what then remains.
            let records = core::mem::take(&mut repair.found);
            let peer = repair.peer;
            self.take_in_found(agency, records, peer)?;
        }
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if !repair.wanted.is_empty() {
            return Ok(());
        }
        let Some(map) = repair.map.clone() else { return Ok(()) };
        let (peer, head) = (repair.peer, repair.head.clone());
        let found = repair.found.clone();
        if self.mend(peer, agency, &head, &map, found)? {
            return self.completed(agency);
        }
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if repair.compares_all {
            self.blame(peer, "a set that does not have the digest its agency signed");
            return Ok(());
        }
        // The positions agree and the digest does not: a record differs.
        repair.compares_all = true;
        repair.wanted = map;
        for record in &repair.found {
            repair.wanted.remove(&record.position());
        }
        Ok(())
    }

    /// Makes the set exactly `map`, if that gives it the digest of `head`, and
    /// is a set: with one record about each entity.
    fn mend(
        &mut self,
        peer: NodeId,
        agency: AgencyId,
        head: &Head,
        map: &BTreeSet<Position>,
        found: Vec<Record>,
    ) -> Result<bool, S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(false) };
        let mut catalogue = held.clone();
        let replaced: BTreeSet<Position> = found.iter().map(Record::position).collect();
        let mut remove = BTreeSet::new();
        for position in self.store.positions(&agency)? {
            if (!map.contains(&position) || replaced.contains(&position))
                && let Some(record) = self.store.record(&agency, position)?
            {
                catalogue.remove(&record);
                remove.insert(position);
            }
        }
        for record in &found {
            let held = self.store.position(&agency, &record.entity())?;
            if held.is_some_and(|held| !remove.contains(&held)) {
                return Ok(false);
            }
            catalogue.add(record);
        }
        if !catalogue.fulfils(head) || distinct(&found).is_err() {
            return Ok(false);
        }
        let remove = remove.into_iter().collect();
        Self::settle(&mut catalogue, head);
        self.commit(catalogue, remove, found, Some(peer))?;
        Ok(true)
    }

    fn take_in_found(
        &mut self,
        agency: AgencyId,
        records: Vec<Record>,
        peer: NodeId,
    ) -> Result<(), S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(()) };
        let mut catalogue = held.clone();
        let mut put: BTreeMap<EntityId, Record> = BTreeMap::new();
        for record in records {
            let held = self.store.position(&agency, &record.entity())?;
            let other = put.get(&record.entity()).map(Record::position);
            if held.max(other).is_none_or(|newest| newest <= record.position()) {
                put.insert(record.entity(), record);
            }
        }
        let put: Vec<Record> = put.into_values().collect();
        let remove = self.replaced(&mut catalogue, &put, None)?;
        for record in &put {
            catalogue.add(record);
        }
        self.commit(catalogue, remove, put, Some(peer))
    }
}
