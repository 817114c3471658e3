//! The forms of catalogues, as they are named on the command line and in the API.

use core::fmt;
use std::path::Path;

use clap::ValueEnum;

/// A form of a catalogue that a node reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// Turtle
    Turtle,
    /// RDF/XML
    RdfXml,
    /// JSON-LD
    JsonLd,
    /// N-Triples
    NTriples,
    /// N-Quads
    NQuads,
    /// `TriG`
    #[value(name = "trig", help = "TriG")]
    TriG,
    /// A data.json of DCAT-US 1.1
    DcatUs,
    /// What CKAN's API answers, or a dump of it
    Ckan,
    /// A DCAT-AP Feed (LDES) in one file
    DcatApFeed,
}

impl InputFormat {
    /// Returns the name the API knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turtle => "turtle",
            Self::RdfXml => "rdf-xml",
            Self::JsonLd => "json-ld",
            Self::NTriples => "n-triples",
            Self::NQuads => "n-quads",
            Self::TriG => "trig",
            Self::DcatUs => "dcat-us",
            Self::Ckan => "ckan",
            Self::DcatApFeed => "dcat-ap-feed",
        }
    }

    /// Returns its media type; one that says nothing for the forms that are known
    /// by their content or their name alone.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Turtle => "text/turtle",
            Self::RdfXml => "application/rdf+xml",
            Self::JsonLd => "application/ld+json",
            Self::NTriples => "application/n-triples",
            Self::NQuads => "application/n-quads",
            Self::TriG => "application/trig",
            Self::DcatUs | Self::Ckan | Self::DcatApFeed => "application/octet-stream",
        }
    }

    /// Whether its media type is its own.
    const fn has_media_type(self) -> bool {
        !matches!(self, Self::DcatUs | Self::Ckan | Self::DcatApFeed)
    }

    /// Returns the form that files of that name usually have.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "ttl" | "turtle" => Some(Self::Turtle),
            "rdf" | "xml" | "owl" | "rdfs" => Some(Self::RdfXml),
            "jsonld" | "json" => Some(Self::JsonLd),
            "nt" => Some(Self::NTriples),
            "nq" => Some(Self::NQuads),
            "trig" => Some(Self::TriG),
            _ => None,
        }
    }

    /// Returns the form with that media type; parameters are passed over.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next()?.trim().to_ascii_lowercase();
        let all = Self::value_variants();
        let mut rdf = all.iter().copied().filter(|format| format.has_media_type());
        rdf.find(|format| format.media_type() == essence)
    }
}

/// A profile of DCAT: in which words a node writes it, or by whose rules it judges.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// As it was published, which for Swedish agencies is DCAT-AP-SE
    #[default]
    DcatApSe,
    /// DCAT-AP 3.0.1: formats as terms of the EU's and IANA's vocabularies
    DcatAp,
}

impl Profile {
    /// Returns what asks a node for it: nothing, where it is what nodes write
    /// unless asked.
    pub const fn query(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::DcatApSe => &[],
            Self::DcatAp => &[("profile", "dcat-ap")],
        }
    }
}

/// A form of RDF that a node writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Turtle
    #[default]
    Turtle,
    /// RDF/XML
    RdfXml,
    /// JSON-LD
    JsonLd,
    /// N-Triples
    NTriples,
}

impl OutputFormat {
    /// Returns the name the API knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turtle => "turtle",
            Self::RdfXml => "rdf-xml",
            Self::JsonLd => "json-ld",
            Self::NTriples => "n-triples",
        }
    }

    /// Returns the extension of files in it.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Turtle => "ttl",
            Self::RdfXml => "rdf",
            Self::JsonLd => "jsonld",
            Self::NTriples => "nt",
        }
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for format in InputFormat::value_variants() {
            assert_eq!(format.to_possible_value().unwrap().get_name(), format.name());
            let known = Some(*format).filter(|format| format.has_media_type());
            assert_eq!(InputFormat::of_media_type(format.media_type()), known);
        }
        for format in OutputFormat::value_variants() {
            assert_eq!(format.to_possible_value().unwrap().get_name(), format.name());
        }
    }

    #[test]
    fn forms_are_known_by_file_name_and_media_type() {
        assert_eq!(InputFormat::of_file_name("a/b.TTL"), Some(InputFormat::Turtle));
        assert_eq!(InputFormat::of_file_name("katalog"), None);
        let media_type = "application/rdf+xml; charset=utf-8";
        assert_eq!(InputFormat::of_media_type(media_type), Some(InputFormat::RdfXml));
        assert_eq!(InputFormat::of_media_type("text/html"), None);
    }
}
