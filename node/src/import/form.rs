//! The forms catalogues come in.

use core::fmt;

use crate::rdf::Format;

/// A form of a catalogue: RDF, or another that is mapped to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// DCAT, in one of the formats of RDF.
    Rdf(Format),
    /// DCAT-US 1.1, the `data.json` of the United States.
    DcatUs,
    /// What CKAN's Action API answers: packages as JSON.
    Ckan,
    /// A DCAT-AP Feed: a stream of changes (LDES).
    Feed,
}

impl Form {
    /// Every form there is.
    pub const ALL: [Self; 9] = [
        Self::Rdf(Format::Turtle),
        Self::Rdf(Format::RdfXml),
        Self::Rdf(Format::JsonLd),
        Self::Rdf(Format::NTriples),
        Self::Rdf(Format::NQuads),
        Self::Rdf(Format::TriG),
        Self::DcatUs,
        Self::Ckan,
        Self::Feed,
    ];

    /// Returns the name used in the API: that of the format, `dcat-us`, `ckan`
    /// or `dcat-ap-feed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rdf(format) => format.name(),
            Self::DcatUs => "dcat-us",
            Self::Ckan => "ckan",
            Self::Feed => "dcat-ap-feed",
        }
    }

    /// Finds the form of this name, as in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// Returns how it identifies what has no IRI: by an identifier of its own,
    /// so that nobody needs to be warned.
    pub(super) fn has_identifiers(self) -> bool {
        matches!(self, Self::DcatUs | Self::Ckan)
    }
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        Self::Rdf(format)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_found_by_its_name() {
        for form in Form::ALL {
            assert_eq!(Form::from_name(form.name()), Some(form));
        }
        assert_eq!(Form::from_name("csv"), None);
    }
}
