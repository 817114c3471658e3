//! RDF in and out, in the six formats catalogues come in.
//!
//! A file is a stranger's bytes. It is looked over before a parser sees it
//! ([`parse`] refuses XML entities, remote JSON-LD contexts, absurd nesting),
//! parsed leniently, and what a lenient parser lets through is repaired here.
//!
//! Invariant: every IRI in a [`Graph`] is absolute and valid, every language tag
//! is well formed, each triple occurs once, and reading takes bounded time and
//! memory whatever the bytes are. What had to be repaired is in
//! [`Graph::warnings`].

use core::fmt;

mod builder;
mod graph;
mod guard;
pub(crate) mod iri;
pub(crate) mod lines;
pub(crate) mod namespace;
mod read;
mod remark;
mod write;

pub(crate) use builder::{Builder, NamedGraphs, language_tag};
pub use graph::Graph;
pub(crate) use graph::TermId;
pub(crate) use guard::{is_web_page, json_text};
pub use iri::FALLBACK_BASE;
pub use read::parse;
pub(crate) use read::parse_named;
pub use remark::{Noticed, Remark};
pub use write::{InGraph, write, write_graphs};
pub(crate) use write::{expanded, shortened};

/// The largest file that is read. All 5,920 datasets of the largest Swedish
/// publisher take 22 MB as RDF/XML; three times that leaves room to grow.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most triples that are read from a file: what 64 MiB of N-Triples with
/// very short names can hold, and ten times the largest real catalogue.
pub const FILE_TRIPLES_MAX: usize = 5_000_000;

/// The most bytes that the distinct names and texts of a file may take when
/// written out: a prefix of 8 KB used a million times is a few MB as Turtle and
/// 8 GB in memory. Twice the largest file leaves room for honest prefixes.
pub const FILE_TEXT_BYTES_MAX: usize = 2 * FILE_BYTES_MAX;

/// How many findings are kept of one file: more than anyone mends in one go.
pub const FINDINGS_MAX: usize = 1_000;

/// A concrete syntax of RDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// RDF 1.1 Turtle.
    Turtle,
    /// RDF/XML.
    RdfXml,
    /// JSON-LD 1.1.
    JsonLd,
    /// RDF 1.1 N-Triples.
    NTriples,
    /// RDF 1.1 N-Quads.
    NQuads,
    /// RDF 1.1 `TriG`.
    TriG,
}

/// What there is to say about a format: one row each.
struct Facts {
    format: Format,
    name: &'static str,
    media_type: &'static str,
    other_media_types: &'static [&'static str],
    extensions: &'static [&'static str],
}

/// All formats. The first extension is the one we write.
const FORMATS: [Facts; 6] = [
    Facts {
        format: Format::Turtle,
        name: "turtle",
        media_type: "text/turtle",
        other_media_types: &["application/x-turtle", "application/turtle", "text/n3"],
        extensions: &["ttl", "turtle", "n3"],
    },
    Facts {
        format: Format::RdfXml,
        name: "rdf-xml",
        media_type: "application/rdf+xml",
        other_media_types: &["application/xml", "text/xml"],
        extensions: &["rdf", "xml", "owl"],
    },
    Facts {
        format: Format::JsonLd,
        name: "json-ld",
        media_type: "application/ld+json",
        other_media_types: &["application/json"],
        extensions: &["jsonld", "json"],
    },
    Facts {
        format: Format::NTriples,
        name: "n-triples",
        media_type: "application/n-triples",
        other_media_types: &["text/ntriples"],
        extensions: &["nt"],
    },
    Facts {
        format: Format::NQuads,
        name: "n-quads",
        media_type: "application/n-quads",
        other_media_types: &["text/x-nquads"],
        extensions: &["nq"],
    },
    Facts {
        format: Format::TriG,
        name: "trig",
        media_type: "application/trig",
        other_media_types: &["application/x-trig"],
        extensions: &["trig"],
    },
];

impl Format {
    /// Every format there is.
    pub const ALL: [Self; 6] =
        [Self::Turtle, Self::RdfXml, Self::JsonLd, Self::NTriples, Self::NQuads, Self::TriG];

    fn facts(self) -> &'static Facts {
        let [turtle, rdf_xml, json_ld, n_triples, n_quads, trig] = &FORMATS;
        match self {
            Self::Turtle => turtle,
            Self::RdfXml => rdf_xml,
            Self::JsonLd => json_ld,
            Self::NTriples => n_triples,
            Self::NQuads => n_quads,
            Self::TriG => trig,
        }
    }

    /// Returns the name used in the API: `turtle`, `rdf-xml`, `json-ld`, ...
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the registered media type.
    pub fn media_type(self) -> &'static str {
        self.facts().media_type
    }

    /// Returns the usual file extension, without the dot.
    pub fn extension(self) -> &'static str {
        self.facts().extensions.first().copied().unwrap_or_default()
    }

    /// Finds the format of this name, as in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        FORMATS.iter().find(|facts| facts.name == name).map(|facts| facts.format)
    }

    /// Finds the format of a media type; parameters after `;` are ignored.
    ///
    /// `text/plain` and `application/octet-stream` say nothing: see
    /// [`Format::sniff`].
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        FORMATS
            .iter()
            .find(|facts| {
                facts.media_type == essence || facts.other_media_types.contains(&essence.as_str())
            })
            .map(|facts| facts.format)
    }

    /// Finds the format by the extension of a file name or of the path of a URL.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let path = name.split(['?', '#']).next().unwrap_or_default();
        let (_, extension) = path.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        FORMATS
            .iter()
            .find(|facts| facts.extensions.contains(&extension.as_str()))
            .map(|facts| facts.format)
    }

    /// Guesses the format from how the file begins; Turtle if nothing speaks
    /// against it, because its parser also reads N-Triples and says best what is
    /// wrong.
    pub fn sniff(bytes: &[u8]) -> Self {
        guard::sniff(bytes)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file could not be read as RDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct ParseError {
    /// The line, counted from 1, where the parser tells it.
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl ParseError {
    pub(crate) fn new(
        line: Option<u64>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { line, message: shorten(message.into()), hint: hint.into() }
    }
}

/// Cuts a message that quotes the file: a string that was never closed is quoted
/// to the end of the file.
pub(crate) fn shorten(mut message: String) -> String {
    /// Enough to recognise the place.
    const MESSAGE_BYTES_MAX: usize = 300;
    if message.len() > MESSAGE_BYTES_MAX {
        let end = (0..=MESSAGE_BYTES_MAX).rev().find(|at| message.is_char_boundary(*at));
        message.truncate(end.unwrap_or_default());
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests;
