//! From an address to a whole catalogue, however it is offered there.
//!
//! An address is a document, or the first of many: pages by Hydra, a CKAN site,
//! a feed of changes. What it is shows in what it answers, unless the operator
//! has said it.
//!
//! Invariants:
//! - A catalogue is read whole or not at all. A page that is missing, a count
//!   that does not come out, or links that go round in circles are errors: half
//!   a catalogue would withdraw the other half.
//! - How often is asked and how much is kept is bounded, whatever is answered.

use crate::fetch::{Answer, Document, Fetch, FetchError, Request, Validators};
use crate::rdf::{self, FILE_BYTES_MAX, Format};
use dela_protocol::api::SourceKind;
use dela_protocol::id::AgencyId;

use super::form::Form;
use super::reader::{self, Page};
use super::{ImportOptions, Imported, divide};

mod ckan;
mod error;
mod feed;
mod merge;
mod pages;

pub use error::HarvestError;

/// What is asked for: any form that is read, the richest first.
const ACCEPT: &str = "text/turtle, application/trig;q=0.9, application/rdf+xml;q=0.9, \
                      application/ld+json;q=0.8, application/n-triples;q=0.7, \
                      application/json;q=0.5, */*;q=0.1";

/// The most documents that one harvest asks for: 100,000 datasets in pages of
/// ten, the smallest that portals are known to cut.
const DOCUMENTS_MAX: u64 = 10_000;

/// The most bytes of all documents together: eight of the longest files. A feed
/// repeats what it says of an entity each time it changes.
const BYTES_MAX: u64 = 8 * FILE_BYTES_MAX as u64;

/// How often a harvest begins anew because the catalogue changed meanwhile.
const ATTEMPTS_MAX: u32 = 3;

/// How to read an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HarvestOptions {
    /// What it is; found from what it answers if nobody says.
    pub kind: SourceKind,
}

/// What an address has.
#[derive(Debug)]
pub enum Harvested {
    /// The same as the last time.
    NotModified,
    /// This.
    Read(Box<Harvest>),
}

/// What was read of an address, all of it.
#[derive(Debug)]
pub struct Harvest {
    /// The catalogue.
    pub imported: Imported,
    /// What to recognise it by next time; nothing if it is more than one
    /// document, because one that is unchanged says nothing about the others.
    pub validators: Validators,
    /// The document, for findings with lines; empty if it is more than one.
    pub body: Vec<u8>,
    /// How many documents were asked for.
    pub documents: u64,
    /// How many bytes they had.
    pub bytes: u64,
}

/// Reads what an address offers, for `agency`, which names what has no IRI.
///
/// `known` is what a harvest returned earlier. Blocks until all is read.
pub fn harvest(
    fetch: &dyn Fetch,
    address: &str,
    options: &HarvestOptions,
    known: Option<&Validators>,
    agency: &AgencyId,
) -> Result<Harvested, HarvestError> {
    let mut session = Session::new(fetch);
    let Some(whole) = whole(&mut session, address, options, known)? else {
        return Ok(Harvested::NotModified);
    };
    let import = |error| HarvestError::Import { address: address.to_owned(), error };
    let imported = divide(whole.page, agency).map_err(import)?;
    Ok(Harvested::Read(Box::new(Harvest {
        imported,
        validators: whole.validators,
        body: whole.body,
        documents: session.documents,
        bytes: session.bytes,
    })))
}

/// A whole catalogue, not divided yet.
struct Whole {
    page: Page,
    validators: Validators,
    body: Vec<u8>,
}

/// Finds out what an address is, and reads all of it.
fn whole(
    session: &mut Session<'_>,
    address: &str,
    options: &HarvestOptions,
    known: Option<&Validators>,
) -> Result<Option<Whole>, HarvestError> {
    let many = |page| Whole { page, validators: Validators::default(), body: Vec::new() };
    let api = ckan::site_of_api(address);
    let site = if options.kind == SourceKind::Ckan { ckan::site_of_page(address) } else { None };
    if let Some(site) = api.filter(|_| options.kind == SourceKind::Auto).or(site) {
        let Some(site) = ckan::find(session, &site)? else {
            return Err(HarvestError::Answer {
                address: address.to_owned(),
                what: "is no CKAN site: nothing answers at /api/3/action/status_show".to_owned(),
                hint: "give the address of the site's front page",
            });
        };
        return Ok(Some(many(ckan::read(session, &site)?)));
    }
    let accept = if options.kind == SourceKind::DcatApFeed { feed::ACCEPT } else { ACCEPT };
    let Some(mut document) = session.get(address, accept, known)? else { return Ok(None) };
    if rdf::is_web_page(&document.body) {
        let site =
            ckan::site_of_page(&document.address).filter(|_| options.kind == SourceKind::Auto);
        if let Some(site) = site
            && let Some(site) = ckan::find(session, &site)?
        {
            return Ok(Some(many(ckan::read(session, &site)?)));
        }
    }
    if is_feed(session, &mut document, options)? {
        return Ok(Some(many(feed::follow(session, document)?)));
    }
    let page = document_page(&document, options)?;
    if page.paging.next.is_some() || page.paging.total.is_some() {
        let (page, alone) = pages::follow(session, address, document, page)?;
        return Ok(Some(match alone {
            Some(first) => Whole { page, validators: first.validators, body: first.body },
            None => many(page),
        }));
    }
    Ok(Some(Whole { page, validators: document.validators, body: document.body }))
}

/// Whether a document is a feed. One that came without named graphs is asked for
/// again in a format that has them.
fn is_feed(
    session: &mut Session<'_>,
    document: &mut Document,
    options: &HarvestOptions,
) -> Result<bool, HarvestError> {
    if options.kind != SourceKind::Auto {
        return Ok(options.kind == SourceKind::DcatApFeed);
    }
    if !reader::names_feed(&document.body) {
        return Ok(false);
    }
    if !matches!(form(document), None | Some(Form::Rdf(Format::TriG | Format::NQuads)))
        || Format::sniff(&document.body) == Format::RdfXml
    {
        let address = document.address.clone();
        *document = session.document(&address, feed::ACCEPT)?;
    }
    let format = feed::format(document);
    let page = reader::named(&document.body, format, &document.address);
    Ok(page.is_ok_and(|page| reader::is_feed(&page)))
}

/// Reads a document that may be one of several.
fn document_page(document: &Document, options: &HarvestOptions) -> Result<Page, HarvestError> {
    let form = match options.kind {
        SourceKind::DcatUs => Some(Form::DcatUs),
        SourceKind::Auto | SourceKind::Rdf | SourceKind::Ckan | SourceKind::DcatApFeed => {
            form(document)
        }
    };
    let options = ImportOptions { format: form, base: Some(document.address.clone()) };
    reader::page(&document.body, &options)
        .map_err(|error| HarvestError::Import { address: document.address.clone(), error })
}

/// Finds the form of a document. Its first characters tell XML and JSON for
/// certain, which servers often name wrongly; the rest is as the server says.
fn form(document: &Document) -> Option<Form> {
    match Format::sniff(&document.body) {
        Format::RdfXml | Format::JsonLd => None,
        _ => {
            let path = document.address.split(['?', '#']).next().unwrap_or_default();
            let named = document.media_type.as_deref().and_then(Format::from_media_type);
            let named = named.or_else(|| Format::from_file_name(path));
            named.filter(|format| !matches!(format, Format::RdfXml | Format::JsonLd)).map(Form::Rdf)
        }
    }
}

/// The questions of one harvest.
struct Session<'a> {
    fetch: &'a dyn Fetch,
    documents: u64,
    bytes: u64,
}

impl<'a> Session<'a> {
    fn new(fetch: &'a dyn Fetch) -> Self {
        Self { fetch, documents: 0, bytes: 0 }
    }

    /// Asks for a document; `None` if what is known of it is still so.
    fn get(
        &mut self,
        address: &str,
        accept: &str,
        known: Option<&Validators>,
    ) -> Result<Option<Document>, HarvestError> {
        if self.documents >= DOCUMENTS_MAX || self.bytes > BYTES_MAX {
            return Err(HarvestError::TooManyDocuments { address: address.to_owned() });
        }
        self.documents += 1;
        let request = Request { address, accept, bytes_max: FILE_BYTES_MAX, known };
        match self.fetch.get(&request)? {
            Answer::Found(document) => {
                self.bytes = self.bytes.saturating_add(super::count(document.body.len()));
                Ok(Some(document))
            }
            Answer::NotModified if known.is_some() => Ok(None),
            Answer::NotModified => Err(unasked(address)),
        }
    }

    /// Asks for a document that nothing is known of.
    fn document(&mut self, address: &str, accept: &str) -> Result<Document, HarvestError> {
        self.get(address, accept, None)?.ok_or_else(|| unasked(address))
    }
}

/// A server that says that nothing changed, without having been asked.
fn unasked(address: &str) -> HarvestError {
    FetchError::Status { address: address.to_owned(), status: 304, retry_after: None }.into()
}

#[cfg(test)]
mod tests;
