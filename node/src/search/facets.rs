//! How hits divide by agency, theme, licence and the like.
//!
//! The counts of a facet ignore the filter on that same facet, so that one sees
//! what choosing another value would give. All facets are counted in one pass
//! over what the words find: a document that all filters let through counts
//! everywhere, and one that a single filter stops counts in that facet alone.

use std::collections::{BTreeMap, BTreeSet};

use dela_protocol::api::{Facet, FacetValue};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::StrColumn;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::Term;
use crate::language::Language;

/// How many values of a facet are returned: more than fit beside a list of
/// hits, and what clients of CKAN get.
const VALUES_MAX: usize = 50;

/// Counts the values of all facets.
pub(super) struct Facets<'a> {
    /// What is counted, each with the filter on it; empty where there is none.
    pub(super) terms: Vec<(Term, &'a [String])>,
}

/// Counts by value, for each term.
pub(super) type Counts = Vec<BTreeMap<String, u64>>;

impl Collector for Facets<'_> {
    type Fruit = Counts;
    type Child = FacetsOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<FacetsOfSegment> {
        let mut columns = Vec::new();
        for (term, filter) in &self.terms {
            columns.push(Counted::of(segment.fast_fields().str(term.name())?, filter)?);
        }
        Ok(FacetsOfSegment { columns })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Counts>>) -> tantivy::Result<Counts> {
        let mut all = vec![BTreeMap::new(); self.terms.len()];
        for segment in segments {
            for (sum, part) in all.iter_mut().zip(segment?) {
                for (value, count) in part {
                    *sum.entry(value).or_default() += count;
                }
            }
        }
        Ok(all)
    }
}

/// One facet in one segment.
struct Counted {
    column: Option<StrColumn>,
    /// The values that the filter lets through, by their numbers in the segment;
    /// `None` without a filter.
    allowed: Option<BTreeSet<u64>>,
    counts: Vec<u64>,
}

impl Counted {
    fn of(column: Option<StrColumn>, filter: &[String]) -> tantivy::Result<Self> {
        let mut allowed = (!filter.is_empty()).then(BTreeSet::new);
        if let (Some(allowed), Some(column)) = (&mut allowed, &column) {
            for value in filter {
                allowed.extend(column.dictionary().term_ord(value.as_bytes())?);
            }
        }
        let terms = column.as_ref().map_or(0, |column| column.dictionary().num_terms());
        Ok(Self { column, allowed, counts: vec![0; terms] })
    }

    fn lets_through(&self, doc: DocId) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| {
            self.column.as_ref().is_some_and(|column| {
                column.ords().values_for_doc(doc).any(|value| allowed.contains(&value))
            })
        })
    }

    fn count(&mut self, doc: DocId) {
        if let Some(column) = &self.column {
            for value in column.ords().values_for_doc(doc) {
                let slot = usize::try_from(value).ok().and_then(|value| self.counts.get_mut(value));
                if let Some(count) = slot {
                    *count += 1;
                }
            }
        }
    }

    fn by_value(self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut by_value = BTreeMap::new();
        let Some(column) = self.column else { return Ok(by_value) };
        for (number, count) in (0..).zip(self.counts).filter(|(_, count)| *count > 0) {
            let mut value = String::new();
            column.ord_to_str(number, &mut value)?;
            by_value.insert(value, count);
        }
        Ok(by_value)
    }
}

/// All facets in one segment.
pub(super) struct FacetsOfSegment {
    columns: Vec<Counted>,
}

impl SegmentCollector for FacetsOfSegment {
    type Fruit = tantivy::Result<Counts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        let mut stopped_by = None;
        for (index, column) in self.columns.iter().enumerate() {
            if !column.lets_through(doc) && stopped_by.replace(index).is_some() {
                return;
            }
        }
        for (index, column) in self.columns.iter_mut().enumerate() {
            if stopped_by.is_none_or(|only| only == index) {
                column.count(doc);
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.columns.into_iter().map(Counted::by_value).collect()
    }
}

/// Returns the facets as the API has them: the most frequent values first.
pub(super) fn facets(counts: Counts) -> Vec<Facet> {
    Term::FACETS
        .into_iter()
        .zip(counts)
        .map(|(term, counts)| {
            let mut counts = most_frequent(counts);
            counts.truncate(VALUES_MAX);
            let values = counts.into_iter().map(|(value, count)| FacetValue {
                label: term.label(&value, Language::English),
                value,
                count,
            });
            Facet { name: term.name().to_owned(), values: values.collect() }
        })
        .collect()
}

/// Returns values with their counts, the most frequent first.
pub(super) fn most_frequent(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
