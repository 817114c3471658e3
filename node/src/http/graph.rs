//! Catalogues and datasets as RDF, in the form the client asks for.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::Response;
use dela_protocol::agency::profile_iri;
use dela_protocol::api::Problem;
use dela_protocol::id::AgencyId;

use super::App;
use super::address::PublicAddress;
use super::error::{HINT_ANSWER_FORMATS, Kind, Refusal};
use super::parameters::{Parameters, blocking, shown};
use super::version::{Asked, Version};
use crate::export::{Document, Profile, portal};
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
    negotiate_among(headers, anything, &Format::ALL)
}

/// The same, where not all forms are offered.
pub(super) fn negotiate_among(
    headers: &HeaderMap,
    anything: Option<Format>,
    offered: &[Format],
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
        if wanted.is_some_and(|wanted| !offered.contains(&wanted)) {
            continue;
        }
        if quality > 0 && best.is_none_or(|(found, _)| quality > found) {
            best = Some((quality, wanted));
        }
    }
    best.map(|(_, wanted)| wanted).ok_or_else(|| {
        Refusal::new(
            Kind::NotAcceptable,
            format!("nothing of {} is offered here", shown(accept)),
            if offered.len() < Format::ALL.len() {
                format!("ask with Accept for one of {}", media_types(offered))
            } else {
                HINT_ANSWER_FORMATS.to_owned()
            },
        )
    })
}

fn media_types(formats: &[Format]) -> String {
    formats.iter().map(|format| format.media_type()).collect::<Vec<_>>().join(", ")
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

/// Returns what a form is called in `Content-Type`.
pub(super) fn media_type(format: Format) -> &'static str {
    match format {
        Format::Turtle => "text/turtle; charset=utf-8",
        other => other.media_type(),
    }
}

/// Reads in the words of which profile the answer is wanted.
pub(super) fn profile(parameters: &mut Parameters) -> Result<Profile, Refusal> {
    Ok(parameters.word("profile", &Profile::NAMES)?.unwrap_or_default())
}

/// Answers with an agency's catalogue as RDF, as it was published.
pub(super) async fn catalogue(
    app: App,
    agency: AgencyId,
    asked: Asked,
    (format, profile): (Format, Profile),
) -> Result<Response, Refusal> {
    blocking(move || {
        let version = version_of(&app, &agency, "catalogue", (format, profile))?;
        version.answer(&asked, media_type(format), || {
            let descriptions = app.index.descriptions(&agency)?;
            Ok(Document::of(&descriptions).in_profile(profile).write(format))
        })
    })
    .await
}

/// Returns the version of an agency's catalogue in some form.
fn version_of(
    app: &App,
    agency: &AgencyId,
    kind: &str,
    (format, profile): (Format, Profile),
) -> Result<Version, Refusal> {
    let state = app.index.now()?;
    let catalogue = app.index.whole_catalogue(agency)?;
    Ok(Version::of(kind)
        .with(agency.as_bytes())
        .with(catalogue.set.digest().as_bytes())
        .with(catalogue.checked.epoch.to_be_bytes())
        .with(catalogue.checked.seq.to_be_bytes())
        .with(format.name())
        .with(profile.name())
        .modified_at(state.changed_at))
}

/// Answers with one dataset as RDF.
pub(super) async fn dataset(
    app: App,
    name: DatasetName,
    format: Format,
    asked: Asked,
) -> Result<Response, Refusal> {
    let mut parameters = Parameters::read(&asked.query)?;
    let profile = profile(&mut parameters)?;
    // The language is that of the page, which has links to here.
    parameters.one("lang")?;
    parameters.finish()?;
    blocking(move || {
        let described = app.index.described(&name)?;
        let record = &described.record;
        let version = Version::of("dataset")
            .with(record.id().as_bytes())
            .with(format.name())
            .with(profile.name())
            .signed_at(record.issued_at());
        version.answer(&asked, media_type(format), || {
            let described = [described.description];
            Ok(Document::of(&described).in_profile(profile).write(format))
        })
    })
    .await
}

/// The own agency's catalogue, as national portals harvest it
///
/// By the rules of dataportal.se: one main catalogue that lists everything,
/// names for distributions, publishers and contacts, no catalogue records.
/// RDF/XML by default; any other form by `Accept` or `format`.
#[utoipa::path(
    get,
    path = "/datasets/dcat",
    tag = "rdf",
    params(
        ("format" = Option<String>, Query, description = "rdf-xml, turtle, json-ld, n-triples, \
         n-quads or trig"),
        ("profile" = Option<String>, Query, description = "dcat-ap-se, as published (the \
         default), or dcat-ap"),
    ),
    responses(
        (status = 200, content(
            (String = "application/rdf+xml"), (String = "text/turtle"),
            (Object = "application/ld+json"), (String = "application/n-triples"),
            (String = "application/n-quads"), (String = "application/trig")
        )),
        (status = 304, description = "It is what `If-None-Match` or `If-Modified-Since` says"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn own_catalogue(
    State(app): State<App>,
    here: PublicAddress,
    asked: Asked,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let (format, profile) = chosen(&mut parameters, &asked.headers)?;
    blocking(move || {
        let own = app.index.own();
        let address = here.of("/datasets/dcat");
        let version = version_of(&app, &own, "portal", (format, profile))?.with(&address);
        version.answer(&asked, media_type(format), || {
            let said = app.index.profile(&own)?;
            let agency = portal::Agency {
                id: own,
                iri: profile_iri(&own),
                name: said.names,
                kind: said.agent_type,
                address,
            };
            let descriptions = app.index.descriptions(&own)?;
            Ok(portal::catalogue(&descriptions, &agency).in_profile(profile).write(format))
        })
    })
    .await
}

/// Returns the form asked for by parameter or header and the profile, and checks
/// that nothing else was asked.
pub(super) fn chosen(
    parameters: &mut Parameters,
    headers: &HeaderMap,
) -> Result<(Format, Profile), Refusal> {
    let named = parameters.one("format")?;
    let profile = profile(parameters)?;
    core::mem::take(parameters).finish()?;
    let format = match named {
        Some(name) => format_named(&name)?,
        None => negotiate(headers, Some(Format::RdfXml))?.unwrap_or(Format::RdfXml),
    };
    Ok((format, profile))
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
