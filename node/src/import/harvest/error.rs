//! Why an address could not be read.

use crate::fetch::FetchError;
use crate::import::ImportError;

use super::{ATTEMPTS_MAX, BYTES_MAX, DOCUMENTS_MAX};

/// Why an address could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HarvestError {
    /// It, or a part of it, did not answer with a document.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What it answered is no catalogue.
    #[error("{address}: {error}")]
    Import {
        /// The address of the document.
        address: String,
        /// Why not.
        error: ImportError,
    },
    /// It answered something else than its own API promises.
    #[error("{address} {what}")]
    Answer {
        /// The address.
        address: String,
        /// What it did.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// Fewer datasets came than it says there are.
    #[error("{address} says it has {total}, and {came} came")]
    Half {
        /// The address.
        address: String,
        /// How many came.
        came: u64,
        /// How many it says there are.
        total: u64,
    },
    /// The links from page to page lead back.
    #[error("the pages go round in circles: {address} came before")]
    Circle {
        /// The page that came again.
        address: String,
    },
    /// It changed each time it was read.
    #[error("{address} changed while it was read, {ATTEMPTS_MAX} times")]
    Changing {
        /// The address.
        address: String,
    },
    /// It has no end.
    #[error(
        "{address} would be more than {DOCUMENTS_MAX} documents or {BYTES_MAX} bytes, the most that \
         are read"
    )]
    TooManyDocuments {
        /// The one that was too much.
        address: String,
    },
}

impl HarvestError {
    /// Returns whether it may pass by itself, so that asking again is worth it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Fetch(error) => error.may_pass(),
            Self::TooManyDocuments { .. } => false,
            // Servers show their failures as pages, and send half files whole.
            Self::Import { .. }
            | Self::Answer { .. }
            | Self::Half { .. }
            | Self::Circle { .. }
            | Self::Changing { .. } => true,
        }
    }

    /// Returns how long the server wants to be left alone, in seconds.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Fetch(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> &str {
        match self {
            Self::Fetch(error) => error.hint(),
            Self::Import { error, .. } => error.hint(),
            Self::Answer { hint, .. } => hint,
            Self::Half { .. } => {
                "nothing was changed; tell whoever runs the portal that its pages leave \
                 datasets out, or give the address of one file with all of them"
            }
            Self::Circle { .. } => {
                "tell whoever runs the portal that a page links back to an earlier one, or give \
                 the address of one file with all datasets"
            }
            Self::Changing { .. } => "the node asks again later",
            Self::TooManyDocuments { .. } => {
                "let the portal cut larger pages, or give the address of one file"
            }
        }
    }

    /// Returns the line in the document, where it is known.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Import { error, .. } => error.line(),
            _ => None,
        }
    }
}
