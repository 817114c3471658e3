//! What somebody may have meant whose words find nothing.
//!
//! Only words that nothing has are replaced, each by the word of the index that
//! is nearest to it. So a question that finds something is never bent.

use std::collections::BTreeMap;

use tantivy::collector::Count;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use super::schema::Fields;
use super::text::{self, Analysis};
use super::words;

/// Shorter words are as near to too many others.
const CHARS_MIN: usize = 4;

/// From here on two letters may be wrong, before only one.
const TWO_ERRORS_CHARS_MIN: usize = 7;

/// Longer words are compared with none: what a comparison costs grows with them,
/// and nobody misspells a word of more letters in two places only.
const CHARS_MAX: usize = 40;

/// How many words are compared, found or not: who has more wrong is asking in
/// another language, and each costs a walk through all words of the index.
const WORDS_MAX: usize = 4;

/// How many near words are compared: the engine finds them in the order of the
/// alphabet, and there are seldom more than ten.
const NEAR_MAX: usize = 200;

/// Returns what was typed with the words that nothing has replaced by the
/// nearest ones; `None` if that changes nothing.
pub(super) fn corrected(
    typed: &str,
    searcher: &Searcher,
    fields: &Fields,
) -> tantivy::Result<Option<String>> {
    let (mut compared, mut replaced) = (0, false);
    let mut chunks = Vec::new();
    let mut analysis = Analysis::new();
    for chunk in text::composed(typed).split_whitespace() {
        let mut parts = Vec::new();
        for word in analysis.words(chunk) {
            let known = match words::query(&word, fields) {
                Ok(Some(query)) => searcher.search(&*query, &Count)? > 0,
                Ok(None) | Err(_) => true,
            };
            let nearest = if known || compared == WORDS_MAX {
                None
            } else {
                compared += 1;
                nearest(&word, searcher, fields)?
            };
            replaced |= nearest.is_some();
            parts.push(nearest.unwrap_or(word));
        }
        chunks.push(parts.join(" "));
    }
    Ok(replaced.then(|| chunks.join(" ")))
}

/// Returns the word nearest to one that nothing has; of several, the one that
/// most entries have.
fn nearest(word: &str, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Option<String>> {
    let length = word.chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&length) || word.chars().any(|c| c.is_ascii_digit()) {
        return Ok(None);
    }
    let errors_max = if length < TWO_ERRORS_CHARS_MIN { 1 } else { 2 };
    for errors in 1..=errors_max {
        let mut near = BTreeMap::new();
        for field in [fields.title_words, fields.name_words, fields.body_words] {
            collect(word, errors, field, searcher, &mut near)?;
        }
        // Of equally frequent ones the first of the alphabet: always the same.
        let best = near.into_iter().rev().max_by_key(|(_, entries)| *entries);
        if let Some((word, _)) = best {
            return Ok(Some(word));
        }
    }
    Ok(None)
}

/// Adds the words of a field that are near, with how many entries have them.
fn collect(
    word: &str,
    errors: u8,
    field: Field,
    searcher: &Searcher,
    near: &mut BTreeMap<String, u64>,
) -> tantivy::Result<()> {
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), errors, true);
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut found = index.terms().search(query.automaton()?).into_stream()?;
        for _ in 0..NEAR_MAX {
            if !found.advance() {
                break;
            }
            if let Ok(word) = core::str::from_utf8(found.key()) {
                let entries = near.entry(word.to_owned()).or_default();
                *entries += u64::from(found.value().doc_freq);
            }
        }
    }
    Ok(())
}
