//! How many of the datasets there are, and what they meet, added up.
//!
//! The marks of each dataset stand in columns of the index, so they are added
//! up for all of a federation in one pass over some numbers, and are as current
//! as the search is.

use std::collections::BTreeMap;

use dela_protocol::api::DatasetKind;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::AllQuery;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::{Filters, Search, SearchError, Term, filtered, schema};
use crate::quality::Rating;

/// How many bits there are to count.
const BITS: usize = 64;

/// Datasets, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many datasets there are.
    pub datasets: u64,
    /// How many distributions they have.
    pub distributions: u64,
    /// How many datasets have each bit of [`Marks::dataset`](crate::quality::Marks).
    pub of_datasets: [u64; BITS],
    /// How many distributions have each bit.
    pub of_distributions: [u64; BITS],
    /// How many datasets have each rating, in the order of [`Rating::ALL`].
    pub ratings: [u64; Rating::ALL.len()],
    /// How many datasets have each category of high-value data, by its code.
    pub high_value: BTreeMap<String, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            datasets: 0,
            distributions: 0,
            of_datasets: [0; BITS],
            of_distributions: [0; BITS],
            ratings: [0; Rating::ALL.len()],
            high_value: BTreeMap::new(),
        }
    }
}

impl Search {
    /// Adds up the datasets of one agency, by its id, or of all.
    pub fn tally(&self, agency: Option<&str>) -> Result<Tally, SearchError> {
        let filters = Filters::default()
            .with(Term::Agency, agency)
            .with(Term::Kind, [schema::kind_name(DatasetKind::Dataset)]);
        let query = filtered(&AllQuery, &filters, &self.inner.fields);
        let searcher = self.inner.reader.searcher();
        self.inner.judge(searcher.search(&query, &Tallying))
    }
}

/// Adds up whatever the query finds.
struct Tallying;

impl Collector for Tallying {
    type Fruit = Tally;
    type Child = TallyOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<TallyOfSegment> {
        let columns = segment.fast_fields();
        let high_value = columns.str(Term::HighValue.name())?;
        let terms = high_value.as_ref().map_or(0, |column| column.dictionary().num_terms());
        Ok(TallyOfSegment {
            marks: columns.u64("marks")?,
            form_marks: columns.u64("form_marks")?,
            points: columns.u64("points")?,
            high_value,
            by_term: vec![0; terms],
            tally: Tally::default(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Tally>>) -> tantivy::Result<Tally> {
        let mut all = Tally::default();
        for segment in segments {
            all.add(segment?);
        }
        Ok(all)
    }
}

struct TallyOfSegment {
    marks: Column<u64>,
    form_marks: Column<u64>,
    points: Column<u64>,
    high_value: Option<StrColumn>,
    /// How many datasets have each category, by its number in the segment.
    by_term: Vec<u64>,
    tally: Tally,
}

impl SegmentCollector for TallyOfSegment {
    type Fruit = tantivy::Result<Tally>;

    fn collect(&mut self, doc: DocId, _: Score) {
        let tally = &mut self.tally;
        tally.datasets += 1;
        count_bits(&mut tally.of_datasets, self.marks.first(doc).unwrap_or_default());
        for marks in self.form_marks.values_for_doc(doc) {
            tally.distributions += 1;
            count_bits(&mut tally.of_distributions, marks);
        }
        let points = self.points.first(doc).unwrap_or_default();
        let rating = Rating::of(u32::try_from(points).unwrap_or(u32::MAX));
        if let Some(place) = Rating::ALL.iter().position(|known| *known == rating)
            && let Some(count) = tally.ratings.get_mut(place)
        {
            *count += 1;
        }
        for term in self.high_value.iter().flat_map(|column| column.ords().values_for_doc(doc)) {
            let slot = usize::try_from(term).ok().and_then(|term| self.by_term.get_mut(term));
            if let Some(count) = slot {
                *count += 1;
            }
        }
    }

    fn harvest(mut self) -> tantivy::Result<Tally> {
        let Some(column) = &self.high_value else { return Ok(self.tally) };
        for (term, count) in (0..).zip(&self.by_term).filter(|(_, count)| **count > 0) {
            let mut code = String::new();
            if column.ord_to_str(term, &mut code)? {
                *self.tally.high_value.entry(code).or_default() += count;
            }
        }
        Ok(self.tally)
    }
}

fn count_bits(counts: &mut [u64; BITS], bits: u64) {
    for (bit, count) in counts.iter_mut().enumerate() {
        *count += bits >> bit & 1;
    }
}

impl Tally {
    /// Adds what another part of the index has.
    fn add(&mut self, other: Self) {
        self.datasets += other.datasets;
        self.distributions += other.distributions;
        let sums = self.of_datasets.iter_mut().zip(other.of_datasets);
        let sums = sums.chain(self.of_distributions.iter_mut().zip(other.of_distributions));
        let sums = sums.chain(self.ratings.iter_mut().zip(other.ratings));
        sums.for_each(|(sum, part)| *sum += part);
        for (code, count) in other.high_value {
            *self.high_value.entry(code).or_default() += count;
        }
    }
}
