//! The disk of a simulated node: a store in memory that can be full, and that
//! tells the checks what was written.

use core::cell::RefCell;
use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::id::{AgencyId, EntityId};
use crate::record::{Position, Record};
use crate::store::{Batch, HighWater, MemoryStore, Store};

/// The disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no space left on the simulated disk")]
pub(super) struct Full;

#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    memory: MemoryStore,
    /// What the simulator reads and turns while a replica owns the disk.
    outside: RefCell<Outside>,
}

#[derive(Debug, Clone, Default)]
struct Outside {
    /// How many more writes succeed, where the disk is nearly full.
    writes_left: Option<u32>,
    written: Written,
    /// How many commits have not been flushed.
    unflushed: u64,
}

/// What was written since the checks last asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    /// Records that can be shown from then on.
    pub(super) verified: Vec<Record>,
    /// Agencies whose catalogue was written.
    pub(super) agencies: BTreeSet<AgencyId>,
    /// How many writes a full disk refused.
    pub(super) refused: u64,
}

impl Disk {
    /// Lets so many more writes succeed, and refuses all after them.
    pub(super) fn fill(&self, writes_left: u32) {
        self.outside.borrow_mut().writes_left = Some(writes_left);
    }

    pub(super) fn free(&self) {
        self.outside.borrow_mut().writes_left = None;
    }

    /// Returns what was written since this was last asked.
    pub(super) fn written(&self) -> Written {
        core::mem::take(&mut self.outside.borrow_mut().written)
    }

    /// Returns how many commits a crash would lose now.
    pub(super) fn unflushed(&self) -> u64 {
        self.outside.borrow().unflushed
    }

    /// Forgets what was not flushed.
    pub(super) fn crash(&mut self) {
        self.memory.crash();
        self.outside.borrow_mut().unflushed = 0;
    }

    /// Loses all but the high-water mark.
    pub(super) fn lose(&mut self) {
        self.memory.lose();
    }

    /// Loses everything.
    pub(super) fn lose_everything(&mut self) {
        self.memory = MemoryStore::default();
    }

    /// Returns a copy of what has been flushed, as a backup is.
    pub(super) fn flushed(&self) -> MemoryStore {
        let mut copy = self.memory.clone();
        copy.crash();
        copy
    }

    /// Puts back a copy.
    pub(super) fn restore(&mut self, copy: MemoryStore) {
        self.memory = copy;
    }

    /// Returns whether a record is one that is shown to people.
    pub(super) fn shows(&self, record: &Record) -> bool {
        self.memory.shown(&record.agency(), &record.entity()).as_ref() == Some(record)
    }

    fn write(&self) -> Result<(), Full> {
        let mut outside = self.outside.borrow_mut();
        match &mut outside.writes_left {
            None => Ok(()),
            Some(0) => {
                outside.written.refused += 1;
                Err(Full)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn always<T>(result: Result<T, core::convert::Infallible>) -> T {
    let Ok(value) = result;
    value
}

impl Store for Disk {
    type Error = Full;

    fn catalogues(&self) -> Result<Vec<Catalogue>, Full> {
        Ok(always(self.memory.catalogues()))
    }

    fn position(&self, agency: &AgencyId, entity: &EntityId) -> Result<Option<Position>, Full> {
        Ok(always(self.memory.position(agency, entity)))
    }

    fn record(&self, agency: &AgencyId, position: Position) -> Result<Option<Record>, Full> {
        Ok(always(self.memory.record(agency, position)))
    }

    fn records_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Full> {
        Ok(always(self.memory.records_after(agency, after, bytes_max)))
    }

    fn unverified_after(
        &self,
        agency: &AgencyId,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<Record>, Full> {
        Ok(always(self.memory.unverified_after(agency, after, bytes_max)))
    }

    fn positions(&self, agency: &AgencyId) -> Result<Vec<Position>, Full> {
        Ok(always(self.memory.positions(agency)))
    }

    fn withdrawals_through(&self, agency: &AgencyId, seq: u64) -> Result<Vec<Position>, Full> {
        Ok(always(self.memory.withdrawals_through(agency, seq)))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Full> {
        self.write()?;
        let written: Vec<Record> =
            batch.put.iter().chain(&batch.judged).map(|(record, _)| record.clone()).collect();
        let agency = batch.catalogue.id();
        always(self.memory.commit(batch));
        let mut outside = self.outside.borrow_mut();
        let shown = written.into_iter().filter(|record| self.shows(record));
        outside.written.verified.extend(shown);
        outside.written.agencies.insert(agency);
        outside.unflushed += 1;
        Ok(())
    }

    fn high_water(&self) -> Result<HighWater, Full> {
        Ok(always(self.memory.high_water()))
    }

    fn set_high_water(&mut self, mark: HighWater) -> Result<(), Full> {
        self.write()?;
        always(self.memory.set_high_water(mark));
        Ok(())
    }

    fn acts(&self) -> Result<Vec<Vec<u8>>, Full> {
        Ok(always(self.memory.acts()))
    }

    fn add_acts(&mut self, acts: &[Vec<u8>]) -> Result<(), Full> {
        self.write()?;
        always(self.memory.add_acts(acts));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Full> {
        self.write()?;
        self.outside.borrow_mut().unflushed = 0;
        always(self.memory.flush());
        Ok(())
    }
}
