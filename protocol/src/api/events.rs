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
    /// Whether it is new here: the log of changes, as far as it reaches back, has
    /// nothing earlier about it.
    #[serde(default)]
    pub created: bool,
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

/// `GET /api/v1/events/latest`: what happened last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventList {
    /// The events, the newest first; of each dataset only its newest.
    pub events: Vec<Event>,
    /// The number of the newest change: follow events after it.
    pub through: u64,
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
