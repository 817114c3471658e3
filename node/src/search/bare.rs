//! The search engine without what we do around it: what `dela-testnet bench`
//! measures us against.
//!
//! Invariant: the engine is given the same documents, fields and settings as by
//! us, so that what differs is our own work: following the log, removing what
//! is replaced, ways to find a word, paging, counting facets.

use tantivy::aggregation::agg_req::Aggregations;
use tantivy::aggregation::{AggContextParams, AggregationCollector};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::QueryParser;
use tantivy::{IndexReader, TantivyDocument};

use super::schema::Filler;
use super::writer::MEMORY_BYTES;
use super::{Document, Search, SearchError, Term};

/// How many values of each facet are counted out: as many as we return.
const FACET_VALUES: usize = 50;

/// The engine of an index, alone.
pub struct Bare {
    search: Search,
    reader: IndexReader,
    parser: QueryParser,
    facets: Aggregations,
}

/// Documents as the engine takes them.
pub struct Prepared(Vec<TantivyDocument>);

impl core::fmt::Debug for Bare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Bare").field("search", &self.search).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Prepared").field(&self.0.len()).finish()
    }
}

impl Bare {
    /// Returns the engine of an index, which sees what is committed by now.
    pub fn of(search: &Search) -> Result<Self, SearchError> {
        let inner = &search.inner;
        let fields = inner.fields;
        let of_words = [fields.title, fields.keyword, fields.body];
        let of_words = of_words.iter().flat_map(|field| [field.swedish, field.english]);
        let of_words = of_words.chain([fields.title_words, fields.name_words, fields.body_words]);
        let mut parser = QueryParser::for_index(&inner.index, of_words.collect());
        parser.set_conjunction_by_default();
        let terms: serde_json::Map<_, _> = Term::FACETS
            .iter()
            .map(|facet| {
                let name = facet.name();
                let terms = serde_json::json!({ "field": name, "size": FACET_VALUES });
                (name.to_owned(), serde_json::json!({ "terms": terms }))
            })
            .collect();
        let facets = serde_json::from_value(terms.into())
            .map_err(|error| SearchError::Engine(error.to_string()))?;
        Ok(Self { search: search.clone(), reader: inner.reader.clone(), parser, facets })
    }

    /// Finds the best hits for words, counts them all and counts out the facets,
    /// all as the engine does it; returns how many hits there are.
    pub fn query(&self, words: &str, limit: usize) -> Result<usize, SearchError> {
        let query = self.parser.parse_query(words);
        let query = query.map_err(|error| SearchError::Engine(error.to_string()))?;
        let best = TopDocs::with_limit(limit).order_by_score();
        let context = AggContextParams::default();
        let facets = AggregationCollector::from_aggs(self.facets.clone(), context);
        let found = self.reader.searcher().search(&query, &(best, Count, facets));
        let (_, count, _) = self.search.inner.judge(found)?;
        Ok(count)
    }

    /// Makes documents ready for the engine.
    pub fn prepare(&self, documents: &[Document]) -> Prepared {
        let mut filler = Filler::new(self.search.inner.fields);
        Prepared(documents.iter().map(|document| filler.fill(document)).collect())
    }

    /// Has the engine index documents, and commits.
    pub fn index(&self, prepared: Prepared) -> Result<(), SearchError> {
        let inner = &self.search.inner;
        let writer = inner.index.writer_with_num_threads(1, MEMORY_BYTES);
        let mut writer = inner.judge(writer)?;
        for document in prepared.0 {
            inner.judge(writer.add_document(document))?;
        }
        inner.judge(writer.commit())?;
        inner.judge(inner.reader.reload())
    }
}
