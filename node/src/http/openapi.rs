//! The description of the API, made from what the handlers say.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::Sort;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

/// The description as JSON, made once.
static TEXT: LazyLock<String> =
    LazyLock::new(|| super::api_description().to_pretty_json().unwrap_or_default() + "\n");

/// Returns the description without its paths.
pub(super) fn frame() -> OpenApi {
    let licence =
        LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("Dela")
        .version("1")
        .description(Some(
            "A federated catalogue of open data. Reading is open; writing needs the node's \
             token. Every error is an RFC 9457 problem with a hint; times are RFC 3339 in UTC; \
             identifiers are lower-case hexadecimal. Fields are added within /api/v1, and keep \
             their meaning.",
        ))
        .license(Some(licence.build()));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token in the node's data folder; GET /api/v1/token-file says where"))
        .build();
    // Only parameters refer to it, which are not looked through for schemas.
    let components = ComponentsBuilder::new()
        .schema_from::<Sort>()
        .security_scheme("token", SecurityScheme::Http(token))
        .build();
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

/// This description
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "node",
    responses((status = 200, body = Object, description = "OpenAPI 3.1"))
)]
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response()
}
