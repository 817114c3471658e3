//! What happens, as it happens.

use serde::{Deserialize, Serialize};

use crate::id::{AgencyId, EntityId};
use crate::time::Timestamp;

/// One server-sent event of `GET /api/v1/events`; its `id` is the cursor to
/// resume after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its number at this node, growing; not the same at other nodes.
    pub number: u64,
    /// When this node took the change in.
    pub at: Timestamp,
    /// What happened.
    pub event: EventKind,
    /// The agency whose catalogue changed.
    pub agency: AgencyId,
    /// That agency's name.
    pub agency_name: String,
    /// The dataset.
    pub id: EntityId,
    /// Its IRI, where known.
    pub iri: String,
    /// Its title, where known.
    pub title: String,
}

/// What happened to a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It was published or changed.
    Published,
    /// It was withdrawn.
    Withdrawn,
}
