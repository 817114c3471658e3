//! What operators' tools ask: does it live, may it be asked, how is it doing.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::Problem;

use super::App;
use super::error::Refusal;
use super::parameters::blocking;
use crate::driver::now;
use crate::telemetry::METRICS_MEDIA_TYPE;

/// Whether the process is alive
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the node may be asked: its search holds what its store holds
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Not yet")
    )
)]
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Refusal> {
    blocking(move || app.index.demand_ready()).await?;
    Ok("ready\n")
}

/// Figures, in the text format of Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(State(app): State<App>) -> Result<Response, Refusal> {
    let text = blocking(move || {
        let status = app.status()?;
        let sources = app.keeper.as_ref().map(|keeper| keeper.sources().list());
        let sources = sources.unwrap_or_default();
        Ok::<_, Refusal>(app.metrics.encode(&status, &app.index.counts(), &sources, now()))
    });
    Ok(([(CONTENT_TYPE, METRICS_MEDIA_TYPE)], text.await?).into_response())
}
