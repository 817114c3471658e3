//! What the catalogues offer, for reading.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::{DatasetKind, DatasetView, Problem, Proof, SearchPage, Sort};

use super::App;
use super::error::Refusal;
use super::parameters::{Parameters, Segment, blocking, word};
use crate::index::{DatasetName, SearchRequest};
use crate::quality::Rating;
use crate::search::{Filters, Term};

/// How many hits a page has unless asked otherwise.
pub(super) const LIMIT: usize = 20;

/// The most hits a page may have: each is read from the store.
pub(super) const LIMIT_MAX: usize = 100;

/// The media type of a signed record (RFC 9052, section 2).
const COSE_SIGN1: &str = "application/cose; cose-type=\"cose-sign1\"";

pub(super) const SORTS: [(&str, Sort); 3] =
    [("relevance", Sort::Relevance), ("modified", Sort::Modified), ("title", Sort::Title)];

pub(super) const KINDS: [(&str, DatasetKind); 4] = [
    ("dataset", DatasetKind::Dataset),
    ("data_service", DatasetKind::DataService),
    ("dataset_series", DatasetKind::DatasetSeries),
    ("catalogue", DatasetKind::Catalogue),
];

/// Search datasets
///
/// All words must occur; the last may be the beginning of one. Values of one
/// filter are alternatives, different filters all hold.
#[utoipa::path(
    get,
    path = "/api/v1/datasets",
    tag = "datasets",
    params(
        ("q" = Option<String>, Query, description = "Words to search for"),
        ("iri" = Option<String>, Query, description = "Instead of searching: what each agency \
         says about this IRI"),
        ("agency" = Option<Vec<String>>, Query, description = "An agency's id, or its first 8 or \
         more digits (can be repeated)"),
        ("theme" = Option<Vec<String>>, Query, description = "A theme by its EU code: ENVI (can \
         be repeated)"),
        ("licence" = Option<Vec<String>>, Query, description = "A licence: CC-BY-4.0 (can be \
         repeated)"),
        ("format" = Option<Vec<String>>, Query, description = "A format: CSV (can be repeated)"),
        ("kind" = Option<Vec<DatasetKind>>, Query, description = "A kind (can be repeated)"),
        ("api" = Option<bool>, Query, description = "Only what can be asked over an API, if true"),
        ("access_rights" = Option<Vec<String>>, Query, description = "Who may have it, by the \
         EU's code: PUBLIC (can be repeated)"),
        ("frequency" = Option<Vec<String>>, Query, description = "How often it is updated, by \
         the EU's code: MONTHLY (can be repeated)"),
        ("high_value" = Option<Vec<String>>, Query, description = "A category of high-value \
         data, by its code (can be repeated)"),
        ("language" = Option<Vec<String>>, Query, description = "A language of the data, by the \
         EU's code: SWE (can be repeated)"),
        ("quality" = Option<Vec<String>>, Query, description = "How well it is described: \
         excellent, good, sufficient or bad (can be repeated)"),
        ("sort" = Option<Sort>, Query, description = "The order; best match first by default"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many hits, \
         20 by default"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, body = SearchPage), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn search(
    State(app): State<App>,
    mut parameters: Parameters,
) -> Result<Json<SearchPage>, Refusal> {
    let iri = parameters.one("iri")?;
    if let Some(iri) = iri {
        // There is nothing to search for, so nothing else may be asked.
        parameters.finish()?;
        return blocking(move || app.index.about_iri(&iri)).await.map(Json);
    }
    let request = search_request(&mut parameters)?;
    parameters.finish()?;
    blocking(move || app.index.search(&request)).await.map(Json)
}

/// Reads what is searched for from a query.
pub(super) fn search_request(parameters: &mut Parameters) -> Result<SearchRequest, Refusal> {
    let filters = filters(parameters)?;
    Ok(SearchRequest {
        sort: parameters.word("sort", &SORTS)?.unwrap_or_default(),
        limit: parameters.limit(LIMIT, LIMIT_MAX)?,
        after: parameters.one("after")?,
        ..filters
    })
}

/// Reads words and filters from a query, and not how to page through what they
/// find.
pub(super) fn filters(parameters: &mut Parameters) -> Result<SearchRequest, Refusal> {
    let mut filters = Filters::default();
    for term in Term::FACETS {
        let values = parameters.many(term.name());
        for value in &values {
            // Of these there is a closed list, so that another word is a mistake.
            match term {
                Term::Kind => word("kind", value, &KINDS).map(|_| ())?,
                Term::Quality => {
                    let ratings = Rating::ALL.map(|rating| (rating.name(), ()));
                    word("quality", value, &ratings)?;
                }
                Term::Api => word("api", value, &[("true", ())])?,
                _ => {}
            }
        }
        filters = filters.with(term, values);
    }
    let words = parameters.one("q")?.unwrap_or_default();
    Ok(SearchRequest { words, filters, ..SearchRequest::default() })
}

/// Reads by what a dataset is asked for.
pub(super) fn name(segment: &str) -> Result<DatasetName, Refusal> {
    segment.parse().map_err(|error: crate::index::IndexError| error.into())
}

/// One dataset, and who vouches for it
///
/// What DCAT says of it, values as published. The whole, with properties that
/// are not in this view, is served as RDF at `/dataset/{id}.ttl`.
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}",
    tag = "datasets",
    params(("id" = String, Path, description = "Its id, the first 8 or more digits of it, or its \
            IRI, percent-encoded")),
    responses(
        (status = 200, body = DatasetView),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "It was withdrawn"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn dataset(
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<DatasetView>, Refusal> {
    parameters.finish()?;
    let name = name(&id)?;
    blocking(move || app.index.dataset(&name)).await.map(Json)
}

/// All one needs to check the signature without this software
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/proof",
    tag = "datasets",
    params(("id" = String, Path, description = "As for the dataset")),
    responses((status = 200, body = Proof), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn proof(
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<Proof>, Refusal> {
    parameters.finish()?;
    let name = name(&id)?;
    blocking(move || app.index.proof(&name)).await.map(Json)
}

/// The record exactly as it was signed
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/record",
    tag = "datasets",
    params(("id" = String, Path, description = "As for the dataset")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/cose"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn record(
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Response, Refusal> {
    parameters.finish()?;
    let name = name(&id)?;
    let record = blocking(move || app.index.record(&name)).await?;
    Ok(([(CONTENT_TYPE, COSE_SIGN1)], record.bytes().to_vec()).into_response())
}
