//! Collects hits in any order, from an offset on.
//!
//! Invariant: hits have a total order (their keys, then their id), so that pages
//! by offset neither repeat nor miss one as long as the index stays as it is.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use dela_protocol::id::EntityId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::selection::{Key, Order};

/// Collects hits from an offset on, and counts all.
pub(super) struct Ranking<'a> {
    pub(super) order: &'a [Order],
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// What was collected, in order.
pub(super) struct Rows {
    /// How many hits there are in all.
    pub(super) total: u64,
    rows: Vec<Row>,
}

/// A hit with what it is ordered by, comparable between segments.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    keys: Vec<Part>,
    id: Part,
}

/// Bytes that sort forwards or backwards. In one place of a row it is always the
/// same of the two.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Up(Vec<u8>),
    Down(Reverse<Vec<u8>>),
}

impl Part {
    fn new(bytes: Vec<u8>, descending: bool) -> Self {
        if descending { Self::Down(Reverse(bytes)) } else { Self::Up(bytes) }
    }

    fn into_bytes(self) -> Vec<u8> {
        let (Self::Up(bytes) | Self::Down(Reverse(bytes))) = self;
        bytes
    }
}

impl Rows {
    /// Returns the ids of the hits.
    pub(super) fn ids(self) -> Vec<EntityId> {
        let ids = self.rows.into_iter().filter_map(|row| {
            let bytes: [u8; EntityId::BYTES] = row.id.into_bytes().try_into().ok()?;
            Some(EntityId::from_bytes(bytes))
        });
        ids.collect()
    }

    /// Returns what the hits are ordered by in the first place, as text.
    pub(super) fn first_keys(self) -> Vec<String> {
        let keys = self.rows.into_iter().filter_map(|row| {
            let key = row.keys.into_iter().next()?;
            String::from_utf8(key.into_bytes()).ok()
        });
        keys.collect()
    }
}

impl Ranking<'_> {
    /// Returns the keys that count: nothing after an id changes the order.
    fn keys(&self) -> impl Iterator<Item = Order> {
        let until_id = self.order.iter().take_while(|order| order.key != Key::Id);
        until_id.take(Order::KEYS_MAX).copied()
    }

    fn id_descends(&self) -> bool {
        self.order.iter().any(|order| order.key == Key::Id && order.descending)
    }
}

impl Collector for Ranking<'_> {
    type Fruit = Rows;
    type Child = RankingOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<RankingOfSegment> {
        let columns = segment.fast_fields();
        let mut keys = Vec::new();
        for Order { key, descending } in self.keys() {
            let source = match key {
                Key::Signed => Source::Number(columns.u64("signed")?),
                Key::Package => Source::Text(columns.str("package")?),
                Key::Title => Source::Text(columns.str("title_key")?),
                Key::Score | Key::Id => Source::Score,
            };
            keys.push((source, descending));
        }
        Ok(RankingOfSegment {
            keys,
            id_descends: self.id_descends(),
            id_high: columns.u64("id_high")?,
            id_low: columns.u64("id_low")?,
            kept: if self.limit == 0 { 0 } else { self.offset.saturating_add(self.limit) },
            total: 0,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.keys().any(|order| order.key == Key::Score)
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Rows>>) -> tantivy::Result<Rows> {
        let mut all = Rows { total: 0, rows: Vec::new() };
        for segment in segments {
            let segment = segment?;
            all.total += segment.total;
            all.rows.extend(segment.rows);
        }
        all.rows.sort_unstable();
        all.rows = all.rows.into_iter().skip(self.offset).take(self.limit).collect();
        Ok(all)
    }
}

/// Where a key comes from in one segment.
enum Source {
    Score,
    Number(Column<u64>),
    Text(Option<StrColumn>),
}

impl Source {
    /// Returns the key as a number that grows with it within the segment.
    fn number(&self, doc: DocId, score: Score) -> u64 {
        match self {
            // Scores are never negative, and such floats sort as their bits do.
            Self::Score => u64::from(score.max(0.0).to_bits()),
            Self::Number(column) => column.first(doc).unwrap_or(0),
            Self::Text(column) => {
                column.as_ref().and_then(|column| column.ords().first(doc)).unwrap_or(0)
            }
        }
    }

    /// Returns the key as bytes that have the same order in all segments.
    fn bytes(&self, number: u64) -> tantivy::Result<Vec<u8>> {
        let Self::Text(column) = self else { return Ok(number.to_be_bytes().to_vec()) };
        let mut text = String::new();
        if let Some(column) = column {
            column.ord_to_str(number, &mut text)?;
        }
        Ok(text.into_bytes())
    }
}

/// What a hit is ordered by within a segment: keys that are turned over where
/// the largest comes first, then the id.
type Place = ([u64; Order::KEYS_MAX], (u64, u64));

/// Collects in one segment.
pub(super) struct RankingOfSegment {
    keys: Vec<(Source, bool)>,
    id_descends: bool,
    id_high: Column<u64>,
    id_low: Column<u64>,
    /// How many of the best are kept.
    kept: usize,
    total: u64,
    /// The best so far, the worst of them on top.
    best: BinaryHeap<Place>,
}

const fn turned(number: u64, over: bool) -> u64 {
    if over { !number } else { number }
}

impl RankingOfSegment {
    fn row(&self, (numbers, (high, low)): Place) -> tantivy::Result<Row> {
        let mut keys = Vec::with_capacity(self.keys.len());
        for ((source, descending), number) in self.keys.iter().zip(numbers) {
            keys.push(Part::new(source.bytes(turned(number, *descending))?, *descending));
        }
        let mut id = turned(high, self.id_descends).to_be_bytes().to_vec();
        id.extend(turned(low, self.id_descends).to_be_bytes());
        Ok(Row { keys, id: Part::new(id, self.id_descends) })
    }
}

impl SegmentCollector for RankingOfSegment {
    type Fruit = tantivy::Result<Rows>;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        if self.kept == 0 {
            return;
        }
        let mut numbers = [0; Order::KEYS_MAX];
        for (number, (source, descending)) in numbers.iter_mut().zip(&self.keys) {
            *number = turned(source.number(doc, score), *descending);
        }
        let is_full = self.best.len() >= self.kept;
        // Ids are looked up only where they matter.
        if is_full && self.best.peek().is_some_and(|worst| numbers > worst.0) {
            return;
        }
        let id = |column: &Column<u64>| turned(column.first(doc).unwrap_or(0), self.id_descends);
        let place = (numbers, (id(&self.id_high), id(&self.id_low)));
        if !is_full {
            self.best.push(place);
        } else if let Some(mut worst) = self.best.peek_mut()
            && place < *worst
        {
            *worst = place;
        }
    }

    fn harvest(mut self) -> Self::Fruit {
        let best = core::mem::take(&mut self.best);
        let rows = best.into_iter().map(|place| self.row(place));
        Ok(Rows { total: self.total, rows: rows.collect::<tantivy::Result<_>>()? })
    }
}
