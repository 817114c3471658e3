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
use crate::rdf::{self, FALLBACK_BASE, Format, Graph, NamedGraphs, ParseError};

pub(super) mod ckan;
mod dcat_us;
pub(super) mod feed;
mod fields;
pub(super) mod hydra;
pub(super) mod json;

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
    let form = match options.format {
        // Who says JSON-LD may mean only JSON.
        None | Some(Form::Rdf(Format::JsonLd)) if Format::sniff(bytes) == Format::JsonLd => {
            json_form(bytes)
        }
        None => Format::sniff(bytes).into(),
        Some(form) => form,
    };
    let base = options.base.as_deref();
    match form {
        Form::Rdf(format) => {
            let named = rdf::parse_named(bytes, format, base)?;
            if is_feed(&named) {
                return feed::whole(&named);
            }
            let mut graph = named.merged();
            let (paging, left_out) = hydra::take_out(&mut graph);
            Ok(Page { form, graph, left_out, paging })
        }
        Form::DcatUs => Ok(dcat_us::read(bytes, base)?),
        Form::Ckan => Ok(ckan::read(bytes, base)?),
        Form::Feed => {
            feed::whole(&named(bytes, Format::sniff(bytes), base.unwrap_or(FALLBACK_BASE))?)
        }
    }
}

/// Reads a document with named graphs.
pub(super) fn named(bytes: &[u8], format: Format, base: &str) -> Result<NamedGraphs, ParseError> {
    rdf::parse_named(bytes, format, Some(base))
}

/// Whether a document may be a page of a feed, by a name that all feeds have in
/// them. Cheap.
pub(super) fn names_feed(bytes: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"w3id.org/ldes#", b"w3id.org/tree#"];
    names.iter().any(|name| bytes.windows(name.len()).any(|window| window == *name))
}

/// Whether a document is a page of a feed.
pub(super) fn is_feed(page: &NamedGraphs) -> bool {
    feed::is_feed(&page.graph)
}

/// Finds the form of a document in JSON.
fn json_form(bytes: &[u8]) -> Form {
    match json::shape(bytes) {
        json::Shape::DcatUs => Form::DcatUs,
        json::Shape::Ckan => Form::Ckan,
        json::Shape::Other => Form::Rdf(Format::JsonLd),
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

#[cfg(test)]
pub(super) mod tests;
