//! How the node is.

use serde::{Deserialize, Serialize};

use super::sources::SourcesStatus;
use crate::id::{AgencyId, Digest, FederationId, NodeId};
use crate::record::Position;
use crate::time::Timestamp;

/// `GET /api/v1/status`: how the node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    /// The version of the software.
    pub version: String,
    /// What the node is doing.
    pub state: NodeState,
    /// Why it is in that state, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// How far the way back to the agency's own catalogue is, while the node may
    /// not publish.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovery: Option<RecoveryStatus>,
    /// The federation it belongs to.
    pub federation: FederationStatus,
    /// Its name on the network.
    pub node: NodeId,
    /// The addresses at which peers reach it, as multiaddresses with its peer
    /// id, to be given to another node as `--peer`.
    pub addresses: Vec<String>,
    /// The agency it publishes for.
    pub agency: AgencyId,
    /// The agency's name, as its profile says.
    pub agency_name: String,
    /// The digest of all heads: equal roots mean equal indexes.
    pub root: Digest,
    /// How many agencies the index holds.
    pub agencies: u64,
    /// How many live datasets the index holds, over all agencies.
    pub datasets: u64,
    /// How many live records of any kind the index holds.
    pub records: u64,
    /// How many peers are connected.
    pub peers: u64,
    /// How many agencies have announced more than the index holds yet.
    pub behind: u64,
    /// How many changes the search has yet to take in.
    pub search_behind: u64,
    /// Where the agency's own catalogue stands, if it has published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
    /// The sources with which the agency's catalogue is kept in step.
    #[serde(default)]
    pub sources: SourcesStatus,
    /// When the node started.
    pub started_at: Timestamp,
}

/// What a node is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It holds all that was announced, and answers.
    Ready,
    /// It answers, and is fetching what other agencies announced.
    CatchingUp,
    /// It has started again, and waits for a peer to confirm that its own
    /// catalogue is whole before it publishes. It answers.
    Confirming,
    /// It waits for its own catalogue: to come back from its peers, or to be
    /// published where the node has come from another federation. It does not
    /// publish until then, and answers nothing that would lack it.
    Recovering,
}

/// How far the way back to the agency's own catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryStatus {
    /// How many peers have said what they know of it.
    pub answers: u64,
    /// Where it stands as far as it is here in full.
    pub held: Position,
    /// The newest position that is known to have been signed.
    pub newest: Position,
    /// How many records of it are here.
    pub records: u64,
    /// How many there are, by the newest head that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub records_wanted: Option<u64>,
}

/// The federation a node belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FederationStatus {
    /// Its id, over which every signature is made.
    pub id: FederationId,
    /// Its name.
    pub name: String,
}
