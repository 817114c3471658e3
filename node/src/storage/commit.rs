//! One change of one catalogue, worked out first and then written in one
//! transaction.
//!
//! Invariant: the closure of the transaction only writes what was worked out
//! before, so it may run any number of times. That is sound because the store
//! has one writer: nothing changes between working out and writing.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::record::Position;
use dela_protocol::store::{Batch, Standing};
use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError};

use super::compression::Packer;
use super::tables::{self, Commit, Directory, TableError, Tables};
use super::versions::{self, Version};

/// How many old entries of the log one commit drops: more than the one it
/// adds, so the log shrinks to its bound, and few enough not to be felt.
const DROPPED_PER_COMMIT_MAX: usize = 8;

/// All that one commit writes.
#[derive(Debug)]
pub(super) struct Plan {
    /// The agency, if it gets a number by this.
    pub(super) new_agency: Option<AgencyId>,
    pub(super) number: u32,
    catalogue: Vec<u8>,
    /// Records by key; `None` where one goes.
    records: BTreeMap<[u8; 16], Option<Vec<u8>>>,
    /// The newest record of each entity whose newest changes.
    entities: BTreeMap<EntityId, Option<Position>>,
    /// What each entity had before, as it is kept; `None` where nothing is.
    versions: BTreeMap<EntityId, Option<Vec<u8>>>,
    log: Option<Commit>,
    /// The number of the last change there is after this.
    pub(super) last_change: u64,
    drop_log: Vec<sled::IVec>,
}

impl Plan {
    /// Works out what a batch writes.
    pub(super) fn of(
        batch: &Batch,
        tables: &Tables,
        directory: &Directory,
        packer: &mut Packer,
        changes_max: u64,
    ) -> Result<Self, TableError> {
        let agency = batch.catalogue.id();
        let known = directory.number(&agency);
        let number = known.unwrap_or_else(|| directory.next());
        let mut records = BTreeMap::new();
        let mut entities = BTreeMap::new();
        // What is new and not yet to be shown is no change to who follows them.
        let mut changed = BTreeSet::new();
        let mut replaced: BTreeMap<EntityId, Vec<Version>> = BTreeMap::new();
        for position in &batch.remove {
            let held = tables.record_and_standing(number, *position)?;
            let Some((record, standing)) = held else { continue };
            if standing != Standing::Quarantined {
                replaced.entry(record.entity()).or_default().push(Version::of(&record));
            }
            records.insert(tables::record_key(number, *position), None);
            if tables.position(number, &record.entity())? == Some(*position) {
                entities.insert(record.entity(), None);
                changed.insert(record.entity());
            }
        }
        for (record, standing) in &batch.put {
            let key = tables::record_key(number, record.position());
            records.insert(key, Some(tables::pack(packer, record, *standing)));
            entities.insert(record.entity(), Some(record.position()));
            if *standing == Standing::Verified {
                changed.insert(record.entity());
            }
        }
        for (record, standing) in &batch.judged {
            changed.insert(record.entity());
            // That one holds is said by how far its catalogue is checked.
            if *standing == Standing::Quarantined
                && tables.record(number, record.position())?.is_some_and(|held| held == *record)
            {
                let key = tables::record_key(number, record.position());
                records.insert(key, Some(tables::pack(packer, record, *standing)));
            }
        }
        let newest = tables.last_commit()?;
        let last = newest.as_ref().map_or(0, Commit::last);
        let log = (!changed.is_empty()).then(|| Commit {
            first: last + 1,
            // The times of the log never go back, though clocks do: what changed
            // since a moment is what follows one place in the log.
            at: newest.map_or(batch.at, |newest| newest.at.max(batch.at)),
            agency: number,
            entities: changed.into_iter().collect(),
        });
        let end = log.as_ref().map_or(last, Commit::last);
        Ok(Self {
            new_agency: known.is_none().then_some(agency),
            number,
            catalogue: batch.catalogue.encode(),
            versions: versions(tables, number, replaced, &entities)?,
            records,
            entities,
            log,
            last_change: end,
            drop_log: outdated(tables, end.saturating_sub(changes_max))?,
        })
    }

    /// Writes everything, or nothing.
    pub(super) fn write(&self, tables: &Tables) -> Result<(), sled::Error> {
        let Tables { agencies, catalogues, records, entities, versions, changes, .. } = tables;
        let trees = (agencies, catalogues, records, entities, versions, changes);
        let written = trees.transaction(|trees| {
            let (agencies, catalogues, records, entities, versions, changes) = trees;
            let number = self.number.to_be_bytes();
            if let Some(agency) = &self.new_agency {
                agencies.insert(agency.as_bytes(), &number)?;
            }
            catalogues.insert(&number, self.catalogue.as_slice())?;
            for (key, value) in &self.records {
                match value {
                    Some(value) => records.insert(key, value.as_slice())?,
                    None => records.remove(key)?,
                };
            }
            for (entity, newest) in &self.entities {
                let key = tables::entity_key(entity, self.number);
                match newest {
                    Some(position) => entities.insert(&key, &tables::position_value(*position))?,
                    None => entities.remove(&key)?,
                };
            }
            for (entity, value) in &self.versions {
                let key = tables::entity_key(entity, self.number);
                match value {
                    Some(value) => versions.insert(&key, value.as_slice())?,
                    None => versions.remove(&key)?,
                };
            }
            if let Some(commit) = &self.log {
                changes.insert(&commit.first.to_be_bytes(), commit.encode())?;
            }
            for key in &self.drop_log {
                changes.remove(key)?;
            }
            Ok::<(), ConflictableTransactionError<()>>(())
        });
        match written {
            Ok(()) | Err(TransactionError::Abort(())) => Ok(()),
            Err(TransactionError::Storage(error)) => Err(error),
        }
    }
}

/// Returns what is kept of the records that are replaced; nothing of entities
/// that are gone altogether.
fn versions(
    tables: &Tables,
    number: u32,
    replaced: BTreeMap<EntityId, Vec<Version>>,
    entities: &BTreeMap<EntityId, Option<Position>>,
) -> Result<BTreeMap<EntityId, Option<Vec<u8>>>, TableError> {
    let mut kept = BTreeMap::new();
    for (entity, mut now) in replaced {
        let is_gone = entities.get(&entity).is_some_and(Option::is_none);
        let value = if is_gone {
            None
        } else {
            let before = tables.versions.get(tables::entity_key(&entity, number))?;
            now.extend(
                before.map(|value| versions::decode(&value)).transpose()?.unwrap_or_default(),
            );
            Some(versions::encode(now))
        };
        kept.insert(entity, value);
    }
    Ok(kept)
}

/// Returns the keys of commits whose changes all have numbers up to `through`.
fn outdated(tables: &Tables, through: u64) -> Result<Vec<sled::IVec>, TableError> {
    let mut keys = Vec::new();
    if through == 0 {
        return Ok(keys);
    }
    for entry in tables.changes.iter().take(DROPPED_PER_COMMIT_MAX) {
        let (key, value) = entry?;
        if tables::commit(&key, &value)?.last() > through {
            break;
        }
        keys.push(key);
    }
    Ok(keys)
}
