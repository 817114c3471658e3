//! How the node is.

use axum::Json;
use axum::extract::State;
use dela_protocol::api::{Problem, SourcesStatus, Status};

use super::App;
use super::error::Refusal;
use super::parameters::{Parameters, blocking};
use crate::index::IndexError;

impl App {
    /// Returns how the node is: what it holds, and how its sources are.
    pub(super) fn status(&self) -> Result<Status, IndexError> {
        let mut status = self.index.status()?;
        status.sources = self.sources_status();
        Ok(status)
    }

    /// Returns how the sources are.
    pub(super) fn sources_status(&self) -> SourcesStatus {
        self.keeper.as_ref().map(|keeper| keeper.sources().status()).unwrap_or_default()
    }
}

/// How the node is
///
/// What it does, what it holds, and how far behind it is. Two nodes with the
/// same `root` hold the same index.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    tag = "node",
    responses((status = 200, body = Status), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn status(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<Status>, Refusal> {
    parameters.finish()?;
    blocking(move || app.status()).await.map(Json)
}
