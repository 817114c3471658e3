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
    /// Nodes that were cut off since the start, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cut_off: Vec<CutOff>,
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
    /// How many bytes came from it over this connection, of whatever kind.
    pub bytes_received: u64,
    /// How many bytes were sent to it over this connection, of whatever kind.
    pub bytes_sent: u64,
    /// How many records came from it.
    pub records_received: u64,
    /// How many records were sent to it.
    pub records_sent: u64,
    /// How many announcements it passed on to us first.
    pub announcements: u64,
    /// How many requests it made.
    pub requests: u64,
    /// How much of what it sent was over a budget, if anything was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub throttled: Option<Throttled>,
    /// How often it sent what it must not, as far as that is not forgiven: one
    /// an hour is. The third cuts it off.
    pub strikes: u32,
    /// What its last strikes were for, the newest last; also those forgiven.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub last_strikes: Vec<Strike>,
}

/// How a peer was throttled. That is no misconduct: what is over a budget is
/// not looked at, and comes another way or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Throttled {
    /// How many announcements, requests and answers were not looked at.
    pub count: u64,
    /// Since when it is throttled, if it is now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Timestamp>,
}

/// Something a peer sent that no honest node sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Strike {
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub reason: String,
}

/// A node that was cut off: it cannot connect any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CutOff {
    /// Its name on the network.
    pub node: NodeId,
    /// When.
    pub at: Timestamp,
    /// What it did, the newest last.
    pub strikes: Vec<Strike>,
}
