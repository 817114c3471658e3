//! A store in memory, which can forget what was not flushed.

use core::convert::Infallible;
use core::ops::Bound;
use std::collections::BTreeMap;

use super::{Batch, HighWater, Standing, Store};
use crate::catalogue::Catalogue;
use crate::id::{AgencyId, EntityId};
use crate::record::{Position, Record, RecordKind};

/// A [`Store`] in memory, for tests and the simulator.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    now: State,
    flushed: State,
}

#[derive(Debug, Clone, Default)]
struct State {
    catalogues: BTreeMap<AgencyId, Catalogue>,
    records: BTreeMap<(AgencyId, Position), (Record, Standing)>,
    entities: BTreeMap<(AgencyId, EntityId), Position>,
    high_water: HighWater,
    acts: Vec<Vec<u8>>,
}

impl MemoryStore {
    /// Forgets everything that was not flushed, as a power cut does.
    pub fn crash(&mut self) {
        self.now = self.flushed.clone();
    }

    /// Returns the record about an entity, if it is one that may be shown: the
    /// newest, verified.
    pub fn shown(&self, agency: &AgencyId, entity: &EntityId) -> Option<Record> {
        let position = self.now.entities.get(&(*agency, *entity))?;
        let (record, standing) = self.now.records.get(&(*agency, *position))?;
        (*standing == Standing::Verified).then(|| record.clone())
    }

    /// Loses everything but the high-water mark, as a damaged disk does.
    pub fn lose(&mut self) {
        let (high_water, acts) = (self.now.high_water, core::mem::take(&mut self.now.acts));
        self.now = State { high_water, acts, ..State::default() };
        self.flushed = self.now.clone();
    }
}

impl State {
    fn of(&self, agency: &AgencyId, after: Position) -> impl Iterator<Item = (Position, &Record)> {
        let end = Position { epoch: u32::MAX, seq: u64::MAX };
        self.records
            .range((Bound::Excluded((*agency, after)), Bound::Included((*agency, end))))
            .map(|((_, position), (record, _))| (*position, record))
    }

    fn standing(&self, record: &Record) -> Option<Standing> {
        let key = (record.agency(), record.position());
        self.records.get(&key).filter(|(held, _)| held == record).map(|(_, standing)| *standing)
    }
}

/// Returns the first of `records`, until they exceed `bytes_max`.
fn up_to<'a>(records: impl Iterator<Item = &'a Record>, bytes_max: usize) -> Vec<Record> {
    let mut bytes = 0;
    let mut first: Vec<Record> = Vec::new();
    for record in records {
        bytes += record.bytes().len();
        if bytes > bytes_max && !first.is_empty() {
            break;
        }
        first.push(record.clone());
    }
    first
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn catalogues(&self) -> Result<Vec<Catalogue>, Infallible> {
        Ok(self.now.catalogues.values().cloned().collect())
    }

    fn position(
        &self,
        agency: &AgencyId,
        entity: &EntityId,
    ) -> Result<Option<Position>, Infallible> {
        Ok(self.now.entities.get(&(*agency, *entity)).copied())
    }

    fn record(&self, agency: &AgencyId, position: Position) -> Result<Option<Record>, Infallible> {
        Ok(self.now.records.get(&(*agency, position)).map(|(record, _)| record.clone()))
    }

    fn unverified_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Infallible> {
        let unverified = self.now.of(agency, after).map(|(_, record)| record);
        let unverified =
            unverified.filter(|record| self.now.standing(record) == Some(Standing::Unverified));
        Ok(up_to(unverified, bytes_max))
    }

    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Infallible> {
        Ok(up_to(self.now.of(agency, after).map(|(_, record)| record), bytes_max))
    }

    fn positions(&self, agency: &AgencyId) -> Result<Vec<Position>, Infallible> {
        Ok(self.now.of(agency, Position::START).map(|(position, _)| position).collect())
    }

    fn withdrawals_through(
        &self,
        agency: &AgencyId,
        seq: u64,
    ) -> Result<Vec<Position>, Infallible> {
        let all = self.now.of(agency, Position::START);
        Ok(all
            .filter(|(position, record)| {
                position.seq <= seq && record.kind() == RecordKind::Withdrawal
            })
            .map(|(position, _)| position)
            .collect())
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Infallible> {
        let state = &mut self.now;
        let agency = batch.catalogue.id();
        for position in batch.remove {
            if let Some((record, _)) = state.records.remove(&(agency, position)) {
                let key = (agency, record.entity());
                if state.entities.get(&key) == Some(&position) {
                    state.entities.remove(&key);
                }
            }
        }
        for (record, standing) in batch.put {
            state.entities.insert((agency, record.entity()), record.position());
            state.records.insert((agency, record.position()), (record, standing));
        }
        for (record, standing) in batch.judged {
            let held = state.records.get_mut(&(agency, record.position()));
            if let Some((_, judged)) = held.filter(|(held, _)| *held == record) {
                *judged = standing;
            }
        }
        state.catalogues.insert(agency, batch.catalogue);
        Ok(())
    }

    fn high_water(&self) -> Result<HighWater, Infallible> {
        Ok(self.now.high_water)
    }

    fn set_high_water(&mut self, mark: HighWater) -> Result<(), Infallible> {
        self.now.high_water = mark;
        self.flushed.high_water = mark;
        Ok(())
    }

    fn acts(&self) -> Result<Vec<Vec<u8>>, Infallible> {
        Ok(self.now.acts.clone())
    }

    fn add_acts(&mut self, acts: &[Vec<u8>]) -> Result<(), Infallible> {
        self.now.acts.extend_from_slice(acts);
        self.flushed.acts.clone_from(&self.now.acts);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.flushed = self.now.clone();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn it_keeps_the_promises_of_a_store() {
        conformance::check(MemoryStore::default, |mut store| {
            store.crash();
            store
        });
    }
}
