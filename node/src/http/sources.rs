//! The sources: listing, adding, asking and removing them.
//!
//! All of it needs the token, reading too: where an agency's systems are on the
//! inside is nobody else's business. How many there are and whether they are
//! well, the status tells everybody.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use dela_protocol::api::{NewSource, Problem, Source, SourceChange, SourceList, SourceReport};

use super::App;
use super::access::Writer;
use super::error::{Kind, Refusal};
use super::parameters::{Parameters, Segment, blocking, sent, to_the_end};
use crate::driver::now;
use crate::fetch::FetchError;
use crate::import::HarvestError;
use crate::source::{Keeper, SourceFault, Sources};

impl App {
    /// Returns who asks the sources.
    pub(super) fn keeper(&self) -> Result<&Keeper, Refusal> {
        self.keeper.as_ref().ok_or_else(|| {
            Refusal::new(
                Kind::Unavailable,
                "this node does not fetch from other addresses",
                "send the file itself: POST /api/v1/imports",
            )
        })
    }

    fn sources(&self) -> Result<Sources, Refusal> {
        Ok(self.keeper()?.sources().clone())
    }
}

/// List the sources
///
/// In the order they were added, each with how it is and its last runs.
#[utoipa::path(
    get,
    path = "/api/v1/sources",
    tag = "publishing",
    security(("token" = [])),
    responses((status = 200, body = SourceList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn sources(
    _: Writer,
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<SourceList>, Refusal> {
    parameters.finish()?;
    Ok(Json(SourceList { sources: app.sources()?.list() }))
}

/// Add a source
///
/// It is asked at once, and then at its interval. What it has is published;
/// what it brought and no longer has is withdrawn after a time of grace.
#[utoipa::path(
    post,
    path = "/api/v1/sources",
    tag = "publishing",
    security(("token" = [])),
    request_body(content = NewSource, description = "The source"),
    responses(
        (status = 201, body = Source),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is a source already"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn add(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<(StatusCode, Json<Source>), Refusal> {
    let new: NewSource = sent(parameters, &headers, stream).await?;
    let sources = app.sources()?;
    let source = blocking(move || sources.add(&new, now())).await?;
    Ok((StatusCode::CREATED, Json(source)))
}

/// One source
#[utoipa::path(
    get,
    path = "/api/v1/sources/{id}",
    tag = "publishing",
    security(("token" = [])),
    params(("id" = String, Path, description = "Its id, or its address, percent-encoded")),
    responses((status = 200, body = Source), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn source(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<Source>, Refusal> {
    parameters.finish()?;
    Ok(Json(app.sources()?.source(&id)?))
}

/// Change how a source is asked
#[utoipa::path(
    patch,
    path = "/api/v1/sources/{id}",
    tag = "publishing",
    security(("token" = [])),
    params(("id" = String, Path, description = "Its id, or its address, percent-encoded")),
    request_body(content = SourceChange, description = "What is to be different"),
    responses((status = 200, body = Source), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn change(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    headers: HeaderMap,
    parameters: Parameters,
    stream: Body,
) -> Result<Json<Source>, Refusal> {
    let change: SourceChange = sent(parameters, &headers, stream).await?;
    let sources = app.sources()?;
    blocking(move || sources.change(&id, &change, now())).await.map(Json)
}

/// Remove a source
///
/// What it brought stays published, as if by hand. A run that is going on ends.
#[utoipa::path(
    delete,
    path = "/api/v1/sources/{id}",
    tag = "publishing",
    security(("token" = [])),
    params(("id" = String, Path, description = "Its id, or its address, percent-encoded")),
    responses((status = 200, body = Source), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn remove(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<Source>, Refusal> {
    parameters.finish()?;
    let sources = app.sources()?;
    blocking(move || sources.remove(&id)).await.map(Json)
}

/// Ask a source now
///
/// Answers when the run has ended, also when it failed: `run` says how it went.
/// The run goes on to its end even if the client goes away.
#[utoipa::path(
    post,
    path = "/api/v1/sources/{id}/run",
    tag = "publishing",
    security(("token" = [])),
    params(
        ("id" = String, Path, description = "Its id, or its address, percent-encoded"),
        ("dry_run" = Option<bool>, Query, description = "Only report what would change"),
    ),
    responses((status = 200, body = SourceReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn run(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    mut parameters: Parameters,
) -> Result<Json<SourceReport>, Refusal> {
    let dry_run = parameters.flag("dry_run")?;
    parameters.finish()?;
    let keeper = app.keeper()?.clone();
    to_the_end(async move { keeper.run(&id, dry_run).await }).await.map(Json)
}

/// End a run
///
/// Nothing happens where none is going on.
#[utoipa::path(
    delete,
    path = "/api/v1/sources/{id}/run",
    tag = "publishing",
    security(("token" = [])),
    params(("id" = String, Path, description = "Its id, or its address, percent-encoded")),
    responses((status = 200, body = Source), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn cancel(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<Source>, Refusal> {
    parameters.finish()?;
    Ok(Json(app.sources()?.cancel(&id)?))
}

/// Agree that what vanished is gone
///
/// The source is asked again at once, and what vanished before and is still
/// away is withdrawn; what has vanished since waits like any other.
#[utoipa::path(
    post,
    path = "/api/v1/sources/{id}/accept",
    tag = "publishing",
    security(("token" = [])),
    params(("id" = String, Path, description = "Its id, or its address, percent-encoded")),
    responses((status = 200, body = SourceReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn accept(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    parameters: Parameters,
) -> Result<Json<SourceReport>, Refusal> {
    parameters.finish()?;
    let keeper = app.keeper()?.clone();
    to_the_end(async move { keeper.accept(&id).await }).await.map(Json)
}

impl From<SourceFault> for Refusal {
    fn from(fault: SourceFault) -> Self {
        let detail = fault.to_string();
        match fault {
            SourceFault::NotFound(_) => {
                Self::new(Kind::NotFound, detail, "GET /api/v1/sources (`dela sources`) lists them")
            }
            SourceFault::Known(id) => Self::new(
                Kind::Exists,
                detail,
                format!("change it with PATCH /api/v1/sources/{id}, or remove it first"),
            ),
            SourceFault::BadAddress(_) => Self::new(
                Kind::BadContent,
                detail,
                "write it like https://data.example.org/catalogue.rdf",
            ),
            SourceFault::OutOfRange { .. } => {
                Self::new(Kind::BadContent, detail, "choose a number in that range")
            }
            SourceFault::TooMany => Self::new(
                Kind::BadContent,
                detail,
                "remove one that is no longer needed: DELETE /api/v1/sources/{id}",
            ),
            SourceFault::Busy { .. } => Self::new(
                Kind::Busy,
                detail,
                "wait until it is done, or end it: DELETE /api/v1/sources/{id}/run",
            ),
            SourceFault::NothingWaits(_) => Self::new(
                Kind::BadContent,
                detail,
                "there is nothing to accept; GET /api/v1/sources/{id} tells how it is",
            ),
            SourceFault::File(ref error) => Self::internal(error),
            SourceFault::Cancelled => {
                Self::new(Kind::Busy, detail, "ask again, if it was not meant")
            }
            SourceFault::Stopped => {
                Self::new(Kind::Unavailable, detail, "ask again when the node has started")
            }
        }
    }
}

impl From<HarvestError> for Refusal {
    fn from(error: HarvestError) -> Self {
        let kind = match &error {
            // The address itself is at fault, and not who is there.
            HarvestError::Fetch(FetchError::Refused { .. }) => Kind::BadContent,
            _ => Kind::BadSource,
        };
        Self::new(kind, error.to_string(), error.hint()).at_line(error.line())
    }
}
