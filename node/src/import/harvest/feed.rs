//! Following a feed from page to page (LDES, by the words of TREE).

use std::collections::{BTreeSet, VecDeque};

use crate::fetch::Document;
use crate::import::ImportError;
use crate::import::reader::feed::Feed;
use crate::import::reader::{self, Page};
use crate::rdf::{Format, ParseError};

use super::pages::rebased;
use super::{HarvestError, Session};

/// The two formats a feed comes in: only they have named graphs.
pub(super) const ACCEPT: &str = "application/trig, application/ld+json;q=0.9";

/// Reads all pages of a feed, the first of which is at hand.
pub(super) fn follow(session: &mut Session<'_>, first: Document) -> Result<Page, HarvestError> {
    let asked = first.address.clone();
    let mut feed = Feed::default();
    let mut seen = BTreeSet::from([bare(&asked)]);
    let mut to_do = VecDeque::new();
    let mut document = first;
    let mut number = 0;
    loop {
        let import = |error: ParseError| HarvestError::Import {
            address: document.address.clone(),
            error: ImportError::Parse(error),
        };
        let format = format(&document);
        let page = reader::named(&document.body, format, &document.address).map_err(import)?;
        for link in feed.add(&page, number).map_err(import)? {
            let Some(next) = rebased(&link, &document.address, &asked) else { continue };
            if seen.insert(bare(&next)) {
                to_do.push_back(next);
            }
        }
        number += 1;
        let Some(next) = to_do.pop_front() else { break };
        document = session.document(&next, ACCEPT)?;
    }
    let error = |error| HarvestError::Import { address: asked, error: ImportError::Parse(error) };
    feed.finish().map_err(error)
}

/// Returns the format of a page.
pub(super) fn format(document: &Document) -> Format {
    match Format::sniff(&document.body) {
        format @ (Format::JsonLd | Format::NQuads) => format,
        _ => Format::TriG,
    }
}

/// Returns an address without what it names inside the document.
fn bare(address: &str) -> String {
    address.split('#').next().unwrap_or_default().to_owned()
}
