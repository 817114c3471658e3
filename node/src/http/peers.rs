//! Whom the node is connected to.

use axum::Json;
use axum::extract::State;
use dela_protocol::api::{PeerList, Problem};

use super::App;
use super::error::Refusal;
use super::parameters::Parameters;

/// The nodes this node is connected to
#[utoipa::path(
    get,
    path = "/api/v1/peers",
    tag = "node",
    responses((status = 200, body = PeerList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn peers(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<PeerList>, Refusal> {
    parameters.finish()?;
    Ok(Json(app.index.peers()))
}
