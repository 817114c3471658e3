//! What can go wrong between a client and its node.

use dela_protocol::api::Problem;

use super::address::AddressError;
use super::token::TokenError;

/// Why a node did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not the address of a node.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nothing answers there.
    #[error("no node answers at {node}: {reason}")]
    Unreachable {
        /// The node.
        node: String,
        /// What happened instead.
        reason: String,
    },
    /// Something answers, but not as a node does.
    #[error("what answers at {node} is not a Dela node: {found}")]
    NotANode {
        /// The address.
        node: String,
        /// What it answered.
        found: String,
    },
    /// A node answers, but differently than this version reads it.
    #[error("the node at {node} answers in a way this version of dela does not know: {reason}")]
    Unknown {
        /// The node.
        node: String,
        /// What was not understood.
        reason: String,
    },
    /// The node was reached, but did not finish.
    #[error("the connection to {node} broke off: {reason}")]
    BrokenOff {
        /// The node.
        node: String,
        /// What happened.
        reason: String,
    },
    /// The node said no.
    #[error("{}", problem.detail)]
    Refused {
        /// What it said.
        problem: Box<Problem>,
        /// Where the token that was sent came from.
        token_from: Option<String>,
    },
    /// There is no token to write with.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl ClientError {
    /// Returns the status code of the node's refusal, if it is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { problem, .. } => Some(problem.status),
            _ => None,
        }
    }
}
