//! How the federation is.

use axum::Json;
use axum::extract::State;
use dela_protocol::api::{FederationReport, Problem};

use super::App;
use super::error::Refusal;
use super::parameters::{Parameters, blocking};

/// How the federation is, as this node sees it
///
/// How many agencies are current and how many are not, how much they offer, and
/// how many of the connected nodes hold the same index.
#[utoipa::path(
    get,
    path = "/api/v1/federation",
    tag = "agencies",
    responses((status = 200, body = FederationReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn federation(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<FederationReport>, Refusal> {
    parameters.finish()?;
    blocking(move || app.index.federation()).await.map(Json)
}
