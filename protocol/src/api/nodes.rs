//! Which other nodes there are.

use serde::{Deserialize, Serialize};

use crate::id::{AgencyId, NodeId};
use crate::time::Timestamp;

/// `GET /api/v1/nodes`: the address book, all nodes this node knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeList {
    /// The nodes, by id.
    pub nodes: Vec<KnownNode>,
}

/// One node of the address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnownNode {
    /// Its name on the network.
    pub node: NodeId,
    /// Its libp2p peer id, as multiaddresses have it.
    pub peer_id: String,
    /// Where it is dialled: where it was met, then where it says it is. None,
    /// where it can only dial out.
    pub addresses: Vec<String>,
    /// The agency it says it publishes for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agency: Option<AgencyId>,
    /// Whether it is one of the configured peers.
    pub configured: bool,
    /// Whether it is connected.
    pub connected: bool,
    /// When it last answered where this node dialled it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reached_at: Option<Timestamp>,
    /// When it last did not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed_at: Option<Timestamp>,
    /// How often it did not, since a connection to it last lasted.
    pub failures: u32,
    /// From when on it may be dialled; not given for one that is connected or
    /// cannot be dialled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_try_at: Option<Timestamp>,
    /// When it signed its record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issued_at: Option<Timestamp>,
    /// When its record ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
}
