//! Which other nodes the node knows of.

use axum::Json;
use axum::extract::State;
use dela_protocol::api::{NodeList, Problem};

use super::App;
use super::error::Refusal;
use super::parameters::Parameters;

/// The nodes this node knows of, connected or not
#[utoipa::path(
    get,
    path = "/api/v1/nodes",
    tag = "node",
    responses((status = 200, body = NodeList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn nodes(
    State(app): State<App>,
    parameters: Parameters,
) -> Result<Json<NodeList>, Refusal> {
    parameters.finish()?;
    Ok(Json(app.index.nodes()))
}
