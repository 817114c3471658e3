//! Getting what others publish on the web: the port between those who read
//! catalogues and the one who talks HTTP.
//!
//! Readers of catalogues ([`import`](crate::import)) ask for one address after
//! another through [`Fetch`], and their tests answer from memory. Whatever
//! implements it keeps the promises below, so that no reader has to.
//!
//! Invariants, for every implementation:
//! - An answer is whole or an error. A body that ended early, or is longer than
//!   [`Request::bytes_max`], is never handed on in part.
//! - Addresses that are not the web's, or not to be asked by configuration,
//!   are refused: also those a redirect leads to.
//! - Every call ends within a bounded time.

use std::io;

mod address;
mod networks;
mod web;

pub use networks::{Network, Networks, ParseNetworkError, is_public};
pub use web::{Limits, Web};

/// One question to one address. Blocks while it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The absolute address, `http` or `https`.
    pub address: &'a str,
    /// The media types wanted, as the `Accept` header has them.
    pub accept: &'a str,
    /// The most bytes the body may have, unpacked.
    pub bytes_max: usize,
    /// What is known of the last answer; then the answer may be that nothing
    /// changed.
    pub known: Option<&'a Validators>,
}

/// What an answer can be recognised by later (RFC 9110, section 8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Validators {
    /// The `ETag`, as it came.
    pub etag: Option<String>,
    /// The `Last-Modified`, as it came.
    pub last_modified: Option<String>,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What was known is still so (304).
    NotModified,
    /// A document, whole (200).
    Found(Document),
}

/// A document of the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where it was found, after redirects: what relative links in it are
    /// relative to.
    pub address: String,
    /// The `Content-Type`, with its parameters.
    pub media_type: Option<String>,
    /// What to recognise it by next time.
    pub validators: Validators,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none that may be asked.
    #[error("{address} is not asked: {reason}")]
    Refused {
        /// The address.
        address: String,
        /// Why not.
        reason: String,
    },
    /// The server answered with something else than the document.
    #[error("{address} answered {status}")]
    Status {
        /// The address.
        address: String,
        /// The status.
        status: u16,
        /// How long to wait before asking again, in seconds, if the server said.
        retry_after: Option<u64>,
    },
    /// The document is longer than asked for.
    #[error("{address} is longer than {bytes_max} bytes")]
    TooLong {
        /// The address.
        address: String,
        /// How long it may be.
        bytes_max: usize,
    },
    /// No connection, or one that broke or took too long.
    #[error("{address} cannot be reached: {source}")]
    Unreachable {
        /// The address.
        address: String,
        /// What failed.
        source: io::Error,
    },
}

impl FetchError {
    /// Returns whether the same question may be answered a little later: the
    /// server was busy or could not be reached, and nobody has to do anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::TooLong { .. } => false,
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
        }
    }

    /// Returns how long the server asks to be left alone, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "give the address at which the catalogue really is; a private address must \
                 stand in `source_networks` of delad.toml"
            }
            Self::Status { status: 401 | 403 | 407, .. } => {
                "let the catalogue be read without logging in, as harvesters of portals read it"
            }
            Self::Status { status: 404 | 410, .. } => {
                "see in a browser where the catalogue is now, and give that address"
            }
            Self::Status { status: 429 | 503, .. } => {
                "nothing is to be done; the node asks again when the server allows"
            }
            Self::Status { .. } => {
                "the server failed: ask whoever runs it if it goes on; the node asks again"
            }
            Self::TooLong { .. } => {
                "offer the catalogue in pages (Hydra), or as Turtle, which is a third of RDF/XML"
            }
            Self::Unreachable { .. } => {
                "the node asks again; if it goes on, see from the node's machine whether the \
                 address answers"
            }
        }
    }
}

/// Refuses an address that is none of the web's, or has a secret in it; whether
/// it leads inside is known when it is asked.
pub fn check_address(address: &str) -> Result<(), FetchError> {
    address::Address::read(address).map(drop)
}

/// Gets documents of the web.
pub trait Fetch {
    /// Returns the document at an address.
    fn get(&self, request: &Request<'_>) -> Result<Answer, FetchError>;
}
