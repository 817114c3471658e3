//! Following a catalogue from page to page (Hydra).
//!
//! Portals behind a proxy name their pages by the host they see themselves,
//! which nobody outside reaches; so only the path and query of a link are
//! followed, on the host that was asked.

use std::collections::HashSet;

use oxiri::Iri;

use crate::fetch::Document;
use crate::import::reader::Page;
use crate::import::{ImportOptions, split};

use super::merge::Merger;
use super::{ACCEPT, ATTEMPTS_MAX, HarvestError, Session};

/// Reads all pages that follow a first one, and the first again when the
/// catalogue changed meanwhile. Returns the first document if it was the only.
pub(super) fn follow(
    session: &mut Session<'_>,
    address: &str,
    first: Document,
    page: Page,
) -> Result<(Page, Option<Document>), HarvestError> {
    let mut begin = Some((first, page));
    for _ in 0..ATTEMPTS_MAX {
        let (document, page) = if let Some(begin) = begin.take() {
            begin
        } else {
            let document = session.document(address, ACCEPT)?;
            let page = super::document_page(&document, &super::HarvestOptions::default())?;
            (document, page)
        };
        if let Some(whole) = once(session, document, page)? {
            return Ok(whole);
        }
    }
    Err(HarvestError::Changing { address: address.to_owned() })
}

/// Reads all pages once; `None` if the catalogue changed meanwhile.
fn once(
    session: &mut Session<'_>,
    first: Document,
    page: Page,
) -> Result<Option<(Page, Option<Document>)>, HarvestError> {
    let asked = first.address.clone();
    let (form, total) = (page.form, page.paging.total);
    let Some(next) = link(&page, &asked, &asked) else {
        complete(&asked, &page, total)?;
        return Ok(Some((page, Some(first))));
    };
    let import = |address: &str, error| HarvestError::Import { address: address.to_owned(), error };
    let mut seen = Seen::default();
    seen.page(&asked, &first.body);
    let mut merger = Merger::new();
    merger.add(&page).map_err(|error| import(&asked, error.into()))?;
    let mut link_to = Some(next);
    while let Some(next) = link_to.take() {
        if seen.addresses.contains(&next) {
            return circle(&asked, merger, form, total, next);
        }
        let document = session.document(&next, ACCEPT)?;
        let options = ImportOptions { format: Some(form), base: Some(document.address.clone()) };
        let page = crate::import::reader::page(&document.body, &options)
            .map_err(|error| import(&document.address, error))?;
        if page.paging.total.is_some() && page.paging.total != total {
            return Ok(None);
        }
        if !seen.page(&next, &document.body) {
            return circle(&asked, merger, form, total, next);
        }
        merger.add(&page).map_err(|error| import(&document.address, error.into()))?;
        link_to = link(&page, &document.address, &asked);
    }
    let page = merger.finish(form);
    complete(&asked, &page, total)?;
    Ok(Some((page, None)))
}

/// A link that leads back is the end if all is there that was promised: some
/// portals let the last page link to itself.
fn circle(
    asked: &str,
    merger: Merger,
    form: crate::import::Form,
    total: Option<u64>,
    next: String,
) -> Result<Option<(Page, Option<Document>)>, HarvestError> {
    let page = merger.finish(form);
    if total.is_some() && complete(asked, &page, total).is_ok() {
        return Ok(Some((page, None)));
    }
    Err(HarvestError::Circle { address: next })
}

/// The pages that came.
#[derive(Default)]
struct Seen {
    addresses: HashSet<String>,
    contents: HashSet<[u8; 32]>,
}

impl Seen {
    /// Notes a page; returns whether it is another than all before.
    fn page(&mut self, address: &str, body: &[u8]) -> bool {
        self.addresses.insert(address.to_owned());
        self.contents.insert(*blake3::hash(body).as_bytes())
    }
}

/// Returns where a page says the next one is, on the host that was asked.
fn link(page: &Page, address: &str, asked: &str) -> Option<String> {
    rebased(page.paging.next.as_deref()?, address, asked)
}

/// Returns a link of a page as an address on the host that was asked.
pub(super) fn rebased(link: &str, page: &str, asked: &str) -> Option<String> {
    let link = Iri::parse(page).ok()?.resolve(link).ok()?;
    let asked = Iri::parse(asked).ok()?;
    let authority = asked.authority()?;
    let query = link.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}://{authority}{}{query}", asked.scheme(), link.path()))
}

/// Refuses pages that together have less than they say.
fn complete(address: &str, page: &Page, total: Option<u64>) -> Result<(), HarvestError> {
    let Some(total) = total else { return Ok(()) };
    let came = split::Entities::find(&page.graph).members();
    if came < total {
        return Err(HarvestError::Half { address: address.to_owned(), came, total });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_on_the_host_that_was_asked() {
        let asked = "https://data.example.org/catalogue.ttl";
        let cases = [
            (
                "http://hub-search:8080/catalogue.ttl?page=2",
                "https://data.example.org/catalogue.ttl?page=2",
            ),
            ("?page=2#x", "https://data.example.org/catalogue.ttl?page=2"),
            ("/p/3", "https://data.example.org/p/3"),
        ];
        for (link, address) in cases {
            assert_eq!(rebased(link, asked, asked).as_deref(), Some(address));
        }
    }
}
