//! What should be mended in a file before it is published.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use dela_protocol::api::{CheckReport, Problem};

use super::error::Refusal;
use super::graph;
use super::imports::{format_and_base, upload_slot};
use super::parameters::{Parameters, blocking, body, in_time};
use super::{App, IMPORT_BYTES_MAX, IMPORT_TIMEOUT};
use crate::check::CheckOptions;
use crate::import::ImportOptions;
use crate::language::Language;
use crate::publish;

/// Check a file
///
/// Reads it as an import would and lists what should be mended by DCAT-AP-SE
/// or DCAT-AP: where, in which line, why it matters and what to do. Changes
/// nothing and needs no token, unless the node is to fetch the file itself from
/// `address`.
#[utoipa::path(
    post,
    path = "/api/v1/check",
    tag = "publishing",
    params(
        ("address" = Option<String>, Query, description = "Where the node fetches it; needs the token"),
        ("format" = Option<String>, Query, description = "As for imports"),
        ("base" = Option<String>, Query, description = "What relative IRIs are relative to"),
        ("profile" = Option<String>, Query, description = "By whose rules: dcat-ap-se (with the \
         law on high-value datasets and the national portal's rules; the default) or dcat-ap"),
        ("language" = Option<String>, Query, description = "Of the findings: sv or en; else by \
         Accept-Language, else English"),
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
    let options = check_options(&mut parameters, &headers)?;
    if let Some(address) = parameters.one("address")? {
        parameters.finish()?;
        // Or anybody could have the node ask whatever it can reach.
        app.access.may_write(&headers)?;
        let (imported, bytes) = app.keeper()?.read_once(&address).await??;
        let checked = move || Ok::<_, Refusal>(publish::check_read(&imported, &bytes, options));
        return blocking(checked).await.map(Json);
    }
    let (format, base) = format_and_base(&mut parameters, &headers)?;
    parameters.finish()?;
    let _slot = upload_slot(&app)?;
    let sent = async {
        let bytes = body(&headers, stream, IMPORT_BYTES_MAX).await?;
        let file = ImportOptions { format, base };
        let own = app.index.own();
        blocking(move || publish::check(&bytes, &file, &own, options)).await
    };
    in_time(IMPORT_TIMEOUT, sent).await.map(Json)
}

/// Reads by whose rules to check, and in which language to say what is found.
pub(super) fn check_options(
    parameters: &mut Parameters,
    headers: &HeaderMap,
) -> Result<CheckOptions, Refusal> {
    let profile = graph::profile(parameters)?;
    Ok(CheckOptions { profile, language: language_of(parameters, headers)? })
}

/// Reads in which language to tell what is for people: as asked, else by what
/// the client prefers, else English.
pub(super) fn language_of(
    parameters: &mut Parameters,
    headers: &HeaderMap,
) -> Result<Language, Refusal> {
    let languages = [Language::Swedish, Language::English].map(|known| (known.tag(), known));
    let asked = parameters.word("language", &languages)?;
    let header = || headers.get(ACCEPT_LANGUAGE)?.to_str().ok();
    Ok(asked.or_else(|| Language::accepted(header()?)).unwrap_or(Language::English))
}
