//! Where in a text the words of a search stand: why something is a hit.

use core::ops::Range;
use std::collections::BTreeSet;

use super::text::{self, Analysis};
use super::words::{
    ENDING_CHARS_MIN, PREFIX_CHARS_MIN, QUERY_BYTES_MAX, STEM_CHARS_MIN, WORDS_MAX,
};

/// Finds the words of a search in texts, as the search finds them: as stems, as
/// beginnings, and as the ends of long words.
pub struct Marking {
    analysis: Analysis,
    words: Vec<Word>,
}

/// A word of a search, in the forms in which it is found.
struct Word {
    swedish: Option<String>,
    english: Option<String>,
    beginning: String,
    ending: Option<String>,
}

impl core::fmt::Debug for Marking {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Marking").field("words", &self.words.len()).finish_non_exhaustive()
    }
}

impl Marking {
    /// Takes the words of a search apart. What is too long to be searched for
    /// marks nothing.
    pub fn new(typed: &str) -> Self {
        let mut analysis = Analysis::new();
        let typed = if typed.len() > QUERY_BYTES_MAX { "" } else { typed };
        let words: BTreeSet<String> =
            analysis.words(&text::composed(typed)).into_iter().take(WORDS_MAX).collect();
        let words = words.iter().filter_map(|word| Word::new(word, &mut analysis)).collect();
        Self { analysis, words }
    }

    /// Returns whether there is nothing to mark.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns where in a text the words stand: ranges of bytes, in order, none
    /// overlapping.
    pub fn marks(&mut self, text: &str) -> Vec<Range<usize>> {
        if self.words.is_empty() {
            return Vec::new();
        }
        let tokens = self.analysis.tokens(text);
        let mut marks = Vec::new();
        for (word, range) in tokens {
            let swedish = self.analysis.swedish(&word);
            let english = self.analysis.english(&word);
            let is_meant = |asked: &Word| {
                (swedish.is_some() && asked.swedish == swedish)
                    || (english.is_some() && asked.english == english)
                    || word.starts_with(&asked.beginning)
                    || asked.ending.as_ref().zip(swedish.as_ref()).is_some_and(|(ending, stem)| {
                        stem.len() > ending.len() && stem.ends_with(ending)
                    })
            };
            if self.words.iter().any(is_meant) {
                marks.push(range);
            }
        }
        marks
    }
}

impl Word {
    /// Returns the forms of a word; `None` for stop words and single letters,
    /// which would mark half the text.
    fn new(word: &str, analysis: &mut Analysis) -> Option<Self> {
        let swedish = analysis.swedish(word);
        let english = analysis.english(word);
        if swedish.is_none() || english.is_none() || word.chars().count() < PREFIX_CHARS_MIN {
            return None;
        }
        let stem = swedish.clone().filter(|stem| word.starts_with(stem.as_str()));
        let stem = stem.filter(|stem| stem.chars().count() >= STEM_CHARS_MIN);
        let ending = swedish.clone().filter(|stem| stem.chars().count() >= ENDING_CHARS_MIN);
        Some(Self { beginning: stem.unwrap_or_else(|| word.to_owned()), swedish, english, ending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(typed: &str, text: &str) -> Vec<String> {
        let marks = Marking::new(typed).marks(text);
        marks.into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn words_are_marked_as_they_are_found() {
        let text = "Vägarna i Åmossa, vägnät och roads; Luftkvaliteten mäts.";
        assert_eq!(marked("väg", text), ["Vägarna", "vägnät"]);
        assert_eq!(marked("road", text), ["roads"]);
        assert_eq!(marked("kvalitet", text), ["Luftkvaliteten"]);
        assert_eq!(marked("ÅMOSSA", text), ["Åmossa"]);
        assert_eq!(marked("i och", text), [] as [&str; 0], "stop words");
        assert_eq!(marked("", text), [] as [&str; 0]);
        assert_eq!(marked(&"väg ".repeat(5_000), text), [] as [&str; 0]);
    }
}
