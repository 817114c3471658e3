//! From bytes to one graph of DCAT, whatever form they have.
//!
//! One file for each form. What a form says beside the catalogue (the links
//! between its pages, the envelope of its changes) is taken out here, and what
//! of it matters is handed on.
//!
//! Invariant: what is read is a whole catalogue, or says that it is not.

use dela_protocol::api::NotCarried;

use super::form::Form;
use super::{ImportError, ImportOptions};
use crate::rdf::{self, Format, Graph};

pub(super) mod hydra;

/// A document, read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) form: Form,
    pub(super) graph: Graph,
    /// What was in it and is not in the graph.
    pub(super) left_out: NotCarried,
    /// How it says it belongs to others.
    pub(super) paging: hydra::Paging,
}

/// Reads a document.
pub(super) fn page(bytes: &[u8], options: &ImportOptions) -> Result<Page, ImportError> {
    let form = options.format.unwrap_or_else(|| Format::sniff(bytes).into());
    let base = options.base.as_deref();
    match form {
        Form::Rdf(format) => {
            let mut graph = rdf::parse(bytes, format, base)?;
            let (paging, left_out) = hydra::take_out(&mut graph);
            Ok(Page { form, graph, left_out, paging })
        }
        Form::DcatUs | Form::Ckan | Form::Feed => {
            Err(ImportError::NoDatasets { found: String::new() })
        }
    }
}

/// Reads a document that is the whole catalogue.
pub(super) fn whole(bytes: &[u8], options: &ImportOptions) -> Result<Page, ImportError> {
    let page = page(bytes, options)?;
    match &page.paging.next {
        Some(next) => Err(ImportError::OnePage { next: next.clone() }),
        None => Ok(page),
    }
}
