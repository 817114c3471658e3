//! The languages people are spoken to in.
//!
//! The page, what is found wrong with a catalogue, and labels of vocabularies
//! are in Swedish and in English. Everything else that the node says is in
//! English.

/// A language the node speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Swedish.
    Swedish,
    /// English.
    English,
}

impl Language {
    /// Finds the language with this tag (BCP 47), or the one its speakers read
    /// most easily: Danes and Norwegians read Swedish.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.split('-').next() {
            Some("sv" | "nb" | "nn" | "no" | "da") => Some(Self::Swedish),
            Some("en") => Some(Self::English),
            _ => None,
        }
    }

    /// Finds the language preferred in an `Accept-Language` header, if it is
    /// one of those spoken. Preferences come in order, as clients send them.
    pub fn accepted(header: &str) -> Option<Self> {
        let tags = header.split(',').map(|range| range.split(';').next().unwrap_or_default());
        tags.into_iter().find_map(Self::of_tag)
    }

    /// Returns its tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    /// Returns in which order texts are preferred.
    pub const fn preferred(self) -> [&'static str; 2] {
        match self {
            Self::Swedish => ["sv", "en"],
            Self::English => ["en", "sv"],
        }
    }
}

/// One text in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// In Swedish.
    pub swedish: &'static str,
    /// In English.
    pub english: &'static str,
}

impl Words {
    /// Returns the text in a language.
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::Swedish => self.swedish,
            Language::English => self.english,
        }
    }
}

/// Joins a text in Swedish and in English.
pub const fn words(swedish: &'static str, english: &'static str) -> Words {
    Words { swedish, english }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_is_taken() {
        assert_eq!(Language::accepted("de, en;q=0.8, sv"), Some(Language::English));
        assert_eq!(Language::accepted("nb-NO,nb;q=0.9,en;q=0.8"), Some(Language::Swedish));
        assert_eq!(Language::accepted("fi, *"), None);
        assert_eq!(Language::accepted(""), None);
    }
}
