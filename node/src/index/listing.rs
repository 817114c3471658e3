//! The whole index, for whoever copies it: part by part, in the order of ids.
//!
//! Invariant: a part is whole. What cannot be read ends the part with an error;
//! only what was withdrawn a moment ago is left out.

use dela_protocol::api::DatasetKind;
use dela_protocol::description::Description;
use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;

use super::agencies::description;
use super::datasets::{dataset_kind, refused};
use super::{Index, IndexError, SearchRequest};
use crate::search::{Part, Query};

/// The most changes that are looked through for what changed since a moment.
/// Sweden has 630 a day; whoever was away longer than this reads everything,
/// which is no more than it asked for and some of it again.
const CHANGES_LOOKED_THROUGH_MAX: usize = 100_000;

/// How many changes are read at a time.
const CHANGES_PER_STEP: usize = 1_000;

/// How many bytes of descriptions one part may have, beside the last: four
/// parts in four requests fit the memory of a small machine, and 500 ordinary
/// descriptions are a quarter of it.
const PART_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// What is searched for; its order and its cursor do not count.
    pub search: SearchRequest,
    /// Only what changed here then or later. It may be more than that, never
    /// less.
    pub since: Option<Timestamp>,
    /// Only what follows this id.
    pub after: Option<EntityId>,
    /// How many of those to pass over.
    pub skip: usize,
}

/// A thing that is offered, with all that is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: EntityId,
    /// What it is.
    pub kind: DatasetKind,
    /// What is said about it.
    pub description: Description,
}

/// A part of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// How much there is in all.
    pub total: u64,
    /// What is in this part.
    pub entries: Vec<Listed>,
    /// After which id the next part begins, if there is one.
    pub next: Option<EntityId>,
}

/// What an answer made from the index depends on: as long as it is the same, so
/// is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The number that names the store.
    pub origin: u64,
    /// The newest change that is stored.
    pub stored: u64,
    /// The newest change that can be searched.
    pub searchable: u64,
    /// When the newest change was stored.
    pub changed_at: Option<Timestamp>,
}

impl State {
    /// Returns when what can be searched last changed; `None` while the search
    /// lags behind the store, because then it will have changed since.
    pub fn searchable_since(&self) -> Option<Timestamp> {
        self.changed_at.filter(|_| self.searchable >= self.stored)
    }
}

impl Index {
    /// Returns what an answer made now depends on. To be asked before the answer
    /// is made: then a change meanwhile is noticed later, not missed.
    pub fn now(&self) -> Result<State, IndexError> {
        let reader = &self.parts.reader;
        Ok(State {
            origin: reader.origin(),
            searchable: self.parts.indexer.indexed().change,
            stored: reader.last_change()?,
            changed_at: reader.changed_at()?,
        })
    }

    /// Lists a part of the index. Whoever goes on after `next` sees everything
    /// that is there throughout exactly once, whatever comes and goes meanwhile.
    pub fn list(&self, request: &ListRequest) -> Result<Listing, IndexError> {
        self.demand_ready()?;
        let query = self.query(&request.search)?;
        let changed = request.since.map(|since| self.changed_since(since)).transpose()?.flatten();
        let part = Part {
            among: changed.as_deref(),
            after: request.after,
            skip: request.skip,
            limit: query.limit,
        };
        let found = self.parts.search.list(&query, part).map_err(refused)?;
        let mut entries = Vec::with_capacity(found.ids.len());
        let mut bytes = 0_usize;
        let mut last = None;
        let mut more = found.more;
        for id in found.ids {
            if bytes > PART_BYTES_MAX {
                more = true;
                break;
            }
            last = Some(id);
            // What was withdrawn a moment ago may still be in the search.
            let Some(record) = self.parts.reader.newest(&id)? else { continue };
            let Some(kind) = dataset_kind(record.kind()) else { continue };
            let Some(description) = description(&record)? else { continue };
            bytes = bytes.saturating_add(record.bytes().len());
            entries.push(Listed { id, kind, description });
        }
        Ok(Listing { total: found.total, entries, next: last.filter(|_| more) })
    }

    /// Returns how much is offered in all, and of a part of it, by id, when it was
    /// signed.
    pub fn signed_at(
        &self,
        skip: usize,
        limit: usize,
    ) -> Result<(u64, Vec<(EntityId, Timestamp)>), IndexError> {
        self.demand_ready()?;
        let part = Part { among: None, after: None, skip, limit };
        let found = self.parts.search.list(&Query::default(), part).map_err(refused)?;
        let mut signed = Vec::with_capacity(found.ids.len());
        for id in found.ids {
            let Some(record) = self.parts.reader.newest(&id)? else { continue };
            if dataset_kind(record.kind()).is_some() {
                signed.push((id, record.issued_at()));
            }
        }
        Ok((found.total, signed))
    }

    /// Returns what changed since a moment, by id; `None` where that cannot be
    /// told or is so much that everything may be listed as well.
    fn changed_since(&self, since: Timestamp) -> Result<Option<Vec<EntityId>>, IndexError> {
        let reader = &self.parts.reader;
        let first = reader.first_change_since(since)?;
        if first > 1 && first <= reader.first_change()? {
            return Ok(None);
        }
        let mut changed = Vec::new();
        let mut through = first.saturating_sub(1);
        loop {
            let changes = reader.changes_after(through, CHANGES_PER_STEP)?;
            changed.extend(changes.iter().map(|change| change.entity));
            let Some(last) = changes.last() else { break };
            if changed.len() > CHANGES_LOOKED_THROUGH_MAX {
                return Ok(None);
            }
            through = last.number;
        }
        changed.sort_unstable();
        changed.dedup();
        Ok(Some(changed))
    }
}
