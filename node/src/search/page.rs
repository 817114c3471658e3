//! One page of hits, and where the next one begins.
//!
//! Invariant: hits have a total order (what they are sorted by, then their id),
//! and a page is what comes next after a place in that order. So no hit is seen
//! twice or missed by paging while the index stays as it is, and a page far back
//! costs what the first one costs.

use std::collections::BinaryHeap;

use data_encoding::BASE64URL_NOPAD;
use dela_protocol::api::Sort;
use dela_protocol::id::EntityId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::SearchError;

/// The longest cursor: the sort key of a title, an id, and what it was for.
const CURSOR_CHARS_MAX: usize = 512;

const VERSION: u8 = 1;

/// A place in the order of hits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// What hits are sorted by, as bytes that sort in the order of the hits.
    key: Vec<u8>,
    id: (u64, u64),
}

impl Place {
    /// Returns the cursor that stands for this place in the hits of the query
    /// with this fingerprint.
    pub(super) fn cursor(&self, fingerprint: u64) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(fingerprint.to_be_bytes());
        bytes.extend(self.id.0.to_be_bytes());
        bytes.extend(self.id.1.to_be_bytes());
        bytes.extend(&self.key);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a cursor, which must be one of the same query.
    pub(super) fn read(cursor: &str, fingerprint: u64) -> Result<Self, SearchError> {
        if cursor.len() > CURSOR_CHARS_MAX {
            return Err(SearchError::BadCursor);
        }
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes());
        let bytes = bytes.map_err(|_| SearchError::BadCursor)?;
        let (&version, rest) = bytes.split_first().ok_or(SearchError::BadCursor)?;
        let (numbers, key) = rest.split_at_checked(24).ok_or(SearchError::BadCursor)?;
        match numbers.as_chunks::<8>().0 {
            [of, high, low] if version == VERSION && u64::from_be_bytes(*of) == fingerprint => {
                let id = (u64::from_be_bytes(*high), u64::from_be_bytes(*low));
                Ok(Self { key: key.to_vec(), id })
            }
            _ => Err(SearchError::BadCursor),
        }
    }

    /// Returns the id of the hit that stands there.
    pub(super) fn entity(&self) -> EntityId {
        let id = (u128::from(self.id.0) << 64) | u128::from(self.id.1);
        EntityId::from_bytes(id.to_be_bytes())
    }

    #[cfg(test)]
    fn of(key: &[u8], id: &EntityId) -> Self {
        Self { key: key.to_vec(), id: crate::search::schema::halves(id) }
    }
}

/// Collects the hits that come next after a place, and counts all.
pub(super) struct Page {
    pub(super) sort: Sort,
    pub(super) after: Option<Place>,
    /// How many hits to return.
    pub(super) limit: usize,
}

/// What was found.
pub(super) struct Found {
    /// How many hits there are in all, also before the place.
    pub(super) total: u64,
    /// The hits of the page, in order.
    pub(super) places: Vec<Place>,
}

impl Collector for Page {
    type Fruit = Found;
    type Child = PageOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<PageOfSegment> {
        let columns = segment.fast_fields();
        let order = match self.sort {
            Sort::Relevance => Order::Score,
            Sort::Modified => Order::Modified(columns.u64("modified")?),
            Sort::Title => Order::Title(columns.str("title_key")?),
        };
        Ok(PageOfSegment {
            after: self.after.as_ref().map(|place| order.threshold(place)).transpose()?,
            order,
            id_high: columns.u64("id_high")?,
            id_low: columns.u64("id_low")?,
            limit: self.limit,
            total: 0,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Relevance
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all = Found { total: 0, places: Vec::new() };
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.places.extend(segment.places);
        }
        all.places.sort_unstable();
        all.places.truncate(self.limit);
        Ok(all)
    }
}

/// What hits are sorted by, as a number that grows in the order of the hits.
enum Order {
    Score,
    Modified(Column<u64>),
    /// The place of the title among those of the segment.
    Title(Option<StrColumn>),
}

impl Order {
    fn key(&self, doc: DocId, score: Score) -> u64 {
        match self {
            // Scores are never negative, and such floats sort as their bits do.
            Self::Score => !u64::from(score.max(0.0).to_bits()),
            Self::Modified(column) => !column.first(doc).unwrap_or(0),
            Self::Title(column) => {
                column.as_ref().and_then(|column| column.ords().first(doc)).unwrap_or(u64::MAX)
            }
        }
    }

    /// Returns the least key and id that come after a place.
    fn threshold(&self, place: &Place) -> tantivy::Result<(u64, Option<(u64, u64)>)> {
        let Self::Title(column) = self else {
            // A cursor that was tampered with leads to some page, to no error.
            let key = place.key.as_slice().try_into().map_or(u64::MAX, u64::from_be_bytes);
            return Ok((key, Some(place.id)));
        };
        let Some(column) = column else { return Ok((u64::MAX, None)) };
        // The title may not occur in this segment.
        Ok(match rank(column, &place.key)? {
            (ord, true) => (ord, Some(place.id)),
            (ord, false) => (ord, None),
        })
    }

    /// Returns the key as bytes that have the same order in all segments.
    fn bytes(&self, key: u64) -> tantivy::Result<Vec<u8>> {
        let Self::Title(column) = self else { return Ok(key.to_be_bytes().to_vec()) };
        let mut title = String::new();
        if let Some(column) = column {
            column.ord_to_str(key, &mut title)?;
        }
        Ok(title.into_bytes())
    }
}

/// Returns how many titles come before `title`, and whether it is one itself.
fn rank(column: &StrColumn, title: &[u8]) -> tantivy::Result<(u64, bool)> {
    if let Some(ord) = column.dictionary().term_ord(title)? {
        return Ok((ord, true));
    }
    let mut low = 0;
    let mut high = u64::try_from(column.dictionary().num_terms()).unwrap_or(u64::MAX);
    let mut middle_title = String::new();
    while low < high {
        let middle = low.midpoint(high);
        column.ord_to_str(middle, &mut middle_title)?;
        if middle_title.as_bytes() < title { low = middle + 1 } else { high = middle }
    }
    Ok((low, false))
}

/// Collects in one segment.
pub(super) struct PageOfSegment {
    order: Order,
    after: Option<(u64, Option<(u64, u64)>)>,
    id_high: Column<u64>,
    id_low: Column<u64>,
    limit: usize,
    total: u64,
    /// The best so far, the worst of them on top.
    best: BinaryHeap<(u64, (u64, u64))>,
}

impl PageOfSegment {
    fn id(&self, doc: DocId) -> (u64, u64) {
        (self.id_high.first(doc).unwrap_or(0), self.id_low.first(doc).unwrap_or(0))
    }
}

impl SegmentCollector for PageOfSegment {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        let key = self.order.key(doc, score);
        // Ids are looked up only where they matter.
        let worst = if self.best.len() < self.limit { None } else { self.best.peek() };
        if worst.is_some_and(|worst| key > worst.0) || self.limit == 0 {
            return;
        }
        let id = self.id(doc);
        if let Some((after, after_id)) = self.after
            && (key < after || (key == after && after_id.is_some_and(|after_id| id <= after_id)))
        {
            return;
        }
        if self.best.len() < self.limit {
            self.best.push((key, id));
        } else if let Some(mut worst) = self.best.peek_mut()
            && (key, id) < *worst
        {
            *worst = (key, id);
        }
    }

    fn harvest(self) -> Self::Fruit {
        let places = self
            .best
            .into_iter()
            .map(|(key, id)| self.order.bytes(key).map(|key| Place { key, id }));
        Ok(Found { total: self.total, places: places.collect::<tantivy::Result<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_own_query_only() {
        let id = EntityId::from_bytes([7; 16]);
        let place = Place::of(b"luftkvalitet", &id);
        let cursor = place.cursor(5);
        assert_eq!(Place::read(&cursor, 5).unwrap(), place);
        assert_eq!(place.entity(), id);
        for (cursor, fingerprint) in
            [(cursor.as_str(), 6), ("", 5), ("AQ", 5), ("å", 5), (&"A".repeat(600), 5)]
        {
            assert!(matches!(Place::read(cursor, fingerprint), Err(SearchError::BadCursor)));
        }
    }
}
