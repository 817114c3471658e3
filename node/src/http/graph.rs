//! Catalogues and datasets as RDF, in the form the client asks for.

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::Problem;
use dela_protocol::description::Description;
use dela_protocol::id::AgencyId;

use super::App;
use super::error::{HINT_ANSWER_FORMATS, Kind, Refusal};
use super::parameters::{Parameters, blocking, shown};
use crate::export;
use crate::index::DatasetName;
use crate::rdf::Format;

/// Finds the form in which `accept` wants the answer most: one of RDF, or
/// `None` for a page.
///
/// A client that names RDF and HTML alike is a program, so RDF wins; one that
/// takes anything gets `anything`.
pub(super) fn negotiate(
    headers: &HeaderMap,
    anything: Option<Format>,
) -> Result<Option<Format>, Refusal> {
    let Some(accept) = headers.get(ACCEPT) else { return Ok(anything) };
    let accept = accept.to_str().unwrap_or_default();
    let mut best: Option<(u16, Option<Format>)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        let wanted = match media.as_str() {
            "text/html" | "application/xhtml+xml" | "text/*" if anything.is_none() => None,
            "*/*" => anything,
            "text/*" => Some(Format::Turtle),
            "application/*" => anything.or(Some(Format::RdfXml)),
            other => match Format::from_media_type(other) {
                // Browsers list XML among the things they can show.
                Some(Format::RdfXml) if other != "application/rdf+xml" && anything.is_none() => {
                    continue;
                }
                Some(format) => Some(format),
                None => continue,
            },
        };
        if quality > 0 && best.is_none_or(|(found, _)| quality > found) {
            best = Some((quality, wanted));
        }
    }
    best.map(|(_, wanted)| wanted).ok_or_else(|| {
        Refusal::new(
            Kind::NotAcceptable,
            format!("nothing of {} is offered here", shown(accept)),
            HINT_ANSWER_FORMATS,
        )
    })
}

/// Reads a quality between 0 and 1 as thousandths; nonsense counts as 0.
fn thousandths(text: &str) -> u16 {
    let quality: f32 = text.trim().parse().unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=1000 just before"
    )]
    let thousandths = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
    thousandths
}

/// Finds the format of that name, media type or file extension.
pub(super) fn format_named(name: &str) -> Result<Format, Refusal> {
    Format::from_name(name)
        .or_else(|| Format::from_media_type(name))
        .or_else(|| Format::from_file_name(&format!("x.{name}")))
        .ok_or_else(|| {
            Refusal::new(
                Kind::BadRequest,
                format!("format={} is not known", shown(name)),
                "expected one of turtle, rdf-xml, json-ld, n-triples, n-quads, trig",
            )
        })
}

/// Answers with descriptions as RDF.
pub(super) fn answer(descriptions: &[Description], format: Format) -> Response {
    let bytes = export::catalogue(descriptions, format);
    let mut response = bytes.into_response();
    let media_type = match format {
        Format::Turtle => "text/turtle; charset=utf-8",
        other => other.media_type(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    response
}

/// Answers with an agency's catalogue as RDF.
pub(super) async fn catalogue(
    app: App,
    agency: AgencyId,
    format: Format,
) -> Result<Response, Refusal> {
    blocking(move || {
        let descriptions = app.index.descriptions(&agency)?;
        Ok::<_, Refusal>(answer(&descriptions, format))
    })
    .await
}

/// Answers with one dataset as RDF.
pub(super) async fn dataset(
    app: App,
    name: DatasetName,
    format: Format,
) -> Result<Response, Refusal> {
    blocking(move || {
        let described = app.index.described(&name)?;
        Ok::<_, Refusal>(answer(&[described.description], format))
    })
    .await
}

/// The own agency's catalogue, as national portals harvest it
///
/// RDF/XML by default; any other form by `Accept` or `format`.
#[utoipa::path(
    get,
    path = "/datasets/dcat",
    tag = "rdf",
    params(("format" = Option<String>, Query, description = "rdf-xml, turtle, json-ld, \
            n-triples, n-quads or trig")),
    responses(
        (status = 200, body = String, content_type = "application/rdf+xml"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn own_catalogue(
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let format = chosen(&mut parameters, &headers)?;
    let own = app.index.own();
    catalogue(app, own, format).await
}

/// Returns the format asked for by parameter or header, and checks that nothing
/// else was asked.
pub(super) fn chosen(parameters: &mut Parameters, headers: &HeaderMap) -> Result<Format, Refusal> {
    let named = parameters.one("format")?;
    core::mem::take(parameters).finish()?;
    if let Some(name) = named {
        return format_named(&name);
    }
    Ok(negotiate(headers, Some(Format::RdfXml))?.unwrap_or(Format::RdfXml))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str, anything: Option<Format>) -> Result<Option<Format>, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        negotiate(&headers, anything).map_err(|refusal| refusal.problem.status)
    }

    #[test]
    fn a_browser_gets_the_page_and_a_program_what_it_names() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(wanted(browser, None), Ok(None));
        assert_eq!(wanted("*/*", None), Ok(None));
        assert_eq!(wanted("text/turtle", None), Ok(Some(Format::Turtle)));
        assert_eq!(
            wanted("application/rdf+xml;q=0.5, application/ld+json", None),
            Ok(Some(Format::JsonLd))
        );
        assert_eq!(wanted("image/png", None), Err(406));
        assert_eq!(wanted("text/turtle;q=0", None), Err(406));
    }

    #[test]
    fn a_catalogue_without_preference_is_rdf_xml() {
        assert_eq!(wanted("*/*", Some(Format::RdfXml)), Ok(Some(Format::RdfXml)));
        assert_eq!(
            negotiate(&HeaderMap::new(), Some(Format::RdfXml)).unwrap(),
            Some(Format::RdfXml)
        );
    }
}
