//! What is noticed while a file is read: what had to be repaired, left out or
//! made up.
//!
//! A remark says what happened and with which values; the words for it, in each
//! language, are in [`check`](crate::check).

use super::shorten;

/// Something noticed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What happened.
    pub what: Noticed,
    /// What it is about: an IRI, a text, or the place in the file; empty for the
    /// whole file.
    pub subject: String,
    /// The line where that begins, counted from 1, where known.
    pub line: Option<u64>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    /// Named graphs became one, without their names.
    NamedGraphs {
        /// How many triples stood in them.
        triples: usize,
    },
    /// An IRI has characters that it may not have.
    IriCharacters {
        /// The IRI it was read as.
        repaired: String,
    },
    /// An IRI has a scheme that runs code where it is opened.
    IriScheme {
        /// The scheme.
        scheme: String,
    },
    /// An IRI is relative, and nobody said to what.
    IriRelative {
        /// The IRI it was read as.
        resolved: String,
    },
    /// A text has a language that is none.
    LanguageTag {
        /// What stood there.
        tag: String,
    },
    /// A field of JSON has a list or an object, where a text is expected.
    KeptAsJson,
    /// A field of JSON has a number, where a text is expected.
    NumberAsText,
    /// A field of JSON has a truth value, where a text is expected.
    BoolAsText,
    /// A field of JSON has `null`.
    Null,
    /// An entry of a JSON catalogue has nothing in it.
    EmptyDataset,
    /// An entry of DCAT-US has no identifier.
    NoIdentifier,
    /// An entry of DCAT-US is said to be part of one that is not there.
    PartOfNothing,
    /// A period of DCAT-US is none.
    NoPeriod,
    /// An entity without an IRI got one.
    Unnamed {
        /// From what: one of the keys of [`import`](crate::import).
        from: &'static str,
        /// Its title, if it has one.
        title: Option<String>,
    },
}

impl Remark {
    /// Notices something about a subject. What it quotes of the file is cut to
    /// what a message can hold.
    pub(crate) fn new(mut what: Noticed, subject: impl Into<String>) -> Self {
        match &mut what {
            Noticed::IriCharacters { repaired: text }
            | Noticed::IriScheme { scheme: text }
            | Noticed::IriRelative { resolved: text }
            | Noticed::LanguageTag { tag: text }
            | Noticed::Unnamed { title: Some(text), .. } => {
                *text = shorten(core::mem::take(text));
            }
            Noticed::NamedGraphs { .. }
            | Noticed::KeptAsJson
            | Noticed::NumberAsText
            | Noticed::BoolAsText
            | Noticed::Null
            | Noticed::EmptyDataset
            | Noticed::NoIdentifier
            | Noticed::PartOfNothing
            | Noticed::NoPeriod
            | Noticed::Unnamed { title: None, .. } => {}
        }
        Self { what, subject: subject.into(), line: None }
    }

    /// Says in which line it is.
    pub(crate) fn at_line(self, line: u64) -> Self {
        Self { line: Some(line), ..self }
    }

    /// Returns the rule, stable, for programs.
    pub const fn rule(&self) -> &'static str {
        match self.what {
            Noticed::NamedGraphs { .. } => "named-graphs",
            Noticed::IriCharacters { .. } => "iri-characters",
            Noticed::IriScheme { .. } => "iri-scheme",
            Noticed::IriRelative { .. } => "iri-relative",
            Noticed::LanguageTag { .. } => "language-tag",
            Noticed::KeptAsJson | Noticed::NumberAsText | Noticed::BoolAsText => "json-value",
            Noticed::Null => "json-null",
            Noticed::EmptyDataset => "json-dataset",
            Noticed::NoIdentifier => "json-identifier",
            Noticed::PartOfNothing => "json-part-of",
            Noticed::NoPeriod => "json-temporal",
            Noticed::Unnamed { .. } => "entity-iri",
        }
    }
}
