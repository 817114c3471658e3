//! A store in memory, which can forget what was not flushed.

use core::convert::Infallible;
use core::ops::Bound;
use std::collections::BTreeMap;

use super::{Batch, HighWater, Store};
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
    records: BTreeMap<(AgencyId, Position), Record>,
    entities: BTreeMap<(AgencyId, EntityId), Position>,
    high_water: HighWater,
}

impl MemoryStore {
    /// Forgets everything that was not flushed, as a power cut does.
    pub fn crash(&mut self) {
        self.now = self.flushed.clone();
    }

    /// Loses everything but the high-water mark, as a damaged disk does.
    pub fn lose(&mut self) {
        let high_water = self.now.high_water;
        self.now = State { high_water, ..State::default() };
        self.flushed = self.now.clone();
    }
}

impl State {
    fn of(&self, agency: &AgencyId, after: Position) -> impl Iterator<Item = (Position, &Record)> {
        let end = Position { epoch: u32::MAX, seq: u64::MAX };
        self.records
            .range((Bound::Excluded((*agency, after)), Bound::Included((*agency, end))))
            .map(|((_, position), record)| (*position, record))
    }
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
        Ok(self.now.records.get(&(*agency, position)).cloned())
    }

    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Infallible> {
        let mut bytes = 0;
        let mut records = Vec::new();
        for (_, record) in self.now.of(agency, after) {
            bytes += record.bytes().len();
            if bytes > bytes_max && !records.is_empty() {
                break;
            }
            records.push(record.clone());
        }
        Ok(records)
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
            if let Some(record) = state.records.remove(&(agency, position)) {
                let key = (agency, record.entity());
                if state.entities.get(&key) == Some(&position) {
                    state.entities.remove(&key);
                }
            }
        }
        for record in batch.put {
            state.entities.insert((agency, record.entity()), record.position());
            state.records.insert((agency, record.position()), record);
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
