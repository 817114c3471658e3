//! What entries have values of, each compared as a whole.

use std::collections::BTreeMap;

use dela_protocol::api::DatasetKind;

use super::schema;
use crate::language::{Language, words};
use crate::quality::Rating;
use crate::vocabulary::{self, Concept};

/// What `api` is where there is one.
pub(super) const YES: &str = "true";

/// Something that entries have values of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// Who publishes it, by id.
    Agency,
    /// Its EU data themes, by their codes: `ENVI`.
    Theme,
    /// Its formats, by their keys: `CSV`.
    Format,
    /// Its licences, by their keys: `CC-BY-4.0`.
    Licence,
    /// Who may have it, by the codes of the EU: `PUBLIC`.
    AccessRights,
    /// How often it is updated, by the codes of the EU: `MONTHLY`.
    Frequency,
    /// Its categories of high-value data, by their codes.
    HighValue,
    /// `true`, if it can be asked over an API.
    Api,
    /// The languages of the data, by the codes of the EU: `SWE`.
    Language,
    /// How well a dataset is described: `excellent`, `good`, `sufficient` or
    /// `bad`.
    Quality,
    /// Its kind: `dataset`.
    Kind,
    /// What CKAN calls it.
    Package,
    /// Its keywords, as CKAN's tags.
    Tag,
    /// Its licence, by CKAN's id.
    LicenceId,
    /// The IRIs of the series it is in and of what it serves.
    Refers,
}

impl Term {
    /// Those that searches are narrowed by and hits are counted by, in the order
    /// they are shown.
    pub const FACETS: [Self; 11] = [
        Self::Agency,
        Self::Theme,
        Self::Format,
        Self::Licence,
        Self::Api,
        Self::AccessRights,
        Self::Frequency,
        Self::HighValue,
        Self::Language,
        Self::Quality,
        Self::Kind,
    ];

    /// Returns its name: of its field, of its facet, and as a parameter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Theme => "theme",
            Self::Format => "format",
            Self::Licence => "licence",
            Self::AccessRights => "access_rights",
            Self::Frequency => "frequency",
            Self::HighValue => "high_value",
            Self::Api => "api",
            Self::Language => "language",
            Self::Quality => "quality",
            Self::Kind => "kind",
            Self::Package => "package",
            Self::Tag => "tag",
            Self::LicenceId => "licence_id",
            Self::Refers => "refers",
        }
    }

    /// Returns what people call one of its values; agencies are known by name
    /// elsewhere.
    pub fn label(self, value: &str, language: Language) -> String {
        let named = match self {
            Self::Licence => return vocabulary::licence(value).label,
            Self::Format => return vocabulary::format(value).label,
            Self::Quality => Rating::named(value).map(|rating| rating.words().text(language)),
            Self::Api if value == YES => Some(words("Har API", "Has an API").text(language)),
            Self::Kind => schema::kind_named(value).map(|kind| kind_words(kind, language)),
            other => other.concept(value).map(|concept| concept.label(language.tag())),
        };
        named.unwrap_or(value).to_owned()
    }

    /// Returns the concept of a closed vocabulary that a value is.
    fn concept(self, value: &str) -> Option<&'static Concept> {
        match self {
            Self::Theme => vocabulary::theme(value),
            Self::AccessRights => vocabulary::access_right(value),
            Self::Frequency => vocabulary::frequency(value),
            Self::HighValue => vocabulary::high_value_category(value),
            Self::Language => vocabulary::language(value),
            _ => None,
        }
    }
}

/// Returns what people call a kind of entry.
pub const fn kind_words(kind: DatasetKind, language: Language) -> &'static str {
    let both = match kind {
        DatasetKind::Dataset => words("Datamängd", "Dataset"),
        DatasetKind::DataService => words("Datatjänst", "Data service"),
        DatasetKind::DatasetSeries => words("Datamängdsserie", "Dataset series"),
        DatasetKind::Catalogue => words("Katalog", "Catalogue"),
    };
    both.text(language)
}

/// What searches are narrowed to. Values of one term are alternatives; what is
/// said of different terms must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<Term, Vec<String>>);

impl Filters {
    /// Returns the values of a term; none where any will do.
    pub fn of(&self, term: Term) -> &[String] {
        self.0.get(&term).map_or(&[], Vec::as_slice)
    }

    /// Replaces the values of a term.
    #[must_use]
    pub fn with<T: Into<String>>(
        mut self,
        term: Term,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            self.0.remove(&term);
        } else {
            self.0.insert(term, values);
        }
        self
    }

    /// Returns each term that is narrowed with its values.
    pub fn terms(&self) -> impl Iterator<Item = (Term, &[String])> {
        self.0.iter().map(|(term, values)| (*term, values.as_slice()))
    }

    /// Returns each term with each of its values.
    pub fn pairs(&self) -> impl Iterator<Item = (Term, &str)> {
        self.terms().flat_map(|(term, values)| values.iter().map(move |value| (term, &**value)))
    }

    /// Returns whether nothing is narrowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
