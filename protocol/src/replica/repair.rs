//! Mending a set whose digest does not agree, though all changes were fetched:
//! compare which positions there are, then fetch what is missing and drop what
//! is extra.
//!
//! Invariant: a record goes only when the digest of the agency's own head
//! proves that it must. A peer that leads us to another digest is to blame, and
//! nothing it suggested is done.

use std::collections::{BTreeMap, BTreeSet};

use super::Replica;
use super::announce::read_record;
use super::chase::distinct;
use super::reconcile::Part;
use crate::head::Head;
use crate::id::{AgencyId, EntityId, NodeId};
use crate::limits::{POSITIONS_PER_REQUEST_MAX, REPAIR_BYTES_MAX};
use crate::record::{Position, Record};
use crate::store::{Batch, Standing, Store};
use crate::wire::Request;

/// The mending of one agency's set, with the help of one peer.
#[derive(Debug)]
pub(super) struct Repair {
    pub(super) peer: NodeId,
    /// The head whose set is wanted.
    head: Head,
    /// The positions of that set, as far as the peer has told.
    map: BTreeSet<Position>,
    /// Whether that is all of them.
    map_is_whole: bool,
    /// Positions that are still to be asked for.
    wanted: BTreeSet<Position>,
    /// Records that came, and that we do not hold, with whether they hold.
    found: Vec<(Record, Standing)>,
    /// Whether every record is compared, since the positions alone agreed.
    compares_all: bool,
}

impl Repair {
    pub(super) fn request(&self, agency: AgencyId) -> (Part, Request) {
        if !self.map_is_whole {
            let after = self.map.last().copied().unwrap_or(Position::START);
            return (Part::Map, Request::Map { agency, after });
        }
        let positions = self.wanted.iter().take(POSITIONS_PER_REQUEST_MAX).copied().collect();
        (Part::Records, Request::Records { agency, positions })
    }
}

impl<S: Store> Replica<S> {
    pub(super) fn begin_repair(&mut self, peer: NodeId, agency: AgencyId, head: Head) {
        if let Some(chase) = self.chases.get_mut(&agency) {
            chase.repair = Some(Repair {
                peer,
                head,
                map: BTreeSet::new(),
                map_is_whole: false,
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
        (positions, more): (Vec<Position>, bool),
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
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        let is_first = repair.map.is_empty();
        if head.rank() < repair.head.rank() || (!is_first && head != repair.head) {
            // The set has moved on since the peer began to tell.
            self.not_ready(agency);
            return Ok(());
        }
        let is_ahead = repair.map.last() < positions.first() || positions.is_empty();
        let count = u64::try_from(repair.map.len() + positions.len()).unwrap_or(u64::MAX);
        let commitment = head.commitment();
        if !is_ahead
            || (more && positions.is_empty())
            || positions.last().is_some_and(|last| *last >= head.position())
            || count > commitment.live_count.saturating_add(commitment.withdrawal_count)
        {
            self.blame(peer, "positions that are not those of the set its agency signed");
            return Ok(());
        }
        repair.map.extend(positions);
        repair.head = head;
        if more {
            return Ok(());
        }
        repair.map_is_whole = true;
        let held: BTreeSet<Position> = self.store.positions(&agency)?.into_iter().collect();
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        repair.wanted = repair.map.difference(&held).copied().collect();
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
            let record = match read_record(&head, bytes) {
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
                let holds = self.holds(&record);
                let standing = if holds { Standing::Verified } else { Standing::Quarantined };
                if let Some(repair) = self.repair(&agency) {
                    repair.found.push((record, standing));
                }
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
        let found_bytes: usize = repair.found.iter().map(|(record, _)| record.bytes().len()).sum();
        if found_bytes > REPAIR_BYTES_MAX {
            // More differs than can be kept aside: what its agency signed is
            // taken in, and what then remains is looked at again.
            let is_signed = |found: &mut (Record, Standing)| found.1 == Standing::Verified;
            let records: Vec<Record> =
                repair.found.extract_if(.., is_signed).map(|(record, _)| record).collect();
            let peer = repair.peer;
            if records.is_empty() {
                self.blame(peer, "many records that their agency did not sign");
                return Ok(());
            }
            self.take_in_found(agency, records, peer)?;
        }
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if !repair.wanted.is_empty() {
            return Ok(());
        }
        let map = repair.map.clone();
        let (peer, head) = (repair.peer, repair.head.clone());
        let found = repair.found.clone();
        if self.mend(peer, agency, &head, &map, found)? {
            self.completed(agency);
            return Ok(());
        }
        let Some(repair) = self.repair(&agency) else { return Ok(()) };
        if repair.compares_all {
            self.blame(peer, "a set that does not have the digest its agency signed");
            return Ok(());
        }
        // The positions agree and the digest does not: a record differs.
        repair.compares_all = true;
        repair.wanted = map;
        for (record, _) in &repair.found {
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
        found: Vec<(Record, Standing)>,
    ) -> Result<bool, S::Error> {
        let Some(held) = self.catalogues.get(&agency) else { return Ok(false) };
        let mut catalogue = held.clone();
        let records: Vec<Record> = found.iter().map(|(record, _)| record.clone()).collect();
        let replaced: BTreeSet<Position> = records.iter().map(Record::position).collect();
        let mut remove = BTreeSet::new();
        for position in self.store.positions(&agency)? {
            if (!map.contains(&position) || replaced.contains(&position))
                && let Some(record) = self.store.record(&agency, position)?
            {
                catalogue.remove(&record);
                remove.insert(position);
            }
        }
        for record in &records {
            let held = self.store.position(&agency, &record.entity())?;
            if held.is_some_and(|held| !remove.contains(&held)) {
                return Ok(false);
            }
            catalogue.add(record);
        }
        if !catalogue.fulfils(head) || distinct(&records).is_err() {
            return Ok(false);
        }
        let remove = remove.into_iter().collect();
        Self::settle(&mut catalogue, head);
        let batch = Batch { remove, put: found, ..Batch::of(catalogue, self.now) };
        self.commit(batch, Some(peer))?;
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
        let put = put.into_iter().map(|record| (record, Standing::Verified)).collect();
        let batch = Batch { remove, put, ..Batch::of(catalogue, self.now) };
        self.commit(batch, Some(peer))
    }
}
