//! What one node takes, whatever the federation would have it take.

use serde::{Deserialize, Serialize};

use crate::id::AgencyId;

/// `GET` and `PUT /api/v1/federation/policy`: what the operator of this node has
/// decided for this node alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NodePolicy {
    /// Agencies of which nothing is shown, kept or passed on here.
    #[serde(default)]
    pub blocked: Vec<AgencyId>,
    /// In an open federation: of these agencies alone anything is taken, beside the
    /// node's own; of all, where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<AgencyId>>,
}
