//! Who takes part.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use dela_protocol::api::{AgencyList, AgencySort, AgencyState, AgencySummary, Problem};

use super::App;
use super::error::Refusal;
use super::graph;
use super::parameters::{Parameters, Segment, blocking, word};
use super::version::Asked;
use crate::index::AgencyRequest;

/// The most agencies in one page: as many as a country has.
pub(super) const LIMIT_MAX: usize = 1_000;

/// How many agencies a page has unless asked otherwise.
const LIMIT: usize = 100;

/// The orders there are.
pub(super) const SORTS: [(&str, AgencySort); 4] = [
    ("name", AgencySort::Name),
    ("datasets", AgencySort::Datasets),
    ("confirmed", AgencySort::Confirmed),
    ("state", AgencySort::State),
];

/// The states there are, what is well first.
pub(super) const STATES: [(&str, AgencyState); 5] = [
    ("complete", AgencyState::Complete),
    ("catching_up", AgencyState::CatchingUp),
    ("stale", AgencyState::Stale),
    ("withheld", AgencyState::Withheld),
    ("conflicting", AgencyState::Conflicting),
];

/// The agencies in the index, by name unless asked otherwise
#[utoipa::path(
    get,
    path = "/api/v1/agencies",
    tag = "agencies",
    params(
        ("state" = Option<Vec<AgencyState>>, Query, description = "Only those in this state (can \
         be repeated)"),
        ("sort" = Option<AgencySort>, Query, description = "The order; by name by default"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many, 100 \
         by default"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, body = AgencyList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn agencies(
    State(app): State<App>,
    mut parameters: Parameters,
) -> Result<Json<AgencyList>, Refusal> {
    let limit = parameters.limit(LIMIT, LIMIT_MAX)?;
    let request = request(&mut parameters, limit)?;
    parameters.finish()?;
    blocking(move || app.index.agencies(&request)).await.map(Json)
}

/// Reads which agencies are asked for.
pub(super) fn request(parameters: &mut Parameters, limit: usize) -> Result<AgencyRequest, Refusal> {
    let states = parameters.many("state");
    let states = states.iter().map(|state| word("state", state, &STATES));
    Ok(AgencyRequest {
        state: states.collect::<Result<_, _>>()?,
        sort: parameters.word("sort", &SORTS)?.unwrap_or_default(),
        limit,
        after: parameters.parsed("after", "the `next` of the page before")?,
    })
}

/// One agency and the state of its catalogue
#[utoipa::path(
    get,
    path = "/api/v1/agencies/{id}",
    tag = "agencies",
    params(("id" = String, Path, description = "Its id, or the first 8 or more digits of it")),
    responses((status = 200, body = AgencySummary), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn agency(
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<AgencySummary>, Refusal> {
    parameters.finish()?;
    blocking(move || app.index.agency(&app.index.agency_named(&id)?)).await.map(Json)
}

/// An agency's whole catalogue as RDF
///
/// Each description is given back as it was published, with all its properties.
#[utoipa::path(
    get,
    path = "/api/v1/agencies/{id}/catalogue",
    tag = "agencies",
    params(
        ("id" = String, Path, description = "As for the agency"),
        ("format" = Option<String>, Query, description = "rdf-xml (the default), turtle, json-ld, \
         n-triples, n-quads or trig; `Accept` does the same"),
        ("profile" = Option<String>, Query, description = "dcat-ap-se, as published (the \
         default), or dcat-ap"),
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
pub(super) async fn catalogue(
    State(app): State<App>,
    Segment(id): Segment,
    asked: Asked,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let chosen = graph::chosen(&mut parameters, &asked.headers)?;
    let index = app.index.clone();
    let agency = blocking(move || index.agency_named(&id)).await?;
    graph::catalogue(app, agency, asked, chosen).await
}
