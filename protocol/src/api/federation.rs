//! How the federation is, as one node sees it.

use serde::{Deserialize, Serialize};

use super::status::FederationStatus;
use crate::id::Digest;
use crate::time::Timestamp;

/// `GET /api/v1/federation`: how the federation is, as this node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FederationReport {
    /// Which federation.
    pub federation: FederationStatus,
    /// The digest of all heads: nodes with the same root hold the same index, but for
    /// the records of agencies that one of them blocks.
    pub root: Digest,
    /// How many agencies there are.
    pub agencies: u64,
    /// How many datasets they offer.
    pub datasets: u64,
    /// How many live records of any kind there are.
    pub records: u64,
    /// How many agencies are in which state.
    pub states: AgencyStates,
    /// How many agencies ever contradicted themselves, also where they have
    /// ended it since.
    pub forks: u64,
    /// How many nodes are connected.
    pub peers: u64,
    /// How many of them said at last count that they hold the same index.
    pub peers_same_root: u64,
    /// How many nodes are known, connected or not.
    pub nodes: u64,
    /// When the newest change came in, if there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changed_at: Option<Timestamp>,
}

/// How many agencies are in which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgencyStates {
    /// Complete by the agency's own signed digest, and confirmed in time.
    pub complete: u64,
    /// More has been announced than is here yet.
    pub catching_up: u64,
    /// Complete, and overdue to confirm.
    pub stale: u64,
    /// Announced, and nobody delivers it.
    pub withheld: u64,
    /// Contradicts itself.
    pub conflicting: u64,
}
