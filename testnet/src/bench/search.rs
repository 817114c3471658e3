//! Searching many records for one to three words, with facets: the slowest of a
//! hundred, by tantivy's own way to do it on the same index.
//!
//! Tantivy's own is its query parser over our fields, its best hits, its count
//! and its terms aggregation. Ours also finds the beginnings of words, pages by
//! cursor and labels the facets.

use std::time::Instant;

use dela_node::quality::Marks;
use dela_node::search::bare::Bare;
use dela_node::search::{Document, Query, Search, SearchError};
use dela_protocol::api::{DatasetKind, Sort};
use dela_protocol::dcat::Resource;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::time::Timestamp;

use super::table::{Row, Unit, quantile};
use super::written::{self, Dice};
use super::{Settings, talk};

/// What is measured here.
pub(super) const NAME: &str = "search";

/// Hits on a page.
const LIMIT: usize = 20;

/// Queries in one repeat.
const QUERIES: usize = 300;

/// How often each query is asked in a repeat, of which the fastest counts: the
/// slowest queries are looked for, not the moments in which the machine did
/// something else.
const TRIES: usize = 3;

/// Measures.
pub(super) fn measure(settings: &Settings) -> anyhow::Result<Vec<Row>> {
    let mut rows = of(settings, settings.records)?;
    if settings.large {
        rows.extend(of(settings, settings.records * 10)?);
    }
    Ok(rows)
}

fn of(settings: &Settings, records: usize) -> anyhow::Result<Vec<Row>> {
    talk(&format!("{NAME}: indexing {records} datasets ..."));
    let folder = tempfile::tempdir()?;
    let search = Search::open(folder.path())?;
    let mut writer = search.writer()?;
    let records_end = u64::try_from(records)?;
    for number in 0..records_end {
        writer.put(&document(number))?;
    }
    writer.commit(records_end)?;
    drop(writer);
    let bare = Bare::of(&search)?;
    let queries: Vec<Query> = queries(settings, records_end);
    let mut ratios = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first time through warms the caches.
    for repeat in 0..=settings.repeats {
        let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
        for query in &queries {
            let (mut our_best, mut their_best) = (f64::MAX, f64::MAX);
            for _ in 0..TRIES {
                our_best = our_best.min(timed(|| search.query(query).map(drop))?);
                their_best = their_best.min(timed(|| bare.query(&query.words, LIMIT).map(drop))?);
            }
            our_times.push(our_best);
            their_times.push(their_best);
        }
        if repeat > 0 {
            let pair = (quantile(&mut our_times, 990), quantile(&mut their_times, 990));
            ratios.push(pair.0 / pair.1);
            ours.push(pair.0);
            theirs.push(pair.1);
        }
    }
    let row = |what: &str, unit, values| {
        Row::new(NAME, format!("{what}, {records} records"), unit, values)
    };
    Ok(vec![
        row("p99 by tantivy's own", Unit::Ratio, ratios).at_most(2.0),
        row("p99", Unit::Milliseconds, ours),
        row("p99 of tantivy's own", Unit::Milliseconds, theirs),
    ])
}

/// Returns the milliseconds that something took.
fn timed(ask: impl FnOnce() -> Result<(), SearchError>) -> Result<f64, SearchError> {
    let begun = Instant::now();
    ask()?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

fn document(number: u64) -> Document {
    let resource = Resource::of(&written::dataset(number));
    let byte = u8::try_from(number % 200).unwrap_or_default();
    let agency = AgencyId::from_bytes([byte; 32]);
    Document {
        id: EntityId::of(&agency, &resource.iri),
        agency,
        kind: DatasetKind::Dataset,
        agency_name: format!("Myndighet {byte}"),
        modified: resource.modified.clone().unwrap_or_else(|| "2024-05-06".to_owned()),
        marks: Marks::default(),
        signed_at: Timestamp::from_millis(0),
        resource,
    }
}

/// Returns queries of one to three words out of titles that there are.
fn queries(settings: &Settings, records: u64) -> Vec<Query> {
    let mut dice = Dice::numbered(7);
    let count = if settings.quick { 6 } else { QUERIES };
    (0..count)
        .map(|index| {
            let resource = Resource::of(&written::dataset(dice.below(records)));
            let title = resource.title.first().map_or("", |title| title.text.as_str()).to_owned();
            // Not what the engine's query language has a meaning for, nor phrases,
            // for which it would want positions.
            let words = title.split(|c: char| !c.is_alphanumeric());
            let words = words.filter(|word| word.chars().count() > 2);
            let words: Vec<&str> = words.take(1 + index % 3).collect();
            Query {
                words: words.join(" "),
                sort: Sort::Relevance,
                limit: LIMIT,
                facets: true,
                ..Query::default()
            }
        })
        .filter(|query| !query.words.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_are_all_different() {
        let ids: std::collections::BTreeSet<_> =
            (0..500).map(|number| document(number).id).collect();
        assert_eq!(ids.len(), 500);
    }
}
