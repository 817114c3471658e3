//! Full-text search over the index: the only user of tantivy.
//!
//! Invariant: what is here is derived from the store and can be made again from
//! it. So an index that is damaged or of another version is not repaired: it is
//! emptied, and whoever fills it sees that it begins at 0.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dela_protocol::api::{DatasetKind, Facet, Sort};
use dela_protocol::dcat::Resource;
use dela_protocol::id::{AgencyId, EntityId};
use dela_protocol::time::Timestamp;
use tantivy::directory::error::OpenReadError;
use tantivy::query::{AllQuery, BooleanQuery, Occur, Query as Clause};
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError};

pub mod bare;
mod breakdown;
mod condition;
mod facets;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
pub mod indexer;
mod listing;
mod marking;
mod page;
mod ranking;
mod schema;
mod selection;
mod spelling;
mod tally;
mod term;
mod text;
mod words;
mod writer;

pub use breakdown::{Division, Values};
pub use condition::Condition;
pub use listing::{Listing, Part};
pub use marking::Marking;
pub use schema::kind_name;
pub use selection::{Key, Order, Selected, Selection};
pub use tally::{Tallies, Tally};
pub use term::{Filters, Term, kind_words};
pub use writer::Writer;

use crate::quality::Marks;

use facets::Facets;
use page::{Found, Page, Place};
use schema::Fields;

/// The most hits on one page: what clients of CKAN ask for.
pub const LIMIT_MAX: usize = 1_000;

/// The most values in one filter, and the longest value.
const FILTER_VALUES_MAX: usize = 200;
const FILTER_BYTES_MAX: usize = 1_024;

/// The search index.
#[derive(Clone)]
pub struct Search {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// What there is, added up.
    tallies: tally::Kept,
    /// How it divides.
    divisions: breakdown::Kept,
}

/// Why a search was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// A longer text than anybody asks for.
    #[error("a query of {bytes} bytes, where at most {} are allowed", words::QUERY_BYTES_MAX)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More words than anybody asks for.
    #[error("a query of more than {} words", words::WORDS_MAX)]
    TooManyWords,
    /// A filter with more or longer values than there can be.
    #[error(
        "a filter on {facet} beyond {FILTER_VALUES_MAX} values of {FILTER_BYTES_MAX} bytes each"
    )]
    FilterTooLarge {
        /// The facet.
        facet: &'static str,
    },
    /// A cursor of another query, or none at all.
    #[error("the cursor is not one of this query: ask for the first page, without a cursor")]
    BadCursor,
    /// Another writer has the index.
    #[error("the search index in {} is being written to by another process", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The index is not as it was written.
    #[error(
        "the search index in {} is damaged ({what}): restart delad, which makes it again",
        dir.display()
    )]
    Damaged {
        /// The folder.
        dir: PathBuf,
        /// What was found.
        what: String,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Of which file or folder.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The search engine failed.
    #[error("the search engine failed: {0}")]
    Engine(String),
}

/// A dataset, as it is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: EntityId,
    /// Who publishes it.
    pub agency: AgencyId,
    /// What it is.
    pub kind: DatasetKind,
    /// What DCAT says about it.
    pub resource: Resource,
    /// The agency's name.
    pub agency_name: String,
    /// When it was last changed, as it says itself, else when it was signed.
    pub modified: String,
    /// What it meets of what is asked of a good description.
    pub marks: Marks,
    /// When its record was signed: another moment whenever anything changed.
    pub signed_at: Timestamp,
}

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What somebody typed; any text will do.
    pub words: String,
    /// What it is narrowed to.
    pub filters: Filters,
    /// In which order.
    pub sort: Sort,
    /// How many hits on the page, at most [`LIMIT_MAX`].
    pub limit: usize,
    /// Where the page begins: `next` of the page before it.
    pub after: Option<String>,
    /// Whether to count how the hits divide.
    pub facets: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    /// How many hits there are in all.
    pub total: u64,
    /// The hits of this page.
    pub ids: Vec<EntityId>,
    /// How the hits divide. The counts of a facet ignore the filter on it.
    /// Agencies are labelled by their ids: their names are not known here.
    pub facets: Vec<Facet>,
    /// What to pass as `after` for the next page, if there is one.
    pub next: Option<String>,
    /// What was searched for instead, where the words as typed find nothing.
    pub corrected: Option<String>,
}

impl core::fmt::Debug for Search {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Search").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

impl Search {
    /// Opens the index in `dir`, or makes one there. An index that is damaged or
    /// of another version is replaced by an empty one.
    pub fn open(dir: &Path) -> Result<Self, SearchError> {
        if fs::read_to_string(dir.join(VERSION_FILE)).ok() == Some(version()) {
            match open_existing(dir) {
                Ok(search) => return Ok(search),
                Err(SearchError::Damaged { what, .. }) => {
                    tracing::warn!(what, "the search index is damaged: making it again");
                }
                Err(error) => return Err(error),
            }
        }
        make(dir)
    }

    /// Returns the writer, of which there can be one.
    pub fn writer(&self) -> Result<Writer, SearchError> {
        Writer::new(self.clone())
    }

    /// Returns how many documents there are.
    pub fn len(&self) -> u64 {
        self.inner.reader.searcher().num_docs()
    }

    /// Returns whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds what is searched for. Words that find nothing anywhere are taken
    /// for misspelt, and what is nearest to them is searched for instead.
    pub fn query(&self, query: &Query) -> Result<Hits, SearchError> {
        let hits = self.query_for(query, &query.words)?;
        if hits.total > 0 {
            return Ok(hits);
        }
        let inner = &self.inner;
        let meant = spelling::corrected(&query.words, &inner.reader.searcher(), &inner.fields);
        match inner.judge(meant)? {
            Some(meant) => {
                let found = self.query_for(query, &meant)?;
                Ok(Hits { corrected: Some(meant).filter(|_| found.total > 0), ..found })
            }
            None => Ok(hits),
        }
    }

    /// Finds what is searched for, by these words. Cursors are those of the words
    /// as typed.
    fn query_for(&self, query: &Query, words: &str) -> Result<Hits, SearchError> {
        let inner = &self.inner;
        query.check_filters()?;
        let found = words::query(words, &inner.fields)?;
        let sort = match query.sort {
            // Nothing can be more relevant than anything else.
            Sort::Relevance if found.is_none() => Sort::Modified,
            sort => sort,
        };
        let fingerprint = query.fingerprint();
        let after = query.after.as_deref().map(|cursor| Place::read(cursor, fingerprint));
        let limit = query.limit.min(LIMIT_MAX);
        let page = Page { sort, after: after.transpose()?, limit: limit + 1 };
        let found: Box<dyn Clause> = found.unwrap_or_else(|| Box::new(AllQuery));
        let filtered = filtered(&*found, &query.filters, &inner.fields);

        let searcher = inner.reader.searcher();
        let hits = inner.judge(searcher.search(&filtered, &page))?;
        let facets = if query.facets {
            let terms = Term::FACETS.map(|term| (term, query.filters.of(term))).to_vec();
            facets::facets(inner.judge(searcher.search(&*found, &Facets { terms }))?)
        } else {
            Vec::new()
        };
        Ok(hits_of(hits, limit, fingerprint, facets))
    }
}

/// Returns the page, which was asked for with one hit too many to see whether
/// there is another.
fn hits_of(found: Found, limit: usize, fingerprint: u64, facets: Vec<Facet>) -> Hits {
    let Found { total, mut places } = found;
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).map(|place| place.cursor(fingerprint));
    let ids = places.iter().map(Place::entity).collect();
    Hits { total, ids, facets, next, corrected: None }
}

/// Returns the query with its filters.
fn filtered(found: &dyn Clause, filters: &Filters, fields: &Fields) -> BooleanQuery {
    let mut clauses = vec![(Occur::Must, found.box_clone())];
    for (term, values) in filters.terms() {
        clauses.push((Occur::Must, words::one_of(fields.term(term), values)));
    }
    BooleanQuery::new(clauses)
}

impl Query {
    /// Refuses filters that are larger than there can be.
    fn check_filters(&self) -> Result<(), SearchError> {
        for (term, values) in self.filters.terms() {
            if values.len() > FILTER_VALUES_MAX
                || values.iter().any(|value| value.len() > FILTER_BYTES_MAX)
            {
                return Err(SearchError::FilterTooLarge { facet: term.name() });
            }
        }
        Ok(())
    }

    /// Returns a number that tells the hits of one query from those of another,
    /// so that a cursor is not taken for a place in other hits.
    fn fingerprint(&self) -> u64 {
        let mut hasher = blake3::Hasher::new();
        let mut part = |text: &str| {
            hasher.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text.as_bytes());
        };
        part(&self.words);
        part(match self.sort {
            Sort::Relevance => "relevance",
            Sort::Modified => "modified",
            Sort::Title => "title",
        });
        for (term, value) in self.filters.pairs() {
            part(term.name());
            part(value);
        }
        let hash = hasher.finalize();
        hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

/// Says which version of the schema an index has. It is written last when one is
/// made, and removed when damage is met.
const VERSION_FILE: &str = "version";

fn version() -> String {
    format!("{}\n", schema::VERSION)
}

fn open_existing(dir: &Path) -> Result<Search, SearchError> {
    let open = || {
        let index = Index::open_in_dir(dir)?;
        let broken = index.validate_checksum()?;
        Ok((index, broken))
    };
    let opened: Result<_, TantivyError> = panic::catch_unwind(AssertUnwindSafe(open))
        .unwrap_or_else(|_| Err(TantivyError::InternalError("it panicked".to_owned())));
    let damaged = |what: String| SearchError::Damaged { dir: dir.to_owned(), what };
    let (index, broken) = opened.map_err(|error| damaged(error.to_string()))?;
    if let Some(file) = broken.iter().next() {
        return Err(damaged(format!("{} does not have its checksum", file.display())));
    }
    let (schema, fields) = schema::schema();
    if index.schema() != schema {
        return Err(damaged("its fields are not those of its version".to_owned()));
    }
    Search::of(dir, index, fields)
}

/// Makes an empty index in place of whatever is there.
fn make(dir: &Path) -> Result<Search, SearchError> {
    let io = |source| SearchError::Io { path: dir.to_owned(), source };
    if dir.exists() {
        // Only what is an index beyond doubt is removed: it can be made again.
        let names = fs::read_dir(dir).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()
        });
        let names = names.map_err(io)?;
        let ours = names.iter().any(|name| name == "meta.json" || name == VERSION_FILE);
        if ours || names.is_empty() {
            fs::remove_dir_all(dir).map_err(io)?;
        } else {
            let aside = (1..1_000)
                .map(|number| dir.with_extension(format!("aside-{number}")))
                .find(|path| !path.exists());
            let aside = aside.unwrap_or_else(|| dir.with_extension("aside"));
            fs::rename(dir, &aside).map_err(io)?;
            tracing::warn!(aside = %aside.display(), "moved aside what was no search index");
        }
    }
    fs::create_dir_all(dir).map_err(io)?;
    let (schema, fields) = schema::schema();
    let index = Index::create_in_dir(dir, schema);
    let index = index.map_err(|error| SearchError::Engine(error.to_string()))?;
    let search = Search::of(dir, index, fields)?;
    fs::write(dir.join(VERSION_FILE), version()).map_err(io)?;
    Ok(search)
}

impl Search {
    fn of(dir: &Path, mut index: Index, fields: Fields) -> Result<Self, SearchError> {
        index.set_tokenizers(text::analyzers());
        // The writer reloads: it knows when there is something new.
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = reader.map_err(|error| SearchError::Engine(error.to_string()))?;
        let inner = Inner {
            dir: dir.to_owned(),
            index,
            reader,
            fields,
            tallies: tally::Kept::default(),
            divisions: breakdown::Kept::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl Inner {
    /// Translates an error; after damage, the next start makes the index again.
    fn judge<T>(&self, result: Result<T, TantivyError>) -> Result<T, SearchError> {
        result.map_err(|error| match error {
            TantivyError::LockFailure(..) => SearchError::InUse { dir: self.dir.clone() },
            TantivyError::IoError(source) => SearchError::Io {
                path: self.dir.clone(),
                source: std::io::Error::new(source.kind(), source.to_string()),
            },
            TantivyError::DataCorruption(_)
            | TantivyError::OpenReadError(
                OpenReadError::FileDoesNotExist(_) | OpenReadError::IncompatibleIndex(_),
            ) => {
                if let Err(error) = fs::remove_file(self.dir.join(VERSION_FILE)) {
                    tracing::error!(%error, "could not note that the search index is damaged");
                }
                SearchError::Damaged { dir: self.dir.clone(), what: error.to_string() }
            }
            other => SearchError::Engine(other.to_string()),
        })
    }
}
