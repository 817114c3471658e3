//! The side of the store that other threads read from.
//!
//! Invariants: a reader sees each commit whole in each single lookup. Lookups
//! that belong together (an entity, then its record) are repeated when a commit
//! came between them. And a reader sees no record whose own signature has not
//! been found to hold.

use std::sync::Arc;

use dela_protocol::catalogue::Catalogue;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::{Position, Record, RecordKind};
use dela_protocol::store::Standing;
use dela_protocol::time::Timestamp;

use super::Shared;
use super::error::StoreError;
use super::tables::{self, TableError, Verified};
use super::versions::{self, Version};

/// How often a lookup in two steps is tried again: a commit between the steps is
/// rare, and a hundred in a row cannot be.
const TRIES_MAX: usize = 100;

/// Reads from the store, from any thread.
#[derive(Debug, Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// Something in the index changed: a record about an entity came, or the last
/// one went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its number in this store's log; the first is 1.
    pub number: u64,
    /// When, by this node's clock.
    pub at: Timestamp,
    /// Whose catalogue.
    pub agency: AgencyId,
    /// What.
    pub entity: EntityId,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Returns the number that names this store's log of changes. It differs
    /// after the store was lost, so that who followed the old log notices.
    pub fn origin(&self) -> u64 {
        self.shared.origin
    }

    /// Returns the state of every agency's catalogue.
    pub fn catalogues(&self) -> Vec<Arc<Catalogue>> {
        self.shared.directory().catalogues.clone()
    }

    /// Returns the state of every agency's catalogue, and the number of the last
    /// change that is taken in there.
    pub fn catalogues_through(&self) -> (Vec<Arc<Catalogue>>, u64) {
        let directory = self.shared.directory();
        (directory.catalogues.clone(), directory.last_change)
    }

    /// Returns the state of one agency's catalogue.
    pub fn catalogue(&self, agency: &AgencyId) -> Option<Arc<Catalogue>> {
        self.shared.directory().of(agency).cloned()
    }

    /// Returns the newest record about an entity, also where it is a
    /// withdrawal.
    pub fn newest(&self, entity: &EntityId) -> Result<Option<Record>, StoreError> {
        self.shared.judge(self.find_newest(entity))
    }

    fn find_newest(&self, entity: &EntityId) -> Result<Option<Record>, TableError> {
        let tables = &self.shared.tables;
        let mut later = None;
        'again: for _ in 0..TRIES_MAX {
            for entry in tables.entities.scan_prefix(entity.as_bytes()) {
                let (key, value) = entry?;
                let (_, number) = tables::key_entity(&key)?;
                let position = tables::read_position(&value)?;
                let Some((record, standing)) = tables.record_and_standing(number, position)? else {
                    continue 'again;
                };
                if !self.shared.is_shown(number, position, standing) {
                    continue;
                }
                // What is shown was verified, and so found to be about the entity
                // it names; only in a record of a later kind no IRI proves that.
                match record.kind() {
                    RecordKind::Later(_) => later = later.or(Some(record)),
                    _ => return Ok(Some(record)),
                }
            }
            return Ok(later);
        }
        Err(tables::damaged("an entity whose record is missing"))
    }

    /// Returns what this node saw of an entity before its newest record, the
    /// newest first; none of what a node that came later could not see.
    pub fn versions(&self, newest: &Record) -> Result<Vec<Version>, StoreError> {
        self.shared.judge(self.find_versions(newest))
    }

    fn find_versions(&self, newest: &Record) -> Result<Vec<Version>, TableError> {
        let Some(number) = self.shared.number(&newest.agency()) else { return Ok(Vec::new()) };
        let key = tables::entity_key(&newest.entity(), number);
        let value = self.shared.tables.versions.get(key)?;
        let mut found =
            value.map(|value| versions::decode(&value)).transpose()?.unwrap_or_default();
        found.retain(|version| version.position < newest.position());
        found.reverse();
        Ok(found)
    }

    /// Returns all records held of an agency, by position. After an error there
    /// is nothing more.
    pub fn records(&self, agency: &AgencyId) -> impl Iterator<Item = Result<Record, StoreError>> {
        let shared = Arc::clone(&self.shared);
        let number = shared.number(agency);
        let entries = number.map(|number| shared.tables.records.scan_prefix(number.to_be_bytes()));
        let read = move |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry?;
            let position = tables::key_position(&key)?;
            let standing = tables::value_standing(&value)?;
            let is_shown = number.is_some_and(|number| shared.is_shown(number, position, standing));
            is_shown.then(|| tables::unpack(&value)).transpose()
        };
        let shared = Arc::clone(&self.shared);
        until_error(entries.into_iter().flatten(), move |entry| shared.judge(read(entry)))
            .filter_map(Result::transpose)
    }

    /// Returns every entity of which something is held, also a withdrawal, each
    /// once. After an error there is nothing more.
    pub fn entities(&self) -> impl Iterator<Item = Result<EntityId, StoreError>> {
        self.entities_after(None)
    }

    /// Returns the same by id, from the one that follows `after`.
    pub fn entities_after(
        &self,
        after: Option<EntityId>,
    ) -> impl Iterator<Item = Result<EntityId, StoreError>> {
        let shared = Arc::clone(&self.shared);
        let mut previous = after;
        let begin = after.map_or([0; EntityId::BYTES], |after| *after.as_bytes());
        let all = until_error(self.shared.tables.entities.range(begin..), move |entry| {
            let found =
                entry.map_err(TableError::from).and_then(|(key, _)| tables::key_entity(&key));
            shared.judge(found.map(|(entity, _)| entity))
        });
        all.filter(move |entity| match entity {
            Ok(entity) => previous.replace(*entity) != Some(*entity),
            Err(_) => true,
        })
    }

    /// Returns the entities whose id begins with these hexadecimal digits, at
    /// most `limit` of them, each once.
    pub fn beginning_with(&self, digits: &str, limit: usize) -> Result<Vec<EntityId>, StoreError> {
        // A key has two digits a byte; an odd one is compared afterwards.
        let whole = digits.get(..digits.len() / 2 * 2).unwrap_or_default();
        let Ok(prefix) = data_encoding::HEXLOWER.decode(whole.as_bytes()) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in self.shared.tables.entities.scan_prefix(prefix) {
            let key = entry.map_err(TableError::from).and_then(|(key, _)| tables::key_entity(&key));
            let (entity, _) = self.shared.judge(key)?;
            if found.last() != Some(&entity) && entity.to_string().starts_with(digits) {
                found.push(entity);
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Returns changes after the one of that number, in order, at most `limit`.
    pub fn changes_after(&self, number: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.shared.judge(self.find_changes(number, limit))
    }

    fn find_changes(&self, number: u64, limit: usize) -> Result<Vec<Change>, TableError> {
        let log = &self.shared.tables.changes;
        let next = number.saturating_add(1).to_be_bytes();
        // The commit that holds the next change may begin before it.
        let begin = match log.range(..=next).next_back() {
            Some(entry) => entry?.0,
            None => sled::IVec::from(&next),
        };
        let last = self.shared.directory().last_change;
        let mut changes = Vec::new();
        for entry in log.range(begin..) {
            let (key, value) = entry?;
            let commit = tables::commit(&key, &value)?;
            let agency = self.shared.agency(commit.agency);
            let agency = agency.ok_or_else(|| tables::damaged("a change of an unknown agency"))?;
            for (number_of, entity) in (commit.first..).zip(commit.entities) {
                if changes.len() >= limit || number_of > last {
                    return Ok(changes);
                }
                if number_of > number {
                    changes.push(Change { number: number_of, at: commit.at, agency, entity });
                }
            }
        }
        Ok(changes)
    }

    /// Returns the number of the last change that can be followed; 0 before the
    /// first.
    pub fn last_change(&self) -> Result<u64, StoreError> {
        Ok(self.shared.directory().last_change)
    }

    /// Returns the number of the oldest change still in the log; of the next
    /// one to come, while the log is empty. Who has followed only to before the
    /// one before it has missed some, and must read everything.
    pub fn first_change(&self) -> Result<u64, StoreError> {
        let first = self.shared.tables.changes.first().map_err(TableError::from);
        let first = first
            .and_then(|entry| entry.map(|(key, value)| tables::commit(&key, &value)).transpose());
        Ok(self.shared.judge(first)?.map_or(1, |commit| commit.first))
    }

    /// Returns when the newest change was; `None` before the first.
    pub fn changed_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let last = self.shared.tables.last_commit();
        Ok(self.shared.judge(last)?.map(|commit| commit.at))
    }

    /// Returns the number of the first change at `moment` or later that is still
    /// in the log; of the next one to come, if there is none.
    pub fn first_change_since(&self, moment: Timestamp) -> Result<u64, StoreError> {
        self.shared.judge(self.find_first_since(moment))
    }

    /// Searches by halves: numbers and times of the log grow together.
    fn find_first_since(&self, moment: Timestamp) -> Result<u64, TableError> {
        let log = &self.shared.tables.changes;
        let Some((key, value)) = log.first()? else { return Ok(1) };
        let mut low = tables::commit(&key, &value)?.first;
        let mut high = self.shared.tables.last_commit()?.map_or(low, |commit| commit.last() + 1);
        while low < high {
            let middle = low.midpoint(high).to_be_bytes();
            // What is dropped meanwhile lies before the rest of the log.
            let Some(entry) = log.range(..=middle).next_back() else {
                low = u64::from_be_bytes(middle) + 1;
                continue;
            };
            let (key, value) = entry?;
            let commit = tables::commit(&key, &value)?;
            if commit.at < moment {
                low = commit.last() + 1;
            } else {
                high = commit.first.max(low);
            }
        }
        Ok(low)
    }

    /// Reads the whole store and returns how much there is, or the first thing
    /// that is not as it was written.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.shared.verify()
    }

    /// Returns the record at a position.
    pub fn record(
        &self,
        agency: &AgencyId,
        position: Position,
    ) -> Result<Option<Record>, StoreError> {
        let Some(number) = self.shared.number(agency) else { return Ok(None) };
        let found = self.shared.judge(self.shared.tables.record_and_standing(number, position))?;
        let shown = found.filter(|(_, at)| self.shared.is_shown(number, position, *at));
        Ok(shown.map(|(record, _)| record))
    }
}

impl Shared {
    /// Returns whether a record that is kept with this standing may be shown.
    fn is_shown(&self, number: u32, position: Position, standing: Standing) -> bool {
        match standing {
            Standing::Verified => true,
            Standing::Quarantined => false,
            Standing::Unverified => {
                let directory = self.directory();
                let catalogue = directory.catalogue(number);
                catalogue.is_some_and(|catalogue| position <= catalogue.checked)
            }
        }
    }
}

/// Maps entries, and ends after the first error: the engine returns the same
/// error for ever.
fn until_error<I: Iterator, T>(
    entries: I,
    mut read: impl FnMut(I::Item) -> Result<T, StoreError>,
) -> impl Iterator<Item = Result<T, StoreError>> {
    let mut failed = false;
    entries.map_while(move |entry| {
        if failed {
            return None;
        }
        let item = read(entry);
        failed = item.is_err();
        Some(item)
    })
}
