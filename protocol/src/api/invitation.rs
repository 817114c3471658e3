//! Which federation a node takes part in: founding one, inviting others to it,
//! and joining another.

use serde::{Deserialize, Serialize};

/// `GET /api/v1/federation/invitation`: how others find this node's federation.
///
/// It is no secret and admits nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationText {
    /// The invitation: `dela:` with the federation, its name and addresses.
    pub invitation: String,
    /// The federation: the id of one with a charter, or the name of an open one.
    pub federation: String,
    /// Its name.
    pub name: String,
    /// The nodes at which to begin: multiaddresses, those that reach furthest
    /// first.
    pub peers: Vec<String>,
}

/// `POST /api/v1/federation/join`: to which federation the node is to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The invitation.
    pub invitation: String,
}

/// `POST /api/v1/federation/found`: a federation to be founded, into which the
/// node moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFederation {
    /// Its name.
    pub name: String,
    /// What it is for, or the address of a page that says so.
    #[serde(default)]
    pub purpose: String,
    /// The cards of the other founders, as text; none to begin alone.
    #[serde(default)]
    pub cards: Vec<String>,
    /// How many seats it takes to admit a member; more than half, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admit: Option<u16>,
    /// How many to suspend or revoke one; two thirds, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<u16>,
    /// How many to change the charter; two thirds, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amend: Option<u16>,
    /// Whether only members may read.
    #[serde(default)]
    pub members_only: bool,
}

impl NewFederation {
    /// A federation with the usual charter and nobody else in it.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            purpose: String::new(),
            cards: Vec::new(),
            admit: None,
            revoke: None,
            amend: None,
            members_only: false,
        }
    }
}

/// The node moves: it starts anew at once, and takes part in another federation
/// when it is there again. What its agency has published goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moving {
    /// The federation it leaves: the id of one with a charter, or the name of an
    /// open one.
    pub from: String,
    /// The federation it moves to.
    pub to: String,
}
