//! What happened to each entity last, in the order this node learnt of it: the
//! matter of the feed.
//!
//! The log of changes has every change; the feed tells of an entity only the
//! newest. Which that is, is kept in memory, 24 bytes an entity, from the first
//! question for the feed on: the log is read once, and then what is added to it.
//! Stretches of the log have fixed ends, so that a page of the feed, once full,
//! changes no more; it only loses what newer changes have replaced.
//!
//! Invariant: whatever is offered is told of, also what changed so long ago that
//! the log no longer has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dela_protocol::description::Description;
use dela_protocol::id::EntityId;
use dela_protocol::record::{Record, RecordKind, Withdrawal};
use dela_protocol::time::Timestamp;

use super::agencies::description;
use super::datasets::dataset_kind;
use super::{Index, IndexError};
use crate::storage::{Change, Reader, StoreError};

/// How many changes are read at a time, to be looked through.
const CHANGES_PER_STEP: usize = 10_000;

/// How many entities are looked at for a page of what the log no longer has: a
/// page of which most are in the log is short rather than slow.
const ENTITIES_PER_PAGE_MAX: usize = 10_000;

/// Which change of each entity is its newest.
#[derive(Debug, Default)]
pub(super) struct Newest {
    through: u64,
    changes: HashMap<EntityId, Mark>,
}

/// The number of a change, and whether it is the first of its entity in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    number: u64,
    is_first: bool,
}

impl Newest {
    /// Takes in what was added to the log.
    fn follow(&mut self, reader: &Reader) -> Result<(), StoreError> {
        loop {
            let changes = reader.changes_after(self.through, CHANGES_PER_STEP)?;
            let Some(last) = changes.last() else { return Ok(()) };
            self.through = last.number;
            for change in changes {
                let is_first = !self.changes.contains_key(&change.entity);
                self.changes.insert(change.entity, Mark { number: change.number, is_first });
            }
        }
    }
}

/// What an activity did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The entity is new, as far as the log reaches back.
    Created(Description),
    /// It is described anew.
    Updated(Description),
    /// It is offered no more.
    Deleted,
}

/// The newest that happened to an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The number of the change; `None` where the log no longer has it.
    pub number: Option<u64>,
    /// When, by this node's clock; such times do not go back.
    pub at: Timestamp,
    /// The entity.
    pub entity: EntityId,
    /// Its IRI.
    pub iri: String,
    /// What.
    pub done: Done,
}

/// How far the log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The number that names the log.
    pub origin: u64,
    /// The oldest change in it; that of the next one, while it is empty.
    pub first: u64,
    /// The newest; 0 before the first.
    pub last: u64,
}

impl Index {
    /// Returns how far the log of changes reaches.
    pub fn reach(&self) -> Result<Reach, IndexError> {
        self.demand_recovered()?;
        let reader = &self.parts.reader;
        // In this order: what is added meanwhile is no part of it.
        let last = reader.last_change()?;
        Ok(Reach { origin: reader.origin(), first: reader.first_change()?, last })
    }

    /// Returns when the change of that number was, or the first after it that is
    /// still known; `None` if there is none.
    pub fn change_at(&self, number: u64) -> Result<Option<Timestamp>, IndexError> {
        let found = self.parts.reader.changes_after(number.saturating_sub(1), 1)?;
        Ok(found.first().map(|change| change.at))
    }

    /// Returns the activities among the changes from `first` to `last` that are
    /// the newest of their entities.
    pub fn activities(&self, first: u64, last: u64) -> Result<Vec<Activity>, IndexError> {
        self.demand_recovered()?;
        let count = last.saturating_add(1).saturating_sub(first);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut changes = self.parts.reader.changes_after(first.saturating_sub(1), count)?;
        changes.retain(|change| change.number <= last);
        let marks = self.marks(changes.iter().map(|change| change.entity))?;
        let mut activities = Vec::with_capacity(changes.len());
        for change in changes {
            if let Some(mark) = marks.get(&change.entity)
                && mark.number == change.number
            {
                activities.extend(self.activity(&change, mark.is_first)?);
            }
        }
        Ok(activities)
    }

    /// Returns what is offered and of which the log no longer tells, by id, from
    /// the one that follows `after`; and after which to go on.
    pub fn before_the_log(
        &self,
        after: Option<EntityId>,
        limit: usize,
    ) -> Result<(Vec<Activity>, Option<EntityId>), IndexError> {
        self.demand_recovered()?;
        let reader = &self.parts.reader;
        let first = reader.first_change()?;
        if first <= 1 {
            return Ok((Vec::new(), None));
        }
        let before = self.change_at(first)?.unwrap_or_default();
        let entities = reader.entities_after(after).take(ENTITIES_PER_PAGE_MAX);
        let entities = entities.collect::<Result<Vec<EntityId>, _>>()?;
        let is_last = entities.len() < ENTITIES_PER_PAGE_MAX;
        let end = entities.last().copied().filter(|_| !is_last);
        let marks = self.marks(entities.iter().copied())?;
        let is_in_the_log =
            |entity: &EntityId| marks.get(entity).is_some_and(|mark| mark.number >= first);
        let mut activities = Vec::new();
        let mut last = None;
        for entity in entities.into_iter().filter(|entity| !is_in_the_log(entity)) {
            if activities.len() >= limit {
                return Ok((activities, last));
            }
            last = Some(entity);
            let Some(record) = reader.newest(&entity)? else { continue };
            if let Some((iri, done)) = self.done(&record, true)? {
                let at = record.issued_at().min(before);
                activities.push(Activity { number: None, at, entity, iri, done });
            }
        }
        Ok((activities, end))
    }

    /// Returns the numbers of those changes that are the only ones of their
    /// entities in the log: what they tell of is new.
    pub(super) fn firsts(&self, changes: &[Change]) -> Result<BTreeSet<u64>, IndexError> {
        let marks = self.marks(changes.iter().map(|change| change.entity))?;
        let first = self.parts.reader.first_change()?;
        // What a log that lost its beginning has first, may have been there before.
        let firsts = marks.values().filter(|mark| mark.is_first && first <= 1);
        Ok(firsts.map(|mark| mark.number).collect())
    }

    /// Returns which change is the newest of each of these entities.
    fn marks(
        &self,
        entities: impl Iterator<Item = EntityId>,
    ) -> Result<BTreeMap<EntityId, Mark>, IndexError> {
        let mut newest = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        newest.follow(&self.parts.reader)?;
        let known = |entity: EntityId| Some((entity, *newest.changes.get(&entity)?));
        Ok(entities.filter_map(known).collect())
    }

    fn activity(&self, change: &Change, is_first: bool) -> Result<Option<Activity>, IndexError> {
        // An agency that began anew without it, or a withdrawal that is no
        // longer kept: nobody knows its IRI any more.
        let Some(record) = self.parts.reader.newest(&change.entity)? else { return Ok(None) };
        let done = self.done(&record, is_first)?;
        Ok(done.map(|(iri, done)| Activity {
            number: Some(change.number),
            at: change.at,
            entity: change.entity,
            iri,
            done,
        }))
    }

    /// Returns what a record did, and to what; `None` for what is no entry of a
    /// catalogue.
    fn done(&self, record: &Record, is_first: bool) -> Result<Option<(String, Done)>, IndexError> {
        if record.kind() == RecordKind::Withdrawal {
            let Withdrawal { iri, .. } = Withdrawal::decode(record.body())
                .map_err(|source| IndexError::Unreadable { entity: record.entity(), source })?;
            // Another agency may describe the same thing, and then it is there.
            let done = match self.described_by_another(&iri)? {
                Some(description) => Done::Updated(description),
                None => Done::Deleted,
            };
            return Ok(Some((iri, done)));
        }
        if dataset_kind(record.kind()).is_none() {
            return Ok(None);
        }
        let Some(description) = description(record)? else { return Ok(None) };
        let iri = description.iri().to_owned();
        let done = if is_first { Done::Created(description) } else { Done::Updated(description) };
        Ok(Some((iri, done)))
    }

    fn described_by_another(&self, iri: &str) -> Result<Option<Description>, IndexError> {
        for record in self.records_about(iri)? {
            if dataset_kind(record.kind()).is_some()
                && let Some(description) = description(&record)?
            {
                return Ok(Some(description));
            }
        }
        Ok(None)
    }
}
