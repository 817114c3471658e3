//! What becomes of text before it is searched: words, stems, and the order of
//! the Swedish alphabet.
//!
//! Invariant: documents and queries go through the same functions here.

use core::ops::Range;

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer,
    StopWordFilter, TextAnalyzer, TokenizerManager,
};

/// The longest word: Swedish ones reach 50 letters, and what is longer is an
/// address or a key.
const WORD_BYTES_MAX: usize = 100;

/// The longest part of a title that decides its place in the alphabet.
const SORT_CHARS_MAX: usize = 60;

/// The name of the analyzer that yields Swedish stems.
pub(super) const SWEDISH: &str = "dela_sv";
/// The name of the analyzer that yields English stems.
pub(super) const ENGLISH: &str = "dela_en";
/// The name of the analyzer that yields words as they are written, in lower
/// case.
pub(super) const WORDS: &str = "dela_words";

/// Returns the analyzers by name.
pub(super) fn analyzers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(SWEDISH, stems(Language::Swedish));
    manager.register(ENGLISH, stems(Language::English));
    manager.register(WORDS, plain());
    manager
}

fn plain() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser)
        .build()
}

fn stems(language: Language) -> TextAnalyzer {
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
        .filter(LowerCaser);
    match StopWordFilter::new(language) {
        Some(stop_words) => words.filter(stop_words).filter(Stemmer::new(language)).build(),
        None => words.filter(Stemmer::new(language)).build(),
    }
}

/// Takes a user's text apart, as documents were.
pub(super) struct Analysis {
    words: TextAnalyzer,
    swedish: TextAnalyzer,
    english: TextAnalyzer,
    folded: TextAnalyzer,
}

impl Analysis {
    /// Returns an analysis.
    pub(super) fn new() -> Self {
        let folded = TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(RemoveLongFilter::limit(WORD_BYTES_MAX))
            .filter(LowerCaser)
            .filter(AsciiFoldingFilter)
            .build();
        Self {
            words: plain(),
            swedish: stems(Language::Swedish),
            english: stems(Language::English),
            folded,
        }
    }

    /// Returns the words of a text, in lower case.
    pub(super) fn words(&mut self, text: &str) -> Vec<String> {
        all(&mut self.words, text)
    }

    /// Returns the words of a text, in lower case, and where they stand: ranges of
    /// bytes.
    pub(super) fn tokens(&mut self, text: &str) -> Vec<(String, Range<usize>)> {
        let mut words = Vec::new();
        self.words.token_stream(text).process(&mut |token| {
            words.push((token.text.clone(), token.offset_from..token.offset_to));
        });
        words
    }

    /// Returns the Swedish stem of a word, unless it is a stop word.
    pub(super) fn swedish(&mut self, word: &str) -> Option<String> {
        all(&mut self.swedish, word).pop()
    }

    /// Returns the English stem of a word, unless it is a stop word.
    pub(super) fn english(&mut self, word: &str) -> Option<String> {
        all(&mut self.english, word).pop()
    }

    /// Returns the words of a text that lose their dots and accents, without
    /// them, with spaces between.
    pub(super) fn folded(&mut self, text: &str) -> String {
        if text.is_ascii() {
            return String::new();
        }
        let accented = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_ascii());
        let accented = accented.collect::<Vec<_>>().join(" ");
        all(&mut self.folded, &accented).join(" ")
    }
}

fn all(analyzer: &mut TextAnalyzer, text: &str) -> Vec<String> {
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |token| words.push(token.text.clone()));
    words
}

/// Returns a word from its end.
pub(super) fn reversed(word: &str) -> String {
    word.chars().rev().collect()
}

/// Joins letters and dots that stand as characters of their own, as in the file
/// names of some systems: they would part words.
pub(super) fn composed(text: &str) -> String {
    if !text.contains(['\u{300}', '\u{301}', '\u{308}', '\u{30a}']) {
        return text.to_owned();
    }
    let mut joined = String::with_capacity(text.len());
    for c in text.chars() {
        let base = joined.chars().next_back();
        let letter = match (base, c) {
            (Some('a'), '\u{30a}') => 'å',
            (Some('A'), '\u{30a}') => 'Å',
            (Some('a'), '\u{308}') => 'ä',
            (Some('A'), '\u{308}') => 'Ä',
            (Some('o'), '\u{308}') => 'ö',
            (Some('O'), '\u{308}') => 'Ö',
            (Some('u'), '\u{308}') => 'ü',
            (Some('U'), '\u{308}') => 'Ü',
            (Some('e'), '\u{301}') => 'é',
            (Some('E'), '\u{301}') => 'É',
            (Some('a'), '\u{300}') => 'à',
            (Some('A'), '\u{300}') => 'À',
            (_, other) => {
                joined.push(other);
                continue;
            }
        };
        joined.pop();
        joined.push(letter);
    }
    joined
}

/// Returns the bytes that put titles in the order of the Swedish alphabet: å, ä
/// and ö after z, other accents without weight, case and punctuation ignored.
/// A title without a letter or digit comes last.
pub(super) fn sort_key(title: &str) -> String {
    let mut key = String::new();
    let lower = composed(title).to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push(' ');
        }
        // In ASCII, {, | and } follow z.
        key.extend(word.chars().map(|c| match c {
            'å' => '{',
            'ä' | 'æ' => '|',
            'ö' | 'ø' => '}',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'ü' => 'y',
            'à' | 'á' => 'a',
            other => other,
        }));
    }
    if key.is_empty() { "~".to_owned() } else { key.chars().take(SORT_CHARS_MAX).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stand_in_the_order_of_the_swedish_alphabet() {
        let mut titles =
            ["Örter", "zink", "Älvar", "Ångfartyg", "\"Allmänning\"", "idé", "Ideon", "2024", "…"];
        titles.sort_by_key(|title| sort_key(title));
        assert_eq!(
            titles,
            ["2024", "\"Allmänning\"", "idé", "Ideon", "zink", "Ångfartyg", "Älvar", "Örter", "…"]
        );
    }

    #[test]
    fn words_are_found_in_any_writing() {
        let mut analysis = Analysis::new();
        assert_eq!(analysis.words("Vägnät, GTFS-RT!"), ["vägnät", "gtfs", "rt"]);
        assert_eq!(analysis.swedish("vägarna"), analysis.swedish("väg"));
        assert_eq!(analysis.english("roads"), Some("road".to_owned()));
        assert_eq!(analysis.swedish("och"), None);
        assert_eq!(analysis.folded("Förskolor i Åmossa"), "forskolor amossa");
        assert_eq!(analysis.folded("data"), "");
        assert_eq!(composed("fo\u{308}rskola i A\u{30a}mossa"), "förskola i Åmossa");
    }
}
