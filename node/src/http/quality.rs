//! How good the descriptions are.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use dela_protocol::api::{DatasetQuality, Problem, QualityReport};

use super::App;
use super::check::language_of;
use super::datasets;
use super::error::Refusal;
use super::parameters::{Parameters, Segment, blocking};

/// What the descriptions score
///
/// By the Metadata Quality Assessment of data.europa.eu: of one agency, or of
/// all. Whether addresses answer is not checked, and told apart. Which indicator
/// would gain the most is the one with the greatest `points_max - points`.
#[utoipa::path(
    get,
    path = "/api/v1/quality",
    tag = "quality",
    params(
        ("agency" = Option<String>, Query, description = "An agency's id, or the first 8 or more \
         digits of it; all agencies without"),
        ("language" = Option<String>, Query, description = "Of labels and remedies: sv or en; \
         else by Accept-Language, else English"),
    ),
    responses((status = 200, body = QualityReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn quality(
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Json<QualityReport>, Refusal> {
    let agency = parameters.one("agency")?;
    let language = language_of(&mut parameters, &headers)?;
    parameters.finish()?;
    blocking(move || {
        let agency = agency.map(|name| app.index.agency_named(&name)).transpose()?;
        app.index.quality(agency.as_ref(), language)
    })
    .await
    .map(Json)
}

/// What one dataset scores, and what it could gain
#[utoipa::path(
    get,
    path = "/api/v1/datasets/{id}/quality",
    tag = "quality",
    params(
        ("id" = String, Path, description = "As for the dataset"),
        ("language" = Option<String>, Query, description = "Of labels and remedies: sv or en"),
    ),
    responses((status = 200, body = DatasetQuality), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn dataset_quality(
    State(app): State<App>,
    Segment(id): Segment,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Json<DatasetQuality>, Refusal> {
    let language = language_of(&mut parameters, &headers)?;
    parameters.finish()?;
    let name = datasets::name(&id)?;
    blocking(move || app.index.dataset_quality(&name, language)).await.map(Json)
}
