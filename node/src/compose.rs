//! From a form or flags to a description.
//!
//! Invariant: what is composed passes the mandatory rules that a form can
//! fulfil, and the same input gives the same bytes.

use dela_protocol::api::{NewDataset, NewDistribution};
use dela_protocol::dcat::{Text, term};
use dela_protocol::description::{Description, DescriptionError, Node, Object, Triple};
use dela_protocol::id::AgencyId;
use oxiri::Iri;

pub mod draft;

const RDF_TYPE: &str = term::RDF_TYPE;
const DATA_THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme/";

/// The codes of the EU vocabulary of data themes.
const THEMES: [&str; 13] = [
    "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH",
    "TRAN",
];

/// The licences known by a short name, written as DCAT-AP-SE does.
const LICENCES: [(&str, &str); 3] = [
    ("CC0-1.0", "http://creativecommons.org/publicdomain/zero/1.0/"),
    ("CC-BY-4.0", "http://creativecommons.org/licenses/by/4.0/"),
    ("CC-BY-SA-4.0", "http://creativecommons.org/licenses/by-sa/4.0/"),
];

/// The formats known by a short name.
const MEDIA_TYPES: [(&str, &str); 12] = [
    ("CSV", "text/csv"),
    ("GEOJSON", "application/geo+json"),
    ("GPKG", "application/geopackage+sqlite3"),
    ("HTML", "text/html"),
    ("JSON", "application/json"),
    ("JSON-LD", "application/ld+json"),
    ("PDF", "application/pdf"),
    ("RDF/XML", "application/rdf+xml"),
    ("TURTLE", "text/turtle"),
    ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("XML", "application/xml"),
    ("ZIP", "application/zip"),
];

/// Who publishes: named in every dataset, because DCAT-AP-SE demands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The IRI of the organisation.
    pub iri: String,
    /// Its names.
    pub name: Vec<Text>,
    /// What kind of publisher it is: an IRI of the ADMS vocabulary.
    pub kind: Option<String>,
}

/// Why a dataset cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A required field is empty.
    #[error("{field} is missing")]
    Missing {
        /// Which.
        field: &'static str,
    },
    /// A field has a value it cannot have.
    #[error("{field}: `{value}` is not {expected}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What it has.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// All of it together does not fit in a record.
    #[error(transparent)]
    Description(#[from] DescriptionError),
}

impl ComposeError {
    /// Returns the name of the field that should be mended, if it is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Missing { field } | Self::Invalid { field, .. } => Some(field),
            Self::Description(_) => None,
        }
    }
}

/// Composes the description of a dataset of `agency`.
pub fn description(
    new: &NewDataset,
    agency: &AgencyId,
    publisher: Option<&Publisher>,
) -> Result<Description, ComposeError> {
    let iri = match given(new.iri.as_deref()) {
        Some(iri) => absolute("iri", iri)?,
        None => made_up(required("title", &new.title)?, agency),
    };
    let mut graph = Composer { triples: Vec::new(), iri: iri.clone() };
    let dataset = Node::Iri(iri.clone());
    graph.iri(&dataset, RDF_TYPE, term::DCAT_CLASS_DATASET);
    graph.texts(&dataset, term::DCTERMS_TITLE, required("title", &new.title)?);
    graph.texts(&dataset, term::DCTERMS_DESCRIPTION, required("description", &new.description)?);
    graph.texts(&dataset, term::DCAT_KEYWORD, texts("keyword", &new.keyword)?);
    for theme in &new.theme {
        graph.iri(&dataset, term::DCAT_THEME, &theme_iri(theme)?);
    }
    if let Some(page) = given(new.landing_page.as_deref()) {
        graph.iri(&dataset, term::DCAT_LANDING_PAGE, &web("landing_page", page)?);
    }
    if let Some(publisher) = publisher {
        graph.publisher(&dataset, publisher)?;
    }
    graph.contact(&dataset, new)?;
    let licence = given(new.licence.as_deref()).map(licence_iri).transpose()?;
    if new.distribution.is_empty()
        && let Some(licence) = &licence
    {
        graph.iri(&dataset, term::DCTERMS_LICENSE, licence);
    }
    for distribution in &new.distribution {
        graph.distribution(&dataset, distribution, licence.as_deref())?;
    }
    Ok(Description::new(&iri, graph.triples)?)
}

/// Makes an IRI from the agency and the titles, so that composing the same
/// dataset again changes it instead of making another.
fn made_up(titles: Vec<Text>, agency: &AgencyId) -> String {
    let mut titles: Vec<String> = titles
        .into_iter()
        .map(|title| format!("{}@{}", title.text, title.language.unwrap_or_default()))
        .collect();
    titles.sort_unstable();
    let hash = blake3::hash(format!("dela:composed\0{}", titles.join("\n")).as_bytes()).to_hex();
    format!("urn:dela:{agency}:{}", hash.get(..32).unwrap_or_default())
}

/// Collects triples.
///
/// Every part has an IRI under that of the dataset, because national portals
/// harvest no blank nodes; the same form gives the same IRIs.
struct Composer {
    triples: Vec<Triple>,
    iri: String,
}

impl Composer {
    fn add(&mut self, subject: &Node, predicate: &str, object: Object) {
        self.triples.push((subject.clone(), predicate.to_owned(), object));
    }

    fn iri(&mut self, subject: &Node, predicate: &str, iri: &str) {
        self.add(subject, predicate, Object::Iri(iri.to_owned()));
    }

    fn texts(&mut self, subject: &Node, predicate: &str, texts: Vec<Text>) {
        for Text { text, language } in texts {
            let object = match language {
                Some(language) => Object::in_language(text, language),
                None => Object::plain(text),
            };
            self.add(subject, predicate, object);
        }
    }

    /// Makes the part of that name, to which `subject` refers.
    fn part(&mut self, subject: &Node, predicate: &str, class: &str, name: &str) -> Node {
        let separator = if self.iri.contains('#') { '-' } else { '#' };
        let iri = format!("{}{separator}{name}", self.iri);
        self.iri(subject, predicate, &iri);
        let node = Node::Iri(iri);
        self.iri(&node, RDF_TYPE, class);
        node
    }

    fn publisher(&mut self, dataset: &Node, publisher: &Publisher) -> Result<(), ComposeError> {
        let iri = absolute("publisher", &publisher.iri)?;
        self.iri(dataset, term::DCTERMS_PUBLISHER, &iri);
        let agent = Node::Iri(iri);
        self.iri(&agent, RDF_TYPE, term::FOAF_AGENT);
        self.texts(&agent, term::FOAF_NAME, texts("publisher", &publisher.name)?);
        if let Some(kind) = &publisher.kind {
            self.iri(&agent, term::DCTERMS_TYPE, &absolute("publisher", kind)?);
        }
        Ok(())
    }

    fn contact(&mut self, dataset: &Node, new: &NewDataset) -> Result<(), ComposeError> {
        let name = given(new.contact_name.as_deref());
        let email = given(new.contact_email.as_deref()).map(mailto).transpose()?;
        if name.is_none() && email.is_none() {
            return Ok(());
        }
        let contact =
            self.part(dataset, term::DCAT_CONTACT_POINT, term::VCARD_ORGANIZATION, "contact");
        if let Some(name) = name {
            self.add(&contact, term::VCARD_FN, Object::plain(name));
        }
        if let Some(email) = email {
            self.iri(&contact, term::VCARD_HAS_EMAIL, &email);
        }
        Ok(())
    }

    fn distribution(
        &mut self,
        dataset: &Node,
        new: &NewDistribution,
        licence: Option<&str>,
    ) -> Result<(), ComposeError> {
        let access_url = given(Some(&new.access_url))
            .ok_or(ComposeError::Missing { field: "distribution.access_url" })?;
        let access_url = web("distribution.access_url", access_url)?;
        // Named from what it offers, so that it keeps its name when others come
        // and go.
        let offered =
            [Some(access_url.as_str()), new.download_url.as_deref(), new.format.as_deref()]
                .map(|field| given(field).unwrap_or_default())
                .join("\0");
        let hash = blake3::hash(offered.as_bytes()).to_hex();
        let name = format!("distribution-{}", hash.get(..8).unwrap_or_default());
        let class = term::DCAT_CLASS_DISTRIBUTION;
        let node = self.part(dataset, term::DCAT_DISTRIBUTION, class, &name);
        self.iri(&node, term::DCAT_ACCESS_URL, &access_url);
        if let Some(url) = given(new.download_url.as_deref()) {
            self.iri(&node, term::DCAT_DOWNLOAD_URL, &web("distribution.download_url", url)?);
        }
        if let Some(format) = given(new.format.as_deref()) {
            self.add(&node, term::DCTERMS_FORMAT, Object::plain(media_type(format)));
        }
        if let Some(licence) = licence {
            self.iri(&node, term::DCTERMS_LICENSE, licence);
        }
        self.texts(&node, term::DCTERMS_TITLE, texts("distribution.title", &new.title)?);
        Ok(())
    }
}

/// A form sends empty fields for what was not filled in.
fn given(field: Option<&str>) -> Option<&str> {
    field.map(str::trim).filter(|text| !text.is_empty())
}

fn invalid(field: &'static str, value: &str, expected: &'static str) -> ComposeError {
    ComposeError::Invalid { field, value: value.to_owned(), expected }
}

/// Returns the texts that say something, with their language tags in order.
fn texts(field: &'static str, texts: &[Text]) -> Result<Vec<Text>, ComposeError> {
    texts
        .iter()
        .filter_map(|text| Some((given(Some(&text.text))?, given(text.language.as_deref()))))
        .map(|(text, language)| {
            let language = language
                .map(|tag| {
                    crate::rdf::language_tag(tag)
                        .ok_or_else(|| invalid(field, tag, "a language tag such as sv or en"))
                })
                .transpose()?;
            Ok(Text { text: text.to_owned(), language })
        })
        .collect()
}

fn required(field: &'static str, given: &[Text]) -> Result<Vec<Text>, ComposeError> {
    let texts = texts(field, given)?;
    if texts.is_empty() { Err(ComposeError::Missing { field }) } else { Ok(texts) }
}

fn absolute(field: &'static str, iri: &str) -> Result<String, ComposeError> {
    Iri::parse(iri.to_owned())
        .map(Iri::into_inner)
        .map_err(|_| invalid(field, iri, "an absolute IRI such as https://example.org/dataset/1"))
}

fn web(field: &'static str, address: &str) -> Result<String, ComposeError> {
    let expected = "a web address that begins with https:// or http://";
    let iri = Iri::parse(address.to_owned()).map_err(|_| invalid(field, address, expected))?;
    let scheme = iri.scheme().to_ascii_lowercase();
    let host = iri.authority().is_some_and(|authority| !authority.is_empty());
    if !host || !["http", "https"].contains(&scheme.as_str()) {
        return Err(invalid(field, address, expected));
    }
    Ok(iri.into_inner())
}

/// An address is plausible if there is something on both sides of the one `@`
/// and a dot in its host; only sending mail to it would tell more.
fn mailto(address: &str) -> Result<String, ComposeError> {
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let plausible = address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.contains('@')
            && host.split('.').count() > 1
            && host.split('.').all(|label| !label.is_empty())
    });
    let iri = format!("mailto:{address}");
    if !plausible || Iri::parse(iri.as_str()).is_err() {
        return Err(invalid("contact_email", address, "an e-mail address"));
    }
    Ok(iri)
}

fn licence_iri(licence: &str) -> Result<String, ComposeError> {
    match LICENCES.iter().find(|(name, _)| name.eq_ignore_ascii_case(licence)) {
        Some((_, iri)) => Ok((*iri).to_owned()),
        None => Iri::parse(licence.to_owned()).map(Iri::into_inner).map_err(|_| {
            invalid("licence", licence, "CC0-1.0, CC-BY-4.0, CC-BY-SA-4.0 or the IRI of a licence")
        }),
    }
}

fn theme_iri(theme: &str) -> Result<String, ComposeError> {
    let code = theme.trim().to_ascii_uppercase();
    if THEMES.contains(&code.as_str()) {
        return Ok(format!("{DATA_THEMES}{code}"));
    }
    Iri::parse(theme.trim().to_owned())
        .map(Iri::into_inner)
        .map_err(|_| invalid("theme", theme, "a code of the EU vocabulary such as ENVI, or an IRI"))
}

/// A format is a text in DCAT-AP-SE, a media type where there is one.
fn media_type(format: &str) -> String {
    let short = format.to_ascii_uppercase();
    MEDIA_TYPES
        .iter()
        .find(|(name, _)| *name == short)
        .map_or_else(|| format.to_owned(), |(_, media_type)| (*media_type).to_owned())
}

#[cfg(test)]
mod tests;
