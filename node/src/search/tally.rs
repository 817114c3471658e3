//! How many of the datasets there are, and what they meet, added up.
//!
//! The marks of each dataset stand in columns of the index, so they are added
//! up for all agencies in one pass over some numbers, and are as current as the
//! search is. The sums are kept until the search shows something else: a page
//! that is asked for twice costs one pass.
//!
//! Invariant: what is kept is a fixed number of counts for each agency. Values
//! that agencies make up themselves are counted elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dela_protocol::api::DatasetKind;
use dela_protocol::id::AgencyId;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::AllQuery;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};
use time::OffsetDateTime;

use super::{Search, SearchError, Term, schema};
use crate::quality::Rating;

/// How many bits there are to count.
const BITS: usize = 64;

/// The last year in which datasets are counted. A later one is a slip of the
/// pen, and must not cost a count of its own.
const YEAR_MAX: u32 = 2_100;

/// Datasets, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many datasets there are.
    pub datasets: u64,
    /// How many distributions they have.
    pub distributions: u64,
    /// How many data services there are beside.
    pub data_services: u64,
    /// How many dataset series there are beside.
    pub dataset_series: u64,
    /// How many datasets say no licence.
    pub without_licence: u64,
    /// How many datasets say no format.
    pub without_format: u64,
    /// How many datasets have each bit of [`Marks::dataset`](crate::quality::Marks).
    pub of_datasets: [u64; BITS],
    /// How many distributions have each bit.
    pub of_distributions: [u64; BITS],
    /// How many datasets have each rating, in the order of [`Rating::ALL`].
    pub ratings: [u64; Rating::ALL.len()],
    /// How many datasets have each category of high-value data, by its code.
    pub high_value: BTreeMap<String, u64>,
    /// How many datasets were last changed in which year, from 1970 to 2100.
    pub years: BTreeMap<u32, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            datasets: 0,
            distributions: 0,
            data_services: 0,
            dataset_series: 0,
            without_licence: 0,
            without_format: 0,
            of_datasets: [0; BITS],
            of_distributions: [0; BITS],
            ratings: [0; Rating::ALL.len()],
            high_value: BTreeMap::new(),
            years: BTreeMap::new(),
        }
    }
}

impl Tally {
    /// Returns how many datasets have a bit.
    pub fn count(&self, bit: u32) -> u64 {
        let place = usize::try_from(bit).unwrap_or(usize::MAX);
        self.of_datasets.get(place).copied().unwrap_or_default()
    }
}

/// What each agency offers, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies {
    all: Tally,
    agencies: BTreeMap<AgencyId, Tally>,
}

impl Tallies {
    /// Returns the sums of an agency, or of all; `None` for an agency of which
    /// nothing can be found.
    pub fn of(&self, agency: Option<&AgencyId>) -> Option<&Tally> {
        match agency {
            None => Some(&self.all),
            Some(agency) => self.agencies.get(agency),
        }
    }
}

/// The sums as they were last made, and of which state of the index.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<(u64, Arc<Tallies>)>>);

impl Search {
    /// Adds up the datasets of each agency, unless nothing has changed since that
    /// was done.
    pub fn tallies(&self) -> Result<Arc<Tallies>, SearchError> {
        let searcher = self.inner.reader.searcher();
        let generation = searcher.generation().generation_id();
        // Held while adding up: who asks meanwhile waits for the sums instead of
        // making them, too.
        let mut kept = self.inner.tallies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, tallies)) = &*kept
            && *of == generation
        {
            return Ok(Arc::clone(tallies));
        }
        let tallies = Arc::new(self.inner.judge(searcher.search(&AllQuery, &Tallying))?);
        *kept = Some((generation, Arc::clone(&tallies)));
        Ok(tallies)
    }
}

/// Adds up whatever the query finds.
struct Tallying;

impl Collector for Tallying {
    type Fruit = Tallies;
    type Child = TallyOfSegment;

    fn for_segment(
        &self,
        _: SegmentOrdinal,
        segment: &SegmentReader,
    ) -> tantivy::Result<TallyOfSegment> {
        let columns = segment.fast_fields();
        let kind = columns.str(Term::Kind.name())?;
        let number_of = |wanted: DatasetKind| -> tantivy::Result<Option<u64>> {
            let Some(column) = &kind else { return Ok(None) };
            Ok(column.dictionary().term_ord(schema::kind_name(wanted).as_bytes())?)
        };
        let kinds = [
            number_of(DatasetKind::Dataset)?,
            number_of(DatasetKind::DataService)?,
            number_of(DatasetKind::DatasetSeries)?,
        ];
        let agency = columns.str(Term::Agency.name())?;
        let agencies = agency.as_ref().map_or(0, |column| column.dictionary().num_terms());
        Ok(TallyOfSegment {
            kind,
            kinds,
            agency,
            licence: columns.str(Term::Licence.name())?,
            format: columns.str(Term::Format.name())?,
            high_value: columns.str(Term::HighValue.name())?,
            modified: columns.u64("modified")?,
            marks: columns.u64("marks")?,
            form_marks: columns.u64("form_marks")?,
            points: columns.u64("points")?,
            parts: core::iter::repeat_with(|| None).take(agencies).collect(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Parts>>) -> tantivy::Result<Tallies> {
        let mut tallies = Tallies::default();
        for segment in segments {
            for (agency, part) in segment? {
                tallies.all.add(&part);
                tallies.agencies.entry(agency).or_default().add(&part);
            }
        }
        Ok(tallies)
    }
}

/// The sums of each agency in one segment.
type Parts = Vec<(AgencyId, Tally)>;

struct TallyOfSegment {
    kind: Option<StrColumn>,
    /// The numbers that the segment gives to datasets, services and series.
    kinds: [Option<u64>; 3],
    agency: Option<StrColumn>,
    licence: Option<StrColumn>,
    format: Option<StrColumn>,
    high_value: Option<StrColumn>,
    modified: Column<u64>,
    marks: Column<u64>,
    form_marks: Column<u64>,
    points: Column<u64>,
    /// The sums of each agency, by its number in the segment.
    parts: Vec<Option<Box<Part>>>,
}

/// The sums of an agency in one segment.
#[derive(Default)]
struct Part {
    tally: Tally,
    /// How many datasets have each category, by its number in the segment.
    high_value: BTreeMap<u64, u64>,
}

impl SegmentCollector for TallyOfSegment {
    type Fruit = tantivy::Result<Parts>;

    fn collect(&mut self, doc: DocId, _: Score) {
        let Some(agency) = first(self.agency.as_ref(), doc) else { return };
        let slot = usize::try_from(agency).ok().and_then(|agency| self.parts.get_mut(agency));
        let Some(slot) = slot else { return };
        let Part { tally, high_value } = &mut **slot.get_or_insert_default();
        let kind = first(self.kind.as_ref(), doc);
        let [dataset, service, series] = self.kinds.map(|known| kind.is_some() && kind == known);
        tally.data_services += u64::from(service);
        tally.dataset_series += u64::from(series);
        if !dataset {
            return;
        }
        tally.datasets += 1;
        tally.without_licence += u64::from(first(self.licence.as_ref(), doc).is_none());
        tally.without_format += u64::from(first(self.format.as_ref(), doc).is_none());
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
            *high_value.entry(term).or_default() += 1;
        }
        if let Some(year) = self.modified.first(doc).and_then(year) {
            *tally.years.entry(year).or_default() += 1;
        }
    }

    fn harvest(self) -> tantivy::Result<Parts> {
        let mut parts = Parts::new();
        for (number, part) in (0..).zip(self.parts) {
            let Some(part) = part else { continue };
            let Part { mut tally, high_value } = *part;
            for (term, count) in high_value {
                if let Some(code) = value(self.high_value.as_ref(), term)? {
                    tally.high_value.insert(code, count);
                }
            }
            let agency = value(self.agency.as_ref(), number)?;
            if let Some(agency) = agency.and_then(|agency| agency.parse().ok()) {
                parts.push((agency, tally));
            }
        }
        Ok(parts)
    }
}

/// Returns the number of the first value a document has.
fn first(column: Option<&StrColumn>, doc: DocId) -> Option<u64> {
    column?.ords().first(doc)
}

/// Returns the value that has a number in the segment.
fn value(column: Option<&StrColumn>, number: u64) -> tantivy::Result<Option<String>> {
    let Some(column) = column else { return Ok(None) };
    let mut text = String::new();
    Ok(column.ord_to_str(number, &mut text)?.then_some(text))
}

/// Returns the year of a moment in seconds since 1970; `None` for the beginning
/// itself, which stands for what cannot be read, and for what lies far ahead.
fn year(seconds: u64) -> Option<u32> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    let year = OffsetDateTime::from_unix_timestamp(seconds).ok()?.year();
    u32::try_from(year).ok().filter(|year| *year <= YEAR_MAX)
}

fn count_bits(counts: &mut [u64; BITS], bits: u64) {
    for (bit, count) in counts.iter_mut().enumerate() {
        *count += bits >> bit & 1;
    }
}

impl Tally {
    /// Adds what another part of the index has.
    fn add(&mut self, other: &Self) {
        self.datasets += other.datasets;
        self.distributions += other.distributions;
        self.data_services += other.data_services;
        self.dataset_series += other.dataset_series;
        self.without_licence += other.without_licence;
        self.without_format += other.without_format;
        let sums = self.of_datasets.iter_mut().zip(&other.of_datasets);
        let sums = sums.chain(self.of_distributions.iter_mut().zip(&other.of_distributions));
        let sums = sums.chain(self.ratings.iter_mut().zip(&other.ratings));
        sums.for_each(|(sum, part)| *sum += part);
        for (code, count) in &other.high_value {
            *self.high_value.entry(code.clone()).or_default() += count;
        }
        for (year, count) in &other.years {
            *self.years.entry(*year).or_default() += count;
        }
    }
}
