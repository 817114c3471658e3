//! Making the agency's catalogue equal to a file.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use dela_protocol::api::{ImportReport, Problem};

use super::access::Writer;
use super::check::check_options;
use super::error::{HINT_FORMATS, Kind, Refusal};
use super::parameters::{Parameters, body, in_time, media_type, shown, to_the_end};
use super::{App, IMPORT_BYTES_MAX, IMPORT_TIMEOUT};
use crate::import::Form;
use crate::publish::{ImportRequest, refuse_faulty};
use crate::rdf::Format;

/// Make the agency's catalogue equal to a file
///
/// What the file has and the catalogue has not is created, what differs is
/// changed, what the file no longer has is withdrawn; the agency's profile
/// stays. The same file again changes nothing. A file that loses a fifth or
/// more of the datasets is refused unless `allow_shrink` says that it is
/// whole. What a source keeps is left as it is. Errors that a check would find
/// refuse the file, dry run or not, if `strict` asks for that; else they are
/// told.
///
/// With `address` the node fetches the file itself, and nothing is sent.
#[utoipa::path(
    post,
    path = "/api/v1/imports",
    tag = "publishing",
    security(("token" = [])),
    params(
        ("address" = Option<String>, Query, description = "Where the node fetches it"),
        ("dry_run" = Option<bool>, Query, description = "Only report what would change"),
        ("allow_shrink" = Option<bool>, Query, description = "The file is whole, however small"),
        ("strict" = Option<bool>, Query, description = "Refuse a file in which a check finds errors"),
        ("profile" = Option<String>, Query, description = "By whose rules they are errors: \
         dcat-ap-se or dcat-ap"),
        ("language" = Option<String>, Query, description = "Of the findings: sv or en; else by \
         Accept-Language, else English"),
        ("format" = Option<String>, Query, description = "The format, if neither Content-Type \
         nor the content tells: turtle, rdf-xml, json-ld, n-triples, n-quads, trig, dcat-us, ckan, dcat-ap-feed"),
        ("base" = Option<String>, Query, description = "What relative IRIs are relative to"),
    ),
    request_body(content = String, content_type = "text/turtle", description = "The file"),
    responses(
        (status = 200, body = ImportReport),
        (status = 502, body = Problem, content_type = "application/problem+json", description = "The address cannot be read"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The catalogue would lose many datasets"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The file cannot be read, or is refused for the errors in `findings`"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn import(
    _: Writer,
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
    stream: Body,
) -> Result<Json<ImportReport>, Refusal> {
    let dry_run = parameters.flag("dry_run")?;
    let allow_shrink = parameters.flag("allow_shrink")?;
    let strict = parameters.flag("strict")?;
    let check = check_options(&mut parameters, &headers)?;
    let request =
        ImportRequest { dry_run, allow_shrink, strict, check, ..ImportRequest::default() };
    if let Some(address) = parameters.one("address")? {
        parameters.finish()?;
        return import_from(&app, address, request).await.map(Json);
    }
    let (format, base) = format_and_base(&mut parameters, &headers)?;
    parameters.finish()?;
    let _slot = upload_slot(&app)?;
    let sent = async {
        let bytes = body(&headers, stream, IMPORT_BYTES_MAX).await?;
        let request = ImportRequest { format, base, ..request };
        let publisher = app.publisher.clone();
        to_the_end(async move { publisher.import(bytes, request).await }).await
    };
    in_time(IMPORT_TIMEOUT, sent).await.map(Json)
}

/// Imports what the node finds at an address.
async fn import_from(
    app: &App,
    address: String,
    request: ImportRequest,
) -> Result<ImportReport, Refusal> {
    let keeper = app.keeper()?.clone();
    let publisher = app.publisher.clone();
    to_the_end(async move {
        let (mut imported, bytes) = keeper.read_once(&address).await??;
        if request.strict {
            imported = refuse_faulty(imported, bytes, request.check).await?;
        }
        Ok::<_, Refusal>(publisher.import_read(imported, &request).await?)
    })
    .await
}

/// Reads in which format a file comes and what its relative IRIs mean.
pub(super) fn format_and_base(
    parameters: &mut Parameters,
    headers: &HeaderMap,
) -> Result<(Option<Form>, Option<String>), Refusal> {
    let base = parameters.one("base")?;
    if let Some(base) = &base
        && oxiri::Iri::parse(base.as_str()).is_err()
    {
        return Err(Refusal::new(
            Kind::BadRequest,
            format!("base={} is not an absolute IRI", shown(base)),
            "expected the address the file comes from: https://example.org/catalogue",
        ));
    }
    if let Some(name) = parameters.one("format")? {
        return Ok((Some(form_named(&name)?), base));
    }
    match media_type(headers) {
        // What clients send when they do not know.
        None | Some("application/octet-stream" | "application/x-www-form-urlencoded") => {
            Ok((None, base))
        }
        Some(text) if text.eq_ignore_ascii_case("text/plain") => Ok((None, base)),
        Some(media_type) => match Format::from_media_type(media_type) {
            Some(format) => Ok((Some(format.into()), base)),
            None => Err(Refusal::new(
                Kind::UnsupportedMediaType,
                format!("Content-Type {} is not a form of a catalogue", shown(media_type)),
                HINT_FORMATS,
            )),
        },
    }
}

/// Finds the form of that name, media type or file extension.
fn form_named(name: &str) -> Result<Form, Refusal> {
    let rdf =
        || Format::from_media_type(name).or_else(|| Format::from_file_name(&format!("x.{name}")));
    Form::from_name(name).or_else(|| rdf().map(Form::Rdf)).ok_or_else(|| {
        let names = Form::ALL.map(Form::name).join(", ");
        Refusal::new(
            Kind::BadRequest,
            format!("format={} is not known", shown(name)),
            format!("expected one of {names}"),
        )
    })
}

/// Takes one of the places for large bodies.
pub(super) fn upload_slot(app: &App) -> Result<tokio::sync::OwnedSemaphorePermit, Refusal> {
    app.uploads.clone().try_acquire_owned().map_err(|_| {
        Refusal::new(
            Kind::Unavailable,
            "other files are being read",
            "ask again when they are done, in a few seconds",
        )
    })
}
