//! What the catalogues offer.

use serde::{Deserialize, Serialize};

use crate::dcat::{Resource, Text};
use crate::id::{AgencyId, EntityId, RecordId};
use crate::record::Position;
use crate::time::Timestamp;

/// `GET /api/v1/datasets`: what a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchPage {
    /// How many were found in all.
    pub total: u64,
    /// The hits of this page.
    pub datasets: Vec<DatasetSummary>,
    /// How the hits divide, per facet. Only on the first page.
    pub facets: Vec<Facet>,
    /// What to pass as `after` for the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
    /// What was searched for instead, where the words as typed find nothing: with
    /// the misspelt ones replaced by the nearest that are there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub corrected: Option<String>,
}

/// How hits divide by one property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facet {
    /// The name of the query parameter: `agency`, `theme`, `format`, `licence`,
    /// `api`, `access_rights`, `frequency`, `high_value`, `language`, `quality`
    /// or `kind`.
    pub name: String,
    /// The most frequent values.
    pub values: Vec<FacetValue>,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FacetValue {
    /// What to pass as the query parameter.
    pub value: String,
    /// What to show people.
    pub label: String,
    /// How many hits have it.
    pub count: u64,
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Best match first; without words, the last changed first.
    #[default]
    Relevance,
    /// The last changed first.
    Modified,
    /// By title.
    Title,
}

/// What kind of entry in a catalogue something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// A `dcat:Dataset`.
    Dataset,
    /// A `dcat:DataService`.
    DataService,
    /// A `dcat:DatasetSeries`.
    DatasetSeries,
    /// A `dcat:Catalog`.
    Catalogue,
}

/// A hit: enough to decide whether to open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetSummary {
    /// Its id in the federation.
    pub id: EntityId,
    /// The IRI its agency gave it.
    pub iri: String,
    /// What it is.
    pub kind: DatasetKind,
    /// Its titles.
    pub title: Vec<Text>,
    /// Its descriptions, each shortened to 500 characters.
    pub description: Vec<Text>,
    /// Its keywords; in hits at most 30.
    pub keyword: Vec<Text>,
    /// The agency that publishes it.
    pub agency: AgencyId,
    /// That agency's name.
    pub agency_name: String,
    /// The formats it can be had in, normalised: `CSV`, `GeoJSON`.
    pub formats: Vec<String>,
    /// Its licences, normalised: `CC-BY-4.0`, or as published where unknown.
    pub licences: Vec<String>,
    /// Its themes, by the codes of the EU vocabulary: `ENVI`.
    pub themes: Vec<String>,
    /// When it was last changed: as it says itself, else when the record was
    /// signed.
    pub modified: String,
    /// Whether the record's signature was checked and holds. Always true in
    /// what a node serves; stated so that a client can rely on it.
    pub verified: bool,
    /// How we know.
    pub provenance: Provenance,
}

/// Who says so, and how we know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provenance {
    /// The id of the signed record: the BLAKE3 hash of its exact bytes.
    pub record: RecordId,
    /// Where it stands in the agency's sequence.
    pub position: Position,
    /// The key that signed it: an Ed25519 public key in hexadecimal.
    pub key: String,
    /// When the agency says it signed.
    pub issued_at: Timestamp,
    /// Whether the signature was checked by the strict rule and holds.
    pub signature_valid: bool,
    /// When the agency last confirmed its catalogue.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_at: Option<Timestamp>,
    /// Whether the agency is overdue to confirm it.
    pub stale: bool,
}

/// `GET /api/v1/datasets/{id}`: one dataset and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetView {
    /// What the hit list shows, with descriptions in full.
    #[serde(flatten)]
    pub summary: DatasetSummary,
    /// What DCAT says about it, values as published.
    pub resource: Resource,
    /// How many RDF triples the record carries; the whole is served as RDF.
    pub triples: u64,
    /// What else in the index belongs to it, at most 50 of each kind.
    pub related: Vec<Related>,
    /// The records this node saw of it before, the newest first, at most 20.
    /// Nodes that came later have seen fewer.
    pub earlier: Vec<EarlierVersion>,
}

/// Another entry that belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Related {
    /// How.
    pub relation: Relation,
    /// Its id.
    pub id: EntityId,
    /// What it is.
    pub kind: DatasetKind,
    /// Its titles.
    pub title: Vec<Text>,
}

/// How an entry belongs to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It is the series that this is in (`dcat:inSeries`).
    Series,
    /// It is in this series.
    Member,
    /// It is a service that serves this (`dcat:servesDataset`,
    /// `dcat:accessService`).
    Service,
    /// It is served by this service.
    Served,
}

/// A record that was replaced. Its content is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EarlierVersion {
    /// The id of the signed record.
    pub record: RecordId,
    /// Where it stood in the agency's sequence.
    pub position: Position,
    /// When the agency says it signed.
    pub issued_at: Timestamp,
}

/// `GET /api/v1/datasets/{id}/proof`: all one needs to check the record's
/// signature without this software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proof {
    /// The exact signed bytes, a tagged `COSE_Sign1` (RFC 9052), in hexadecimal.
    pub cose_sign1: String,
    /// The external additional data the signature covers, in hexadecimal.
    pub external_aad: String,
    /// The Ed25519 public key, in hexadecimal.
    pub key: String,
    /// The agency whose key it is.
    pub agency: AgencyId,
    /// The agency's key statements, the inception first, each a `COSE_Sign1` in
    /// hexadecimal: the agency's id is the hash of the first.
    pub statements: Vec<String>,
    /// The agency's head, which commits to the record, in hexadecimal.
    pub head: String,
    /// The id of the record.
    pub record: RecordId,
}

/// `POST /api/v1/datasets` as JSON: a dataset from a form or from flags.
///
/// Whoever has DCAT sends that instead, as Turtle, RDF/XML or JSON-LD.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDataset {
    /// Its IRI; one is made from the agency and the title if none is given.
    #[serde(default)]
    pub iri: Option<String>,
    /// Its titles; at least one.
    pub title: Vec<Text>,
    /// Its descriptions; at least one.
    pub description: Vec<Text>,
    /// Its keywords.
    #[serde(default)]
    pub keyword: Vec<Text>,
    /// Its themes, as EU codes (`ENVI`) or IRIs.
    #[serde(default)]
    pub theme: Vec<String>,
    /// The licence of all its distributions: a known short name (`CC0-1.0`,
    /// `CC-BY-4.0`) or an IRI.
    #[serde(default)]
    pub licence: Option<String>,
    /// The name of whom to ask.
    #[serde(default)]
    pub contact_name: Option<String>,
    /// The e-mail address of whom to ask.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// A page about it.
    #[serde(default)]
    pub landing_page: Option<String>,
    /// Where it can be had.
    #[serde(default)]
    pub distribution: Vec<NewDistribution>,
}

/// One form in which a [`NewDataset`] can be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDistribution {
    /// The address at which it can be had or asked for.
    pub access_url: String,
    /// The address of the file itself, if there is one.
    #[serde(default)]
    pub download_url: Option<String>,
    /// Its format, a media type or a short name: `text/csv`, `CSV`.
    #[serde(default)]
    pub format: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: Vec<Text>,
}
