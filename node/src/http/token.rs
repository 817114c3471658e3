//! Where the right to write is found.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use dela_protocol::api::{Problem, TokenFile};

use super::App;
use super::access::{ClientAddress, is_local};
use super::error::{Kind, Refusal};
use super::parameters::Parameters;

/// Where the token for writing lies
///
/// Told only to clients on the same machine, so that a client of the user who
/// runs the node finds the token by itself. The token is never sent.
#[utoipa::path(
    get,
    path = "/api/v1/token-file",
    tag = "node",
    responses((status = 200, body = TokenFile), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn token_file(
    State(app): State<App>,
    client: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    parameters: Parameters,
) -> Result<Json<TokenFile>, Refusal> {
    parameters.finish()?;
    if is_local(client.map(|Extension(address)| address), &headers) {
        return Ok(Json(TokenFile { path: app.access.token_file() }));
    }
    Err(Refusal::new(
        Kind::Forbidden,
        "where the token lies is told only to clients on the node's own machine",
        "ask the node's operator for the token, and pass it yourself",
    ))
}
