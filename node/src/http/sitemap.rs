//! What search engines need to find the pages: `/robots.txt` and a sitemap.
//!
//! Invariant: every page of a dataset is in one part of the sitemap, with when
//! its content was last signed; a part stays within what the protocol of
//! sitemaps allows (50,000 addresses, 50 MB).

use core::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use dela_protocol::time::Timestamp;

use super::App;
use super::address::PublicAddress;
use super::error::{HINT_PATHS, Kind, Refusal};
use super::parameters::{Parameters, Segment, blocking};
use super::version::{Asked, Version};

/// How many pages a part names: a fifth of what is allowed, because each is read
/// from the store, and 10,000 of them take a fraction of a second.
const PART_PAGES: usize = 10_000;

const XML: &str = "application/xml; charset=utf-8";
const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Says what robots should leave alone: searches, of which there is no end, and
/// the API.
pub(super) async fn robots(
    here: PublicAddress,
    asked: Asked,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    let sitemap = here.of("/sitemap.xml");
    let text = format!("User-agent: *\nDisallow: /?\nDisallow: /api/\n\nSitemap: {sitemap}\n");
    let version = Version::of("robots").with(&text);
    version.answer(&asked, "text/plain; charset=utf-8", || Ok(text.into_bytes()))
}

/// Names the parts of the sitemap.
pub(super) async fn index(
    State(app): State<App>,
    here: PublicAddress,
    asked: Asked,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    blocking(move || {
        app.index.demand_ready()?;
        let version = version_of(&app, &here, &asked)?;
        version.answer(&asked, XML, || {
            let (total, _) = app.index.signed_at(0, 0)?;
            let parts = usize::try_from(total).unwrap_or(usize::MAX).div_ceil(PART_PAGES).max(1);
            let mut text = begin("sitemapindex");
            for part in 0..parts {
                entry(&mut text, "sitemap", &here.of(&format!("/sitemap/{part}.xml")), None);
            }
            text.push_str("</sitemapindex>\n");
            Ok(text.into_bytes())
        })
    })
    .await
}

/// Names the pages of one part.
pub(super) async fn part(
    State(app): State<App>,
    Segment(name): Segment,
    here: PublicAddress,
    asked: Asked,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    let number = name.strip_suffix(".xml").and_then(|number| number.parse::<usize>().ok());
    let nothing = || Refusal::new(Kind::NotFound, "the sitemap has no such part", HINT_PATHS);
    let number = number.ok_or_else(nothing)?;
    blocking(move || {
        app.index.demand_ready()?;
        let version = version_of(&app, &here, &asked)?;
        let skip = number.saturating_mul(PART_PAGES);
        let (total, _) = app.index.signed_at(0, 0)?;
        if number > 0 && usize::try_from(total).is_ok_and(|total| total <= skip) {
            return Err(nothing());
        }
        version.answer(&asked, XML, || {
            let (_, pages) = app.index.signed_at(skip, PART_PAGES)?;
            let mut text = begin("urlset");
            if number == 0 {
                entry(&mut text, "url", &here.of("/"), None);
                entry(&mut text, "url", &here.of("/agencies"), None);
            }
            for (id, at) in pages {
                entry(&mut text, "url", &here.of(&format!("/dataset/{id}")), Some(at));
            }
            text.push_str("</urlset>\n");
            Ok(text.into_bytes())
        })
    })
    .await
}

fn version_of(app: &App, here: &PublicAddress, asked: &Asked) -> Result<Version, Refusal> {
    let state = app.index.now()?;
    Ok(Version::of("sitemap")
        .with(here.of(&asked.path))
        .with(state.origin.to_be_bytes())
        .with(state.stored.to_be_bytes())
        .with(state.searchable.to_be_bytes())
        .modified_at(state.searchable_since()))
}

fn begin(element: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} xmlns=\"{NAMESPACE}\">\n")
}

fn entry(text: &mut String, element: &str, address: &str, at: Option<Timestamp>) {
    let address = address.replace('&', "&amp;").replace('<', "&lt;");
    let at = at.map(|at| format!("<lastmod>{at}</lastmod>")).unwrap_or_default();
    writeln!(text, "<{element}><loc>{address}</loc>{at}</{element}>")
        .expect("writing to a string has no way to fail");
}
