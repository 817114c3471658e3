//! Profiles: the same facts in the words that different readers expect.
//!
//! Catalogues in Sweden say `dcterms:format "text/csv"`, the rest of Europe
//! expects a term of the EU's vocabulary there and one of IANA's beside it. A
//! reader chooses; what was signed stays what it is.
//!
//! Invariant: no fact is added and none is lost. A value for which the
//! vocabularies have a term becomes that term; one for which they have none
//! becomes the label of a node without a name, because DCAT-AP wants a node; a
//! text that is a date or a number gets the datatype it has anyway.

use std::borrow::Cow;
use std::collections::BTreeSet;

use dela_protocol::dcat::term;
use dela_protocol::description::{LiteralKind, Node, Object};
use oxiri::Iri;

use super::merge::Triple;
use crate::vocabulary;

/// In which words a catalogue is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// As it was published, which for Swedish agencies is DCAT-AP-SE.
    #[default]
    DcatApSe,
    /// DCAT-AP 3.0.1, as portals elsewhere in Europe check it.
    DcatAp,
}

impl Profile {
    /// The profiles by their names in the API.
    pub const NAMES: [(&'static str, Self); 2] =
        [("dcat-ap-se", Self::DcatApSe), ("dcat-ap", Self::DcatAp)];

    /// Returns the name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DcatApSe => "dcat-ap-se",
            Self::DcatAp => "dcat-ap",
        }
    }

    /// Puts triples, sorted by subject, into the words of this profile.
    pub(super) fn translate(self, triples: &mut Vec<Triple<'_>>, blanks: &mut u32) {
        match self {
            Self::DcatApSe => {}
            Self::DcatAp => {
                let said = core::mem::take(triples);
                let mut translation = Translation { said: Vec::with_capacity(said.len()), blanks };
                for subject in said.chunk_by(|a, b| a.0 == b.0) {
                    translation.subject(subject);
                }
                *triples = translation.said;
            }
        }
    }
}

const DCAT_COMPRESS_FORMAT: &str = "http://www.w3.org/ns/dcat#compressFormat";
const DCAT_PACKAGE_FORMAT: &str = "http://www.w3.org/ns/dcat#packageFormat";
const DCAT_SPATIAL_RESOLUTION: &str = "http://www.w3.org/ns/dcat#spatialResolutionInMeters";
const DCAT_TEMPORAL_RESOLUTION: &str = "http://www.w3.org/ns/dcat#temporalResolution";
const SKOS_CONCEPT: &str = "http://www.w3.org/2004/02/skos/core#Concept";

/// Properties whose values are addresses: a text that is one becomes an IRI.
const ADDRESSES: [&str; 8] = [
    term::DCAT_ACCESS_URL,
    term::DCAT_DOWNLOAD_URL,
    term::DCAT_ENDPOINT_DESCRIPTION,
    term::DCAT_ENDPOINT_URL,
    term::DCAT_LANDING_PAGE,
    term::FOAF_HOMEPAGE,
    term::FOAF_PAGE,
    "http://purl.org/dc/terms/source",
];

/// Properties whose values are nodes, and what a node is that has no more than
/// a label.
const NODES: [(&str, &str); 12] = [
    ("http://purl.org/dc/terms/accessRights", "http://purl.org/dc/terms/RightsStatement"),
    ("http://purl.org/dc/terms/accrualPeriodicity", "http://purl.org/dc/terms/Frequency"),
    ("http://purl.org/dc/terms/conformsTo", "http://purl.org/dc/terms/Standard"),
    ("http://purl.org/dc/terms/format", "http://purl.org/dc/terms/MediaTypeOrExtent"),
    ("http://purl.org/dc/terms/language", "http://purl.org/dc/terms/LinguisticSystem"),
    ("http://purl.org/dc/terms/license", "http://purl.org/dc/terms/LicenseDocument"),
    ("http://purl.org/dc/terms/provenance", "http://purl.org/dc/terms/ProvenanceStatement"),
    ("http://purl.org/dc/terms/rights", "http://purl.org/dc/terms/RightsStatement"),
    ("http://purl.org/dc/terms/spatial", "http://purl.org/dc/terms/Location"),
    ("http://purl.org/dc/terms/type", SKOS_CONCEPT),
    ("http://www.w3.org/ns/adms#status", SKOS_CONCEPT),
    ("http://www.w3.org/ns/dcat#mediaType", "http://purl.org/dc/terms/MediaType"),
];

/// The translation of a document, subject by subject.
struct Translation<'a, 'b> {
    said: Vec<Triple<'a>>,
    blanks: &'b mut u32,
}

impl<'a> Translation<'a, '_> {
    /// Translates all that is said of one subject.
    fn subject(&mut self, said: &[Triple<'a>]) {
        for triple in said {
            let find: fn(&str) -> Option<String> = match &*triple.1 {
                term::DCTERMS_FORMAT => vocabulary::file_type,
                term::DCAT_MEDIA_TYPE | DCAT_COMPRESS_FORMAT | DCAT_PACKAGE_FORMAT => {
                    vocabulary::media_type
                }
                term::DCTERMS_LICENSE => licence,
                term::DCTERMS_ACCESS_RIGHTS => vocabulary::access_right_iri,
                term::DCTERMS_ACCRUAL_PERIODICITY => vocabulary::frequency_iri,
                term::DCAT_THEME => theme,
                _ => |_| None,
            };
            match triple.2.text().and_then(find) {
                Some(iri) => self.say(triple.0.clone(), triple.1.clone(), Object::Iri(iri)),
                None => self.value(triple),
            }
        }
        self.media_type(said);
    }

    /// Says the media type that the one format of a distribution has, where
    /// there is none.
    fn media_type(&mut self, said: &[Triple<'a>]) {
        let values = |wanted: &'static str| {
            said.iter().filter(move |(_, predicate, _)| **predicate == *wanted)
        };
        if values(term::DCAT_MEDIA_TYPE).next().is_some() || !is_distribution(said) {
            return;
        }
        let formats: BTreeSet<String> = values(term::DCTERMS_FORMAT)
            .filter_map(|(.., object)| object.text())
            .filter_map(vocabulary::media_type)
            .collect();
        if let (Some((subject, ..)), 1, Some(only)) =
            (said.first(), values(term::DCTERMS_FORMAT).count(), formats.into_iter().next())
        {
            self.say(subject.clone(), Cow::Borrowed(term::DCAT_MEDIA_TYPE), Object::Iri(only));
        }
    }

    /// Says a value that has no term.
    fn value(&mut self, triple: &Triple<'a>) {
        let (subject, predicate, object) = triple;
        let Object::Literal(literal) = &**object else {
            self.said.push(triple.clone());
            return;
        };
        let class = NODES.iter().find(|(property, _)| **predicate == **property);
        let is_node = class.is_some() || ADDRESSES.contains(&&**predicate);
        if let Some(iri) = node_named(&literal.text).filter(|_| is_node) {
            self.say(subject.clone(), predicate.clone(), Object::Iri(iri));
        } else if let Some((_, class)) = class {
            let blank = *self.blanks;
            *self.blanks = blank.wrapping_add(1);
            let node: Cow<'a, Node> = Cow::Owned(Node::Blank(blank));
            let label =
                if *class == SKOS_CONCEPT { term::SKOS_PREF_LABEL } else { term::RDFS_LABEL };
            self.say(subject.clone(), predicate.clone(), Object::Blank(blank));
            let class = Object::Iri((*class).to_owned());
            self.say(node.clone(), Cow::Borrowed(term::RDF_TYPE), class);
            self.said.push((node, Cow::Borrowed(label), object.clone()));
        } else if let Some(datatype) =
            datatype(predicate, &literal.text).filter(|datatype| !is_of(&literal.kind, datatype))
        {
            let datatype = format!("{}{datatype}", term::XSD);
            let object = Object::typed(literal.text.trim().to_owned(), datatype);
            self.say(subject.clone(), predicate.clone(), object);
        } else {
            self.said.push(triple.clone());
        }
    }

    fn say(&mut self, subject: Cow<'a, Node>, predicate: Cow<'a, str>, object: Object) {
        self.said.push((subject, predicate, Cow::Owned(object)));
    }
}

fn theme(raw: &str) -> Option<String> {
    vocabulary::theme(raw).and_then(|theme| vocabulary::theme_iri(theme.code))
}

/// Returns a licence by its one address; what is of the EU's vocabulary stays.
fn licence(raw: &str) -> Option<String> {
    if raw.starts_with("http://publications.europa.eu/resource/authority/licence/") {
        return None;
    }
    vocabulary::licence_iri(raw)
}

fn is_distribution(said: &[Triple<'_>]) -> bool {
    said.iter().any(|(_, predicate, object)| {
        **predicate == *term::RDF_TYPE && object.text() == Some(term::DCAT_CLASS_DISTRIBUTION)
    })
}

/// Returns the IRI that a text is, if it is an address on the web.
fn node_named(text: &str) -> Option<String> {
    let text = text.trim();
    let is_address =
        ["http://", "https://", "ftp://"].iter().any(|scheme| text.starts_with(scheme));
    (is_address && Iri::parse(text).is_ok()).then(|| text.to_owned())
}

fn is_of(kind: &LiteralKind, datatype: &str) -> bool {
    matches!(kind, LiteralKind::Typed(iri) if iri.strip_prefix(term::XSD) == Some(datatype))
}

/// Returns the datatype that DCAT-AP expects of a property and that a text has.
fn datatype(predicate: &str, text: &str) -> Option<&'static str> {
    let text = text.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match predicate {
        term::DCTERMS_ISSUED
        | term::DCTERMS_MODIFIED
        | term::DCAT_START_DATE
        | term::DCAT_END_DATE => date(text),
        term::DCAT_BYTE_SIZE => digits(text).then_some("nonNegativeInteger"),
        DCAT_SPATIAL_RESOLUTION => {
            let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
            (digits(whole) && digits(part)).then_some("decimal")
        }
        DCAT_TEMPORAL_RESOLUTION => {
            let is_duration = text.len() > 2
                && text.starts_with('P')
                && text.bytes().all(|b| b.is_ascii_digit() || b"PYMDTHS.".contains(&b));
            is_duration.then_some("duration")
        }
        term::SPDX_CHECKSUM_VALUE => {
            let is_hex = !text.is_empty()
                && text.len().is_multiple_of(2)
                && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then_some("hexBinary")
        }
        _ => None,
    }
}

/// Returns which kind of date a text is: a year, a month, a day or a moment.
fn date(text: &str) -> Option<&'static str> {
    // Every digit is as good as another here: `0000-00-00`.
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000" => Some("gYear"),
        "0000-00" => Some("gYearMonth"),
        "0000-00-00" => Some("date"),
        _ => {
            let time = shape.strip_prefix("0000-00-00T00:00:00")?;
            let fraction = time.trim_start_matches('.').trim_start_matches('0');
            matches!(fraction, "" | "Z" | "+00:00" | "-00:00").then_some("dateTime")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_datatype_it_looks_like() {
        for (text, expected) in [
            ("2024", Some("gYear")),
            ("2024-05", Some("gYearMonth")),
            ("2024-05-06", Some("date")),
            ("2024-05-06T07:08:09", Some("dateTime")),
            ("2024-05-06T07:08:09.123Z", Some("dateTime")),
            ("2024-05-06T07:08:09+02:00", Some("dateTime")),
            ("i maj", None),
            ("2024-5-6", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
        assert_eq!(datatype(term::DCAT_BYTE_SIZE, "1 kB"), None);
        assert_eq!(datatype(DCAT_SPATIAL_RESOLUTION, "10.5"), Some("decimal"));
        assert_eq!(datatype(term::SPDX_CHECKSUM_VALUE, "00fF"), Some("hexBinary"));
        assert_eq!(datatype(DCAT_TEMPORAL_RESOLUTION, "P1D"), Some("duration"));
    }
}
