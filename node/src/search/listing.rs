//! What is found, in the order of ids: for whoever walks through all of it.
//!
//! Invariant: an id never changes and a commit replaces a document whole, so
//! whoever asks page after page for what follows the last id sees each thing
//! that was there throughout exactly once, whatever comes and goes meanwhile.

use std::collections::BinaryHeap;
use std::sync::Arc;

use dela_protocol::id::EntityId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{AllQuery, Query as Clause};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::{Query, Search, SearchError, filtered, schema, words};

/// An id as the index has it: in two halves.
type Id = (u64, u64);

/// Some of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// How much there is in all, on this page and others.
    pub total: u64,
    /// The ids of this page, ascending.
    pub ids: Vec<EntityId>,
    /// Whether more follow.
    pub more: bool,
}

/// Which part of what is found is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// Only these, ascending; `None` for all.
    pub among: Option<&'a [EntityId]>,
    /// Only what follows this id.
    pub after: Option<EntityId>,
    /// How many of those to pass over.
    pub skip: usize,
    /// How many of the rest.
    pub limit: usize,
}

impl Search {
    /// Lists what a query finds, by id; its order, page and facets do not count.
    pub fn list(&self, query: &Query, part: Part<'_>) -> Result<Listing, SearchError> {
        let inner = &self.inner;
        query.check_filters()?;
        let found: Box<dyn Clause> =
            words::query(&query.words, &inner.fields)?.unwrap_or_else(|| Box::new(AllQuery));
        let found = filtered(&*found, &query.filters, &inner.fields);
        let wanted = part.skip.saturating_add(part.limit);
        let collector = Ids {
            among: part.among.map(|ids| ids.iter().map(schema::halves).collect()),
            after: part.after.as_ref().map(schema::halves),
            limit: wanted.saturating_add(1),
        };
        let (total, mut ids) = inner.judge(inner.reader.searcher().search(&found, &collector))?;
        let more = ids.len() > wanted;
        ids.truncate(wanted);
        let ids = ids.into_iter().skip(part.skip).map(whole).collect();
        Ok(Listing { total, ids, more })
    }
}

fn whole((high, low): Id) -> EntityId {
    let id = (u128::from(high) << 64) | u128::from(low);
    EntityId::from_bytes(id.to_be_bytes())
}

/// Collects the lowest ids after one.
struct Ids {
    among: Option<Arc<[Id]>>,
    after: Option<Id>,
    limit: usize,
}

impl Collector for Ids {
    type Fruit = (u64, Vec<Id>);
    type Child = IdsOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<IdsOfSegment> {
        let columns = segment.fast_fields();
        Ok(IdsOfSegment {
            among: self.among.clone(),
            after: self.after,
            limit: self.limit,
            high: columns.u64("id_high")?,
            low: columns.u64("id_low")?,
            total: 0,
            lowest: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<(u64, Vec<Id>)>) -> tantivy::Result<(u64, Vec<Id>)> {
        let total = segments.iter().map(|(total, _)| total).sum();
        let mut ids: Vec<Id> = segments.into_iter().flat_map(|(_, ids)| ids).collect();
        ids.sort_unstable();
        ids.truncate(self.limit);
        Ok((total, ids))
    }
}

/// Collects in one segment.
struct IdsOfSegment {
    among: Option<Arc<[Id]>>,
    after: Option<Id>,
    limit: usize,
    high: Column<u64>,
    low: Column<u64>,
    total: u64,
    /// The lowest so far, the highest of them on top.
    lowest: BinaryHeap<Id>,
}

impl SegmentCollector for IdsOfSegment {
    type Fruit = (u64, Vec<Id>);

    fn collect(&mut self, doc: DocId, _: Score) {
        let id = (self.high.first(doc).unwrap_or(0), self.low.first(doc).unwrap_or(0));
        if self.among.as_ref().is_some_and(|among| among.binary_search(&id).is_err()) {
            return;
        }
        self.total += 1;
        if self.after.is_some_and(|after| id <= after) {
            return;
        }
        if self.lowest.len() < self.limit {
            self.lowest.push(id);
        } else if let Some(mut highest) = self.lowest.peek_mut()
            && id < *highest
        {
            *highest = id;
        }
    }

    fn harvest(self) -> Self::Fruit {
        (self.total, self.lowest.into_vec())
    }
}
