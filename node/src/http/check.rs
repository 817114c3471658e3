//! What should be mended in a file before it is published.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use dela_protocol::api::{CheckReport, Problem};

use super::error::Refusal;
use super::imports::{format_and_base, upload_slot};
use super::parameters::{Parameters, blocking, body};
use super::{App, IMPORT_BYTES_MAX};
use crate::import::ImportOptions;
use crate::publish;

/// Check a file
///
/// Reads it as an import would and lists what should be mended by DCAT-AP-SE,
/// with line and remedy. Changes nothing and needs no token, unless the node is
/// to fetch the file itself from `address`.
#[utoipa::path(
    post,
    path = "/api/v1/check",
    tag = "publishing",
    params(
        ("address" = Option<String>, Query, description = "Where the node fetches it; needs the token"),
        ("format" = Option<String>, Query, description = "As for imports"),
        ("base" = Option<String>, Query, description = "What relative IRIs are relative to"),
    ),
    request_body(content = String, content_type = "text/turtle", description = "The file"),
    responses((status = 200, body = CheckReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn check(
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
    stream: Body,
) -> Result<Json<CheckReport>, Refusal> {
    if let Some(address) = parameters.one("address")? {
        parameters.finish()?;
        // Or anybody could have the node ask whatever it can reach.
        app.access.may_write(&headers)?;
        let (imported, bytes) = app.keeper()?.read_once(&address).await??;
        return blocking(move || Ok::<_, Refusal>(publish::check_read(&imported, &bytes)))
            .await
            .map(Json);
    }
    let (format, base) = format_and_base(&mut parameters, &headers)?;
    parameters.finish()?;
    let _slot = upload_slot(&app)?;
    let bytes = body(&headers, stream, IMPORT_BYTES_MAX).await?;
    let options = ImportOptions { format, base };
    let own = app.index.own();
    blocking(move || publish::check(&bytes, &options, &own)).await.map(Json)
}
