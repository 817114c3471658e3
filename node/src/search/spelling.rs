//! What somebody may have meant whose words find nothing.
//!
//! Only words that nothing has are replaced, each by the word of the index that
//! is nearest to it, or by the beginning of one: Swedish has many words that
//! stand in compounds only. So a question that finds something is never bent.

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

/// Shorter words are not compared with the beginnings of others: as many begin
/// nearly so as begin otherwise.
const BEGINNING_CHARS_MIN: usize = 7;

/// How many letters of a beginning may be wrong: with two, every compound of a
/// common word would be near to some other.
const BEGINNING_ERRORS_MAX: u8 = 1;

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

/// Returns the word nearest to one that nothing has, or the beginning of one,
/// where no whole word is as near; of several, the one that most entries have.
fn nearest(word: &str, searcher: &Searcher, fields: &Fields) -> tantivy::Result<Option<String>> {
    let length = word.chars().count();
    if !(CHARS_MIN..=CHARS_MAX).contains(&length) || word.chars().any(|c| c.is_ascii_digit()) {
        return Ok(None);
    }
    let errors_max = if length < TWO_ERRORS_CHARS_MIN { 1 } else { 2 };
    for errors in 1..=errors_max {
        let whole = near(word, errors, Compared::Whole, searcher, fields)?;
        if whole.is_some() {
            return Ok(whole);
        }
        if length >= BEGINNING_CHARS_MIN && errors <= BEGINNING_ERRORS_MAX {
            let beginning = near(word, errors, Compared::Beginning, searcher, fields)?;
            if beginning.is_some() {
                return Ok(beginning);
            }
        }
    }
    Ok(None)
}

/// With what of the words of the index a word is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Whole,
    Beginning,
}

/// Returns the most frequent of the words, or beginnings, with so many wrong
/// letters at most.
fn near(
    word: &str,
    errors: u8,
    compared: Compared,
    searcher: &Searcher,
    fields: &Fields,
) -> tantivy::Result<Option<String>> {
    let mut near = BTreeMap::new();
    for field in [fields.title_words, fields.name_words, fields.body_words] {
        collect(word, errors, compared, field, searcher, &mut near)?;
    }
    // What is written with dots is indexed without them, too. Of equally frequent
    // ones otherwise the first of the alphabet: always the same.
    let rank = |(word, entries): &(String, u64)| (*entries, !word.is_ascii());
    Ok(near.into_iter().rev().max_by_key(rank).map(|(word, _)| word))
}

/// Adds the words of a field that are near, or their beginnings that are, with
/// how many entries have them.
fn collect(
    word: &str,
    errors: u8,
    compared: Compared,
    field: Field,
    searcher: &Searcher,
    near: &mut BTreeMap<String, u64>,
) -> tantivy::Result<()> {
    let term = Term::from_field_text(field, word);
    let query = match compared {
        Compared::Whole => FuzzyTermQuery::new(term, errors, true),
        Compared::Beginning => FuzzyTermQuery::new_prefix(term, errors, true),
    };
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut found = index.terms().search(query.automaton()?).into_stream()?;
        for _ in 0..NEAR_MAX {
            if !found.advance() {
                break;
            }
            let Ok(found_word) = core::str::from_utf8(found.key()) else { continue };
            let found_word = match compared {
                Compared::Whole => found_word.to_owned(),
                Compared::Beginning => nearest_beginning(word, found_word),
            };
            *near.entry(found_word).or_default() += u64::from(found.value().doc_freq);
        }
    }
    Ok(())
}

/// Returns the beginning of `longer` that is nearest to a word, the shortest if
/// there are several: it finds what the others find, too.
///
/// Letters that are wrong, missing or too many count one each, and so do two that
/// changed places, as the engine counts.
fn nearest_beginning(word: &str, longer: &str) -> String {
    let word: Vec<char> = word.chars().collect();
    let at = |row: &[usize], place: Option<usize>| {
        place.and_then(|place| row.get(place)).copied().unwrap_or(usize::MAX / 2)
    };
    let mut rows = (Vec::new(), (0..=word.len()).collect::<Vec<usize>>());
    let mut best = (word.len(), 0);
    let mut last = None;
    // What is longer by more than may be wrong is no nearer.
    let longest = word.len() + usize::from(BEGINNING_ERRORS_MAX);
    for (length, letter) in (1..).zip(longer.chars().take(longest)) {
        let mut row = vec![length];
        for (place, typed) in word.iter().enumerate() {
            let is_swapped = last == Some(*typed)
                && place.checked_sub(1).and_then(|place| word.get(place)) == Some(&letter);
            let swapped =
                if is_swapped { at(&rows.0, place.checked_sub(1)) } else { usize::MAX / 2 };
            let ways = [
                at(&rows.1, Some(place)) + usize::from(*typed != letter),
                at(&rows.1, Some(place + 1)) + 1,
                at(&row, Some(place)) + 1,
                swapped + 1,
            ];
            row.push(ways.into_iter().min().unwrap_or(usize::MAX / 2));
        }
        best = best.min((at(&row, Some(word.len())), length));
        rows = (rows.1, row);
        last = Some(letter);
    }
    longer.chars().take(best.1).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest_beginning;

    #[test]
    fn the_nearest_beginning_of_a_compound_is_found() {
        for (typed, longer, expected) in [
            ("arbetslshet", "arbetslöshetsstatistik", "arbetslöshet"),
            ("arbetslöhset", "arbetslöshetsstatistik", "arbetslöshet"),
            ("arbetslööshet", "arbetslöshetsstatistik", "arbetslöshet"),
            ("arbetsläshet", "arbetslöshetsstatistik", "arbetslöshet"),
            ("arbetslöshetx", "arbetslöshetsstatistik", "arbetslöshet"),
            ("arbetslöshet", "arbetslöshet", "arbetslöshet"),
        ] {
            assert_eq!(nearest_beginning(typed, longer), expected, "{typed}");
        }
    }
}
