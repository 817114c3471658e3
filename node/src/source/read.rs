//! From an address to what it describes.
//!
//! Invariant: what is read is whole, or an error that says what to do and
//! whether it may pass by itself.

use core::time::Duration;

use dela_protocol::api::{SourceError, SourceKind};
use dela_protocol::id::AgencyId;

use crate::fetch::{Answer, Fetch, FetchError, Request, Validators};
use crate::import::{self, ImportError, ImportOptions, Imported};
use crate::rdf::Format;

/// The longest document: what an import takes.
const BYTES_MAX: usize = 64 * 1024 * 1024;

const ACCEPT: &str = "application/rdf+xml, text/turtle, application/ld+json;q=0.9, \
                      application/n-triples;q=0.8, application/trig;q=0.8, */*;q=0.1";

/// What an address has.
#[derive(Debug)]
pub(super) enum Read {
    /// The same as the last time.
    NotModified,
    /// This.
    Whole(Box<Whole>),
}

/// What was read of an address, all of it.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) imported: Imported,
    pub(super) validators: Validators,
    /// The document, for findings with lines.
    pub(super) body: Vec<u8>,
}

/// Why an address could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It did not answer with a document.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It answered with something else.
    #[error("{address} is a web page, not RDF")]
    WebPage {
        /// The address.
        address: String,
    },
    /// It is said to be what is not read yet.
    #[error("{address} is said to be of a kind that this version does not read")]
    Kind {
        /// The address.
        address: String,
    },
    /// It is no catalogue.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl ReadError {
    /// Returns whether it may pass by itself.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Fetch(error) => error.may_pass(),
            Self::Kind { .. } => false,
            // Servers show their failures as pages, and send half files whole.
            Self::WebPage { .. } | Self::Import(_) => true,
        }
    }

    /// Returns how long the server wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Fetch(error) => error.retry_after().map(Duration::from_secs),
            _ => None,
        }
    }

    /// Returns what to do.
    pub fn hint(&self) -> &str {
        match self {
            Self::Fetch(error) => error.hint(),
            Self::Kind { .. } => "let the kind be found out: `dela sources set ID --kind auto`",
            Self::WebPage { .. } => {
                "on that page, look for a link to DCAT, RDF/XML, Turtle or JSON-LD, and give that"
            }
            Self::Import(error) => error.hint(),
        }
    }

    /// Returns the line in the document, where it is known.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Import(error) => error.line(),
            _ => None,
        }
    }

    /// Returns the error as it is told.
    pub(super) fn told(&self) -> SourceError {
        SourceError {
            reason: self.to_string(),
            hint: Some(self.hint().to_owned()).filter(|hint| !hint.is_empty()),
            line: self.line(),
        }
    }
}

/// Reads what an address describes.
pub(super) fn read(
    fetch: &dyn Fetch,
    address: &str,
    kind: SourceKind,
    known: Option<&Validators>,
    own: &AgencyId,
) -> Result<Read, ReadError> {
    if !matches!(kind, SourceKind::Auto | SourceKind::Rdf) {
        return Err(ReadError::Kind { address: address.to_owned() });
    }
    let request = Request { address, accept: ACCEPT, bytes_max: BYTES_MAX, known };
    let document = match fetch.get(&request)? {
        Answer::NotModified => return Ok(Read::NotModified),
        Answer::Found(document) => document,
    };
    let media_type = document.media_type.as_deref().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type == "text/html" {
        return Err(ReadError::WebPage { address: document.address });
    }
    let path = document.address.split(['?', '#']).next().unwrap_or_default();
    let format = Format::from_media_type(&media_type).or_else(|| Format::from_file_name(path));
    let options = ImportOptions { format, base: Some(document.address.clone()) };
    let imported = import::read(&document.body, &options, own)?;
    let (validators, body) = (document.validators, document.body);
    Ok(Read::Whole(Box::new(Whole { imported, validators, body })))
}
