//! From what a user types to a query.
//!
//! Invariant: every text is a valid query. It is never parsed as a language:
//! quotes, colons and brackets part words like any other sign.
//!
//! Every word must be found, in any order: as a stem in Swedish or English, or
//! as the beginning of a word as it is written, so that `väg` finds `vägnät`, or
//! as the end of a long word of a title or keyword, so that `kvalitet` finds
//! `luftkvalitet`.
//! What is typed without dots also finds what is written with them (`forskola`),
//! not the other way round, or at least further down. Stop words only help the
//! order. What names a dataset exactly (id, IRI, identifier) finds it too.

use core::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery,
    Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::SearchError;
use super::schema::Fields;
use super::text::{self, Analysis};

/// The longest text: as long as an address, and longer than any question.
pub(super) const QUERY_BYTES_MAX: usize = 8 * 1024;

/// The most words: each costs a dozen lookups.
pub(super) const WORDS_MAX: usize = 32;

/// Beginnings shorter than this are not completed: they begin half of all
/// words.
pub(super) const PREFIX_CHARS_MIN: usize = 2;

/// A stem this long stands for the word in the search for beginnings:
/// `vägar` finds `vägnät`.
pub(super) const STEM_CHARS_MIN: usize = 3;

/// The shortest stem that is looked for at the ends of words: shorter ones are
/// endings of their own (`-het`, `-ning` is stemmed away).
pub(super) const ENDING_CHARS_MIN: usize = 4;

const EXACT_BOOST: f32 = 50.0;
const TITLE_BOOST: f32 = 4.0;
const KEYWORD_BOOST: f32 = 2.0;
const NAME_BOOST: f32 = 2.0;
/// What a word loses that is only found without its dots.
const FOLDED_BOOST: f32 = 0.3;
const TITLE_PREFIX: f32 = 1.5;
const NAME_PREFIX: f32 = 1.0;
const BODY_PREFIX: f32 = 0.3;
const ENDING: f32 = 0.8;

/// A word that is found in two places counts a little more than in one.
const TIE_BREAKER: f32 = 0.1;

type Clause = Box<dyn Query>;

/// Returns the query for what was typed; `None` if that has no words.
pub(super) fn query(words: &str, fields: &Fields) -> Result<Option<Clause>, SearchError> {
    if words.len() > QUERY_BYTES_MAX {
        return Err(SearchError::TooLong { bytes: words.len() });
    }
    let typed = text::composed(words);
    let mut builder = Builder { fields, analysis: Analysis::new() };
    let mut required: Vec<Clause> = Vec::new();
    let mut optional: Vec<Clause> = Vec::new();
    let mut count = 0;
    for chunk in typed.split_whitespace() {
        let parts = builder.analysis.words(chunk);
        count += parts.len().max(1);
        if count > WORDS_MAX {
            return Err(SearchError::TooManyWords);
        }
        let stop = matches!(&parts[..], [word] if builder.is_stop_word(word));
        match builder.chunk(chunk, &parts) {
            Some(clause) if stop => optional.push(clause),
            Some(clause) => required.push(clause),
            None => {}
        }
    }
    // Nothing but stop words: then they are what is asked for.
    if required.is_empty() {
        required = core::mem::take(&mut optional);
    }
    if required.is_empty() {
        return Ok(None);
    }
    let required = required.into_iter().map(|clause| (Occur::Must, clause));
    let optional = optional.into_iter().map(|clause| (Occur::Should, clause));
    Ok(Some(Box::new(BooleanQuery::new(required.chain(optional).collect()))))
}

/// Returns the query for words that must all occur in the title.
pub(super) fn title(text: &str, fields: &Fields) -> Result<Clause, SearchError> {
    let mut builder = Builder { fields, analysis: Analysis::new() };
    let words = builder.bounded(text)?;
    let words = words.iter().map(|word| builder.title_word(word)).collect();
    Ok(Box::new(BooleanQuery::intersection(words)))
}

/// Returns the query for words that follow each other, as they are written.
pub(super) fn phrase(text: &str, in_title: bool, fields: &Fields) -> Result<Clause, SearchError> {
    let words = Builder { fields, analysis: Analysis::new() }.bounded(text)?;
    let ways = places(in_title, fields).map(|(field, boost)| -> Clause {
        let terms = words.iter().map(|word| Term::from_field_text(field, word)).collect();
        match words.as_slice() {
            [] => Box::new(EmptyQuery),
            [word] => boosted(field, word, boost),
            _ => Box::new(BoostQuery::new(Box::new(PhraseQuery::new(terms)), boost)),
        }
    });
    Ok(Box::new(DisjunctionMaxQuery::with_tie_breaker(ways.collect(), TIE_BREAKER)))
}

/// Returns the query for words that begin so, however short that is.
pub(super) fn beginning(
    text: &str,
    in_title: bool,
    fields: &Fields,
) -> Result<Clause, SearchError> {
    let mut words = Builder { fields, analysis: Analysis::new() }.bounded(text)?;
    let Some(last) = words.pop() else { return Ok(Box::new(EmptyQuery)) };
    // `luft-kval*` is two words, of which the last goes on.
    let mut all: Vec<Clause> = Vec::new();
    for word in &words {
        all.push(phrase(word, in_title, fields)?);
    }
    let ways = places(in_title, fields).map(|(field, boost)| prefix(field, &last, boost));
    all.push(Box::new(DisjunctionMaxQuery::with_tie_breaker(ways.collect(), TIE_BREAKER)));
    Ok(Box::new(BooleanQuery::intersection(all)))
}

/// Returns where words stand as they are written, and what they count there.
fn places(in_title: bool, fields: &Fields) -> impl Iterator<Item = (Field, f32)> {
    let title = (fields.title_words, TITLE_BOOST);
    let others = [(fields.name_words, NAME_BOOST), (fields.body_words, 1.0)];
    core::iter::once(title).chain(others.into_iter().filter(move |_| !in_title))
}

struct Builder<'a> {
    fields: &'a Fields,
    analysis: Analysis,
}

impl Builder<'_> {
    /// Takes a text apart, unless it is longer than anybody's question.
    fn bounded(&mut self, text: &str) -> Result<Vec<String>, SearchError> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(SearchError::TooLong { bytes: text.len() });
        }
        let words = self.analysis.words(&text::composed(text));
        if words.len() > WORDS_MAX { Err(SearchError::TooManyWords) } else { Ok(words) }
    }

    /// Returns the query for one word of the title: as a stem, or as it is
    /// written.
    fn title_word(&mut self, word: &str) -> Clause {
        let Fields { title, title_words, .. } = *self.fields;
        let mut ways = vec![term(title_words, word)];
        ways.extend(self.analysis.swedish(word).map(|stem| term(title.swedish, &stem)));
        ways.extend(self.analysis.english(word).map(|stem| term(title.english, &stem)));
        let folded = self.analysis.folded(word);
        if !folded.is_empty() {
            ways.push(boosted(title_words, &folded, FOLDED_BOOST));
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, TIE_BREAKER))
    }

    fn is_stop_word(&mut self, word: &str) -> bool {
        self.analysis.swedish(word).is_none() || self.analysis.english(word).is_none()
    }

    /// Returns the query for what stood between two spaces.
    fn chunk(&mut self, chunk: &str, parts: &[String]) -> Option<Clause> {
        if parts.is_empty() {
            return None;
        }
        let mut words: Vec<Clause> = parts.iter().map(|word| self.word(word)).collect();
        let words = match (words.pop(), words.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                Box::new(BooleanQuery::intersection(words.into_iter().chain(last).collect()))
            }
        };
        let exact = term(self.fields.exact, &chunk.to_lowercase());
        let exact: Clause = Box::new(ConstScoreQuery::new(exact, EXACT_BOOST));
        Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(vec![exact, words], TIE_BREAKER)))
    }

    /// Returns the query for one word: the best of all ways to find it.
    fn word(&mut self, word: &str) -> Clause {
        let Fields { title, keyword, body, title_words, name_words, body_words, .. } = *self.fields;
        let mut ways: Vec<Clause> = Vec::new();
        let swedish = self.analysis.swedish(word);
        if let Some(stem) = &swedish {
            ways.push(boosted(title.swedish, stem, TITLE_BOOST));
            ways.push(boosted(keyword.swedish, stem, KEYWORD_BOOST));
            ways.push(term(body.swedish, stem));
        }
        if let Some(stem) = self.analysis.english(word) {
            ways.push(boosted(title.english, &stem, TITLE_BOOST));
            ways.push(boosted(keyword.english, &stem, KEYWORD_BOOST));
            ways.push(term(body.english, &stem));
        }
        ways.push(boosted(name_words, word, NAME_BOOST));
        let folded = self.analysis.folded(word);
        if !folded.is_empty() {
            ways.push(boosted(title_words, &folded, TITLE_BOOST * FOLDED_BOOST));
            ways.push(boosted(name_words, &folded, NAME_BOOST * FOLDED_BOOST));
            ways.push(boosted(body_words, &folded, FOLDED_BOOST));
        }
        let beginning = match &swedish {
            Some(stem) if word.starts_with(stem) && stem.chars().count() >= STEM_CHARS_MIN => stem,
            Some(_) | None => word,
        };
        if beginning.chars().count() >= PREFIX_CHARS_MIN {
            ways.push(prefix(title_words, beginning, TITLE_PREFIX));
            ways.push(prefix(name_words, beginning, NAME_PREFIX));
            ways.push(prefix(body_words, beginning, BODY_PREFIX));
        } else {
            ways.push(term(title_words, word));
            ways.push(term(body_words, word));
        }
        if let Some(stem) = swedish.filter(|stem| stem.chars().count() >= ENDING_CHARS_MIN) {
            ways.push(prefix(self.fields.endings, &text::reversed(&stem), ENDING));
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, TIE_BREAKER))
    }
}

fn term(field: Field, text: &str) -> Clause {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn boosted(field: Field, text: &str, boost: f32) -> Clause {
    Box::new(BoostQuery::new(term(field, text), boost))
}

/// Returns the query for words that begin so. All of them count the same.
pub(super) fn prefix(field: Field, beginning: &str, score: f32) -> Clause {
    // No character comes after the last of Unicode, and terms sort as their
    // characters do.
    let end = format!("{beginning}{}", char::MAX);
    let range = RangeQuery::new(
        Bound::Included(Term::from_field_text(field, beginning)),
        Bound::Included(Term::from_field_text(field, &end)),
    );
    Box::new(ConstScoreQuery::new(Box::new(range), score))
}

/// Returns the query for documents with one of these values.
pub(super) fn one_of(field: Field, values: &[String]) -> Clause {
    let values = values.iter().map(|value| -> Clause {
        Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
    });
    // Whoever filters does not mean to change the order.
    Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::union(values.collect())), 0.0))
}
