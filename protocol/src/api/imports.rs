//! Publishing: what an import or a change did.

use serde::{Deserialize, Serialize};

use crate::api::DatasetKind;
use crate::id::EntityId;
use crate::record::Position;

use super::check::Finding;

/// `POST /api/v1/imports`: what making the agency's catalogue equal to a file
/// did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// Whether this was a dry run, so that nothing was changed.
    pub dry_run: bool,
    /// The format the file was read as: `turtle`, `rdf-xml`, `json-ld`, ...
    pub format: String,
    /// How many triples the file holds.
    pub triples: u64,
    /// How many datasets the file describes.
    pub datasets: u64,
    /// How many data services.
    pub data_services: u64,
    /// How many dataset series.
    pub dataset_series: u64,
    /// How many catalogues.
    pub catalogues: u64,
    /// How many distributions, carried inside their datasets.
    pub distributions: u64,
    /// How many records are new.
    pub created: u64,
    /// How many records have changed.
    pub changed: u64,
    /// How many records are withdrawn, because the file no longer has them.
    pub withdrawn: u64,
    /// How many records stayed as they were.
    pub unchanged: u64,
    /// The changes, at most 1,000 of them.
    pub changes: Vec<Change>,
    /// What of the file could not be carried, and why.
    pub not_carried: NotCarried,
    /// What should be mended in the file, at most 1,000 findings.
    pub warnings: Vec<Finding>,
    /// Where the agency's catalogue stands now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
}

/// One record that an import creates, changes or withdraws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// What happens to it.
    pub change: ChangeKind,
    /// What it is.
    pub kind: DatasetKind,
    /// Its id in the federation.
    pub id: EntityId,
    /// Its IRI.
    pub iri: String,
    /// Its title.
    pub title: String,
}

/// What happens to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there before.
    Created,
    /// Its description differs.
    Changed,
    /// It is no longer offered.
    Withdrawn,
}

/// What of a file could not be carried in records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotCarried {
    /// How many triples.
    pub triples: u64,
    /// Which subjects they are about, at most 100, with the reason.
    pub subjects: Vec<String>,
}

/// What publishing or withdrawing one dataset did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishReport {
    /// Its id in the federation.
    pub id: EntityId,
    /// Its IRI.
    pub iri: String,
    /// Its title.
    pub title: String,
    /// What happened; `None` if it was so already.
    pub change: Option<ChangeKind>,
    /// What should be mended.
    pub warnings: Vec<Finding>,
    /// Where the agency's catalogue stands now.
    pub position: Position,
}
