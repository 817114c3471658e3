//! What hits must fulfil, as a tree: what a query language is translated to.
//!
//! Invariant: a condition is answered as it stands or refused, never bent into
//! another. How deep and how wide it may be is for whoever reads the language:
//! nobody else makes conditions out of what a stranger wrote.

use core::ops::Bound;

use dela_protocol::id::EntityId;
use dela_protocol::time::Timestamp;
use tantivy::Term as IndexTerm;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, ExistsQuery, Occur, Query, RangeQuery,
    TermQuery,
};
use tantivy::schema::IndexRecordOption;

use super::schema::Fields;
use super::{SearchError, Term, words};

/// What hits must fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: all fulfil it.
    Everything,
    /// These words occur, found as the search box finds them.
    Words(String),
    /// These words occur in the title.
    Title(String),
    /// These words follow each other, as they are written.
    Phrase {
        /// The words.
        text: String,
        /// Whether only the title counts.
        in_title: bool,
    },
    /// A word begins so.
    Beginning {
        /// How.
        text: String,
        /// Whether only the title counts.
        in_title: bool,
    },
    /// It is this entry.
    Id(EntityId),
    /// It has this value.
    Is(Term, String),
    /// It has a value that begins so.
    Begins(Term, String),
    /// It has any value.
    Has(Term),
    /// Its record was signed then.
    Signed(Bound<Timestamp>, Bound<Timestamp>),
    /// All of these hold.
    All(Vec<Self>),
    /// At least one of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
}

impl Condition {
    /// Returns the engine's query.
    pub(super) fn query(&self, fields: &Fields) -> Result<Box<dyn Query>, SearchError> {
        Ok(match self {
            Self::Everything => Box::new(AllQuery),
            // Nothing but signs: there is nothing that could be found.
            Self::Words(text) => {
                words::query(text, fields)?.unwrap_or_else(|| Box::new(EmptyQuery))
            }
            Self::Title(text) => words::title(text, fields)?,
            Self::Phrase { text, in_title } => words::phrase(text, *in_title, fields)?,
            Self::Beginning { text, in_title } => words::beginning(text, *in_title, fields)?,
            Self::Id(id) => is(IndexTerm::from_field_bytes(fields.id, id.as_bytes())),
            Self::Is(term, value) => is(IndexTerm::from_field_text(fields.term(*term), value)),
            Self::Begins(term, value) => words::prefix(fields.term(*term), value, 0.0),
            Self::Has(term) => Box::new(ExistsQuery::new(term.name().to_owned(), false)),
            Self::Signed(from, to) => {
                let bound = |bound: &Bound<Timestamp>| {
                    bound.map(|at| IndexTerm::from_field_u64(fields.signed, at.as_millis()))
                };
                let range = RangeQuery::new(bound(from), bound(to));
                Box::new(ConstScoreQuery::new(Box::new(range), 0.0))
            }
            Self::All(all) => all_of(all, fields)?,
            Self::Any(any) => {
                let any = any.iter().map(|one| one.query(fields));
                Box::new(BooleanQuery::union(any.collect::<Result<_, _>>()?))
            }
            Self::Not(not) => all_of(&[Self::Not(not.clone())], fields)?,
        })
    }
}

/// Returns the query for all conditions at once. The engine takes away only
/// from something, so where all are negative it begins with everything.
fn all_of(all: &[Condition], fields: &Fields) -> Result<Box<dyn Query>, SearchError> {
    let mut clauses = Vec::with_capacity(all.len() + 1);
    for condition in all {
        clauses.push(match condition {
            Condition::Not(not) => (Occur::MustNot, not.query(fields)?),
            other => (Occur::Must, other.query(fields)?),
        });
    }
    if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        clauses.push((Occur::Must, Box::new(AllQuery)));
    }
    Ok(Box::new(BooleanQuery::new(clauses)))
}

/// Returns the query for one value. Whoever filters does not mean to change the
/// order.
fn is(term: IndexTerm) -> Box<dyn Query> {
    let one = TermQuery::new(term, IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(one), 0.0))
}
