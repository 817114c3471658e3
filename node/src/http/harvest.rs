//! The whole index as DCAT, page by page, for harvesters.
//!
//! Three kinds of harvesters must find the next page: ckanext-dcat, udata and
//! piveau. So a page says where it stands in both vocabularies of Hydra, in one
//! node whose IRI is the page's own address, and nothing is redirected.
//!
//! Invariants:
//! - A harvester that follows `next` sees everything that is there throughout
//!   exactly once: a page begins after an id, not at a number.
//! - A page is whole or it is an error; a harvester deletes what it does not
//!   see.

use axum::extract::State;
use axum::response::Response;
use dela_protocol::agency::profile_iri;
use dela_protocol::api::{DatasetKind, Problem};
use dela_protocol::dcat::term;
use dela_protocol::description::Object;
use dela_protocol::id::EntityId;

use super::App;
use super::address::PublicAddress;
use super::datasets::filters;
use super::error::Refusal;
use super::graph;
use super::parameters::{Parameters, blocking, moment};
use super::version::{Asked, Version};
use crate::export::{Document, Profile};
use crate::index::{ListRequest, Listing, SearchRequest};
use crate::rdf::Format;
use crate::rdf::namespace::HYDRA;

/// How many entries a page has unless asked otherwise: as many as CKAN's.
const LIMIT: usize = 100;

/// The most entries a page may have: half a megabyte of ordinary descriptions.
const LIMIT_MAX: usize = 500;

/// The extensions by which a form can be chosen in the path.
pub(super) const EXTENSIONS: [&str; 9] =
    ["rdf", "xml", "ttl", "n3", "jsonld", "json", "nt", "nq", "trig"];

/// A place in the pages: in the vocabulary of today, and in that of before.
const PLACES: [[&str; 2]; 4] = [
    ["http://www.w3.org/ns/hydra/core#first", "http://www.w3.org/ns/hydra/core#firstPage"],
    ["http://www.w3.org/ns/hydra/core#previous", "http://www.w3.org/ns/hydra/core#previousPage"],
    ["http://www.w3.org/ns/hydra/core#next", "http://www.w3.org/ns/hydra/core#nextPage"],
    ["http://www.w3.org/ns/hydra/core#last", "http://www.w3.org/ns/hydra/core#lastPage"],
];

/// The whole index as DCAT, page by page
///
/// For harvesters: each page names the next with `hydra:next` (and
/// `hydra:nextPage`); who follows them sees everything that is there throughout
/// exactly once. RDF/XML by default; any other form by `Accept` or by the
/// extension: `/catalog.rdf`, `.xml`, `.ttl`, `.jsonld`, `.nt`, `.nq`, `.trig`.
#[utoipa::path(
    get,
    path = "/catalog",
    tag = "rdf",
    params(
        ("q" = Option<String>, Query, description = "Words to search for"),
        ("agency" = Option<Vec<String>>, Query, description = "An agency's id, or its first 8 or \
         more digits (can be repeated)"),
        ("theme" = Option<Vec<String>>, Query, description = "A theme by its EU code: ENVI (can \
         be repeated)"),
        ("licence" = Option<Vec<String>>, Query, description = "A licence: CC-BY-4.0 (can be \
         repeated)"),
        ("format" = Option<Vec<String>>, Query, description = "A format of the data: CSV (can be \
         repeated)"),
        ("kind" = Option<Vec<DatasetKind>>, Query, description = "A kind (can be repeated)"),
        ("modified_since" = Option<String>, Query, description = "Only what changed at this node \
         then or later: a date, or a date and time, of UTC unless it says otherwise"),
        ("profile" = Option<String>, Query, description = "dcat-ap-se, as published (the \
         default), or dcat-ap"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "How many \
         entries a page has, 100 by default"),
        ("page" = Option<u64>, Query, minimum = 1, description = "The number of the page"),
        ("after" = Option<String>, Query, description = "Where the page begins, as the link to \
         it has it; then `page` is but a label"),
    ),
    responses(
        (status = 200, content(
            (String = "application/rdf+xml"), (String = "text/turtle"),
            (Object = "application/ld+json"), (String = "application/n-triples"),
            (String = "application/n-quads"), (String = "application/trig")
        )),
        (status = 304, description = "It is what `If-None-Match` or `If-Modified-Since` says"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn pages(
    State(app): State<App>,
    here: PublicAddress,
    asked: Asked,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let format = match asked.path.rsplit_once('.') {
        Some((_, extension)) => graph::format_named(extension)?,
        None => graph::negotiate(&asked.headers, Some(Format::RdfXml))?.unwrap_or(Format::RdfXml),
    };
    let page = Page::read(&mut parameters)?;
    parameters.finish()?;
    blocking(move || {
        app.index.demand_ready()?;
        let state = app.index.now()?;
        let version = Version::of("harvest")
            .with(here.of(&asked.path))
            .with(&asked.query)
            .with(format.name())
            .with(state.origin.to_be_bytes())
            .with(state.stored.to_be_bytes())
            .with(state.searchable.to_be_bytes())
            .modified_at(state.searchable_since());
        version.answer(&asked, graph::media_type(format), || {
            let listing = app.index.list(&page.request)?;
            let document = page.document(&app, &here, &asked, &listing)?;
            Ok(document.with_blanks_of(&asked.query).write(format))
        })
    })
    .await
}

/// Which page is wanted.
#[derive(Debug)]
struct Page {
    request: ListRequest,
    number: u64,
    profile: Profile,
}

impl Page {
    fn read(parameters: &mut Parameters) -> Result<Self, Refusal> {
        let filters = filters(parameters)?;
        let search = SearchRequest { limit: parameters.limit(LIMIT, LIMIT_MAX)?, ..filters };
        let since = parameters.one("modified_since")?;
        let since = since.map(|text| moment("modified_since", &text)).transpose()?;
        let number: Option<core::num::NonZeroU64> =
            parameters.parsed("page", "the number of a page, from 1")?;
        let number = number.map_or(1, core::num::NonZeroU64::get);
        let after: Option<EntityId> =
            parameters.parsed("after", "what the link to the page has")?;
        let profile = graph::profile(parameters)?;
        let before = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let skip = if after.is_some() { 0 } else { before.saturating_mul(search.limit) };
        Ok(Self { request: ListRequest { search, since, after, skip }, number, profile })
    }

    /// Makes the page.
    fn document<'a>(
        &self,
        app: &App,
        here: &PublicAddress,
        asked: &Asked,
        listing: &'a Listing,
    ) -> Result<Document<'a>, Refusal> {
        let entries = &listing.entries;
        let all = Document::of(entries.iter().map(|entry| &entry.description));
        let mut document = all.in_profile(self.profile);
        let whole = here.of("/catalog");
        introduce(&mut document, app, here, &whole)?;
        for entry in entries {
            let predicate = match entry.kind {
                DatasetKind::Dataset | DatasetKind::DatasetSeries => term::DCAT_DATASET,
                DatasetKind::DataService => term::DCAT_SERVICE,
                DatasetKind::Catalogue => term::DCAT_CATALOG,
            };
            let iri = entry.description.iri().to_owned();
            document.say(&whole, predicate, Object::Iri(iri));
        }
        self.paginate(&mut document, here, asked, listing);
        Ok(document)
    }

    /// Says where the page stands among the others.
    fn paginate(
        &self,
        document: &mut Document<'_>,
        here: &PublicAddress,
        asked: &Asked,
        listing: &Listing,
    ) {
        let query = if asked.query.is_empty() { "" } else { "?" };
        let page = here.of(&format!("{}{query}{}", asked.path, asked.query));
        for class in ["PagedCollection", "PartialCollectionView"] {
            document.say(&page, term::RDF_TYPE, Object::Iri(format!("{HYDRA}{class}")));
        }
        let limit = u64::try_from(self.request.search.limit).unwrap_or(u64::MAX);
        let number =
            |number: u64| Object::typed(number.to_string(), format!("{}integer", term::XSD));
        document.say(&page, "http://www.w3.org/ns/hydra/core#totalItems", number(listing.total));
        document.say(&page, "http://www.w3.org/ns/hydra/core#itemsPerPage", number(limit));
        let address = |page: u64, after: Option<EntityId>| {
            here.of(&format!("{}{}", asked.path, query_of(&asked.query, page, after)))
        };
        let last = listing.total.div_ceil(limit).max(1);
        let places = [
            Some(address(1, None)),
            (self.number > 1).then(|| address(self.number - 1, None)),
            listing.next.map(|next| address(self.number.saturating_add(1), Some(next))),
            Some(address(last, None)),
        ];
        for (predicates, place) in PLACES.iter().zip(places) {
            for predicate in predicates {
                if let Some(place) = &place {
                    document.say(&page, predicate, Object::Iri(place.clone()));
                }
            }
        }
    }
}

/// Returns the query of another page of the same list.
fn query_of(query: &str, page: u64, after: Option<EntityId>) -> String {
    let kept = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| !matches!(&**name, "page" | "after") && !value.is_empty());
    let mut other = form_urlencoded::Serializer::new(String::new());
    other.extend_pairs(kept);
    if page > 1 {
        other.append_pair("page", &page.to_string());
    }
    if let Some(after) = after {
        other.append_pair("after", &after.to_string());
    }
    let other = other.finish();
    if other.is_empty() { other } else { format!("?{other}") }
}

/// Describes the catalogue of all that this node holds. It has no licence: each
/// agency gives its own.
fn introduce(
    document: &mut Document<'_>,
    app: &App,
    here: &PublicAddress,
    whole: &str,
) -> Result<(), Refusal> {
    let own = app.index.own();
    let profile = app.index.profile(&own)?;
    let publisher = profile_iri(&own);
    let iri = |iri: &str| Object::Iri(iri.to_owned());
    document.say(whole, term::RDF_TYPE, iri(term::DCAT_CLASS_CATALOG));
    document.say(whole, term::DCTERMS_PUBLISHER, iri(&publisher));
    document.say(whole, term::FOAF_HOMEPAGE, Object::Iri(here.of("/")));
    for (language, title, text) in [
        ("sv", "Alla kataloger i Dela", "Det som alla myndigheter i federationen erbjuder."),
        ("en", "All catalogues in Dela", "What all agencies in the federation offer."),
    ] {
        document.say(whole, term::DCTERMS_TITLE, Object::in_language(title, language));
        document.say(whole, term::DCTERMS_DESCRIPTION, Object::in_language(text, language));
    }
    document.say(&publisher, term::RDF_TYPE, iri(term::FOAF_AGENT));
    document.say(&publisher, term::FOAF_NAME, Object::plain(profile.name));
    Ok(())
}

/// Reads which page is wanted and names another, whatever the query. See
/// [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(query: &str) {
    let Ok(mut parameters) = Parameters::read(query) else { return };
    if Page::read(&mut parameters).is_ok() {
        let other = query_of(query, 2, Some(EntityId::from_bytes([1; 16])));
        let other = other.trim_start_matches('?');
        // As many parameters as are allowed, and two more.
        let Ok(mut parameters) = Parameters::read(other) else { return };
        let page = Page::read(&mut parameters).expect("another page can be asked for");
        assert_eq!((page.number, page.request.skip), (2, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_another_page_keeps_what_was_asked() {
        let after = EntityId::from_bytes([0xab; 16]);
        let id = after.to_string();
        assert_eq!(query_of("", 1, None), "");
        assert_eq!(
            query_of("page=2&q=luft+%26+vatten&after=00", 3, Some(after)),
            format!("?q=luft+%26+vatten&page=3&after={id}")
        );
    }
}
