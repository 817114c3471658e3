//! Whom the node knows.

use serde::{Deserialize, Serialize};

use crate::id::NodeId;
use crate::time::Timestamp;

/// `GET /api/v1/peers`: the nodes this node is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeerList {
    /// The peers, by id.
    pub peers: Vec<Peer>,
}

/// One connected node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Peer {
    /// Its name on the network.
    pub node: NodeId,
    /// Its libp2p peer id, as multiaddresses have it.
    pub peer_id: String,
    /// The address of the connection.
    pub address: String,
    /// Whether we dialled it.
    pub outbound: bool,
    /// What it says it runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub software: Option<String>,
    /// When the connection was made.
    pub connected_at: Timestamp,
    /// When it last told us, truthfully, what it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reconciled_at: Option<Timestamp>,
    /// Whether it then held the same as we.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_root: Option<bool>,
    /// How many records came from it.
    pub records_received: u64,
    /// How many records were sent to it.
    pub records_sent: u64,
    /// How often it sent what it must not.
    pub strikes: u32,
    /// The last reason for a strike.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_strike: Option<String>,
}
