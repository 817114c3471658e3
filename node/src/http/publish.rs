//! Publishing and withdrawing one dataset.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use dela_protocol::api::{NewDataset, Problem, PublishReport};

use super::access::Writer;
use super::check::{check_options, language_of};
use super::error::{Kind, Refusal};
use super::imports::format_and_base;
use super::parameters::{Parameters, Segment, body, json, media_type, to_the_end};
use super::{App, JSON_BYTES_MAX, datasets};
use crate::import::ImportOptions;

/// The longest reason for a withdrawal: a few sentences, kept by every node.
const REASON_CHARS_MAX: usize = 1_000;

/// Publish one dataset
///
/// As JSON, or as RDF that describes one entry. Other entries stay as they are.
#[utoipa::path(
    post,
    path = "/api/v1/datasets",
    tag = "publishing",
    security(("token" = [])),
    params(
        ("format" = Option<String>, Query, description = "Of RDF, as for imports"),
        ("base" = Option<String>, Query, description = "Of RDF: what relative IRIs are relative \
         to"),
        ("strict" = Option<bool>, Query, description = "Refuse it if a check finds errors"),
        ("profile" = Option<String>, Query, description = "By whose rules the warnings are: \
         dcat-ap-se or dcat-ap"),
        ("language" = Option<String>, Query, description = "Of the warnings: sv or en"),
    ),
    request_body(
        content((NewDataset = "application/json"), (String = "text/turtle")),
        description = "The dataset"
    ),
    responses(
        (status = 200, body = PublishReport),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "It cannot be read, or is refused for the errors in `findings`"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn publish(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
    stream: Body,
) -> Result<Json<PublishReport>, Refusal> {
    let is_json =
        media_type(&headers).is_some_and(|found| found.eq_ignore_ascii_case("application/json"));
    let options = check_options(&mut parameters, &headers)?;
    let strict = parameters.flag("strict")?;
    let publisher = app.publisher.clone();
    let done = if is_json {
        parameters.finish()?;
        let dataset: NewDataset = json(&body(&headers, stream, JSON_BYTES_MAX).await?)?;
        to_the_end(async move { publisher.publish(dataset, options, strict).await }).await
    } else {
        let (format, base) = format_and_base(&mut parameters, &headers)?;
        parameters.finish()?;
        let bytes = body(&headers, stream, JSON_BYTES_MAX).await?;
        let file = ImportOptions { format, base };
        to_the_end(async move { publisher.publish_rdf(bytes, file, options, strict).await }).await
    };
    done.map(Json)
}

/// Withdraw one dataset
///
/// The withdrawal is signed and travels to every node, as the dataset did.
#[utoipa::path(
    delete,
    path = "/api/v1/datasets/{id}",
    tag = "publishing",
    security(("token" = [])),
    params(
        ("id" = String, Path, description = "Its id, the first 8 or more digits of it, or its \
         IRI, percent-encoded"),
        ("reason" = Option<String>, Query, description = "Why, for those who look for it"),
        ("language" = Option<String>, Query, description = "Of the warnings: sv or en"),
    ),
    responses((status = 200, body = PublishReport), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn withdraw(
    _: Writer,
    State(app): State<App>,
    Segment(id): Segment,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Json<PublishReport>, Refusal> {
    let reason = parameters.one("reason")?.unwrap_or_default();
    let language = language_of(&mut parameters, &headers)?;
    parameters.finish()?;
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::new(
            Kind::BadRequest,
            "the reason is too long",
            format!("say it in at most {REASON_CHARS_MAX} characters"),
        ));
    }
    let name = datasets::name(&id)?;
    let publisher = app.publisher.clone();
    to_the_end(async move { publisher.withdraw(name, reason, language).await }).await.map(Json)
}
