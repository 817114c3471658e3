//! The page: what a person sees in a browser.
//!
//! Rendered here, in Swedish or English; works without JavaScript and runs
//! none. Made to WCAG 2.1 AA: landmarks, labels, a skip link, visible focus,
//! contrast in light and dark, nothing said by colour alone.
//!
//! Invariant: what agencies write is text. It is escaped wherever it stands,
//! and an address of theirs becomes a link only if it leads to a web or FTP
//! server.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use super::error::{HINT_PATHS, Kind, Refusal};
use super::graph;
use super::parameters::{Parameters, Segment, blocking};
use super::{App, datasets};
use crate::rdf::Format;

mod agency;
mod dataset;
mod language;
mod layout;
mod link;
mod results;
mod schema_org;

use language::Language;
use layout::Frame;

/// What the page may load: its own style and icon, and nothing else.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
     img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The one style sheet.
const STYLE: &str = include_str!("page/style.css");

/// The icon: hands that share, drawn as two arcs.
const ICON: &str = include_str!("page/icon.svg");

/// The most agencies the list shows.
const AGENCIES_MAX: usize = super::agencies::LIMIT_MAX;

/// What every page of this site is asked with.
struct Visit {
    app: App,
    language: Language,
    parameters: Parameters,
    /// Path and query, for the link to the other language.
    here: String,
}

impl Visit {
    fn new(app: App, request: &Request) -> Result<Self, Refusal> {
        let mut parameters = Parameters::read(request.uri().query().unwrap_or_default())?;
        let asked = parameters.one("lang").ok().flatten();
        let language = Language::choose(asked.as_deref(), request.headers());
        let here = request.uri().path_and_query().map_or("/", |found| found.as_str()).to_owned();
        Ok(Self { app, language, parameters, here })
    }
}

/// The search page.
pub(super) async fn search(State(app): State<App>, request: Request) -> Response {
    let language = Language::choose(None, request.headers());
    let shown = async {
        let Visit { app, language, mut parameters, here } = Visit::new(app.clone(), &request)?;
        let wanted = datasets::search_request(&mut parameters)?;
        blocking(move || {
            let frame = Frame::new(&app.index, language, here)?;
            let page = app.index.search(&wanted)?;
            Ok::<_, Refusal>(results::page(&frame, &wanted, &page))
        })
        .await
    };
    respond(shown.await, language)
}

/// One dataset: as a page, or as RDF by the extension or what the client
/// accepts.
pub(super) async fn dataset_or_graph(
    State(app): State<App>,
    segment: Result<Segment, Refusal>,
    request: Request,
) -> Response {
    let language = Language::choose(None, request.headers());
    let id = match segment {
        Ok(Segment(id)) => id,
        Err(refusal) => return respond(Err(refusal), language),
    };
    match form_of(&id, request.headers()) {
        Err(refusal) => refusal.into_response(),
        Ok((id, Some(format))) => {
            let answer = async {
                Parameters::read(request.uri().query().unwrap_or_default())?.finish()?;
                graph::dataset(app, datasets::name(id)?, format).await
            };
            answer.await.unwrap_or_else(IntoResponse::into_response)
        }
        Ok((id, None)) => {
            let shown = async {
                let Visit { app, language, here, .. } = Visit::new(app.clone(), &request)?;
                let name = datasets::name(id)?;
                blocking(move || {
                    let frame = Frame::new(&app.index, language, here)?;
                    let view = app.index.dataset(&name)?;
                    Ok::<_, Refusal>(dataset::page(&frame, &view))
                })
                .await
            };
            respond(shown.await, language)
        }
    }
}

/// Takes the extension off an id, and finds the form in which it is wanted;
/// `None` for the page.
fn form_of<'a>(id: &'a str, headers: &HeaderMap) -> Result<(&'a str, Option<Format>), Refusal> {
    // An IRI may contain dots; an id does not.
    if id.contains(':') {
        return Ok((id, graph::negotiate(headers, None)?));
    }
    match id.rsplit_once('.') {
        None => Ok((id, graph::negotiate(headers, None)?)),
        Some((id, "html")) => Ok((id, None)),
        Some((bare, _)) => match Format::from_file_name(id) {
            Some(format) => Ok((bare, Some(format))),
            None => Err(Refusal::new(
                Kind::NotFound,
                "a dataset is not offered with that extension",
                "expected .ttl, .rdf, .jsonld, .nt, .nq, .trig or none",
            )),
        },
    }
}

/// The agencies.
pub(super) async fn agencies(State(app): State<App>, request: Request) -> Response {
    let language = Language::choose(None, request.headers());
    let shown = async {
        let Visit { app, language, here, .. } = Visit::new(app.clone(), &request)?;
        blocking(move || {
            let frame = Frame::new(&app.index, language, here)?;
            let list = app.index.agencies(AGENCIES_MAX, None)?;
            Ok::<_, Refusal>(agency::list(&frame, &list))
        })
        .await
    };
    respond(shown.await, language)
}

/// One agency.
pub(super) async fn agency(
    State(app): State<App>,
    segment: Result<Segment, Refusal>,
    request: Request,
) -> Response {
    let language = Language::choose(None, request.headers());
    let shown = async {
        let Segment(id) = segment?;
        let Visit { app, language, here, .. } = Visit::new(app.clone(), &request)?;
        blocking(move || {
            let frame = Frame::new(&app.index, language, here)?;
            let agency = app.index.agency(&app.index.agency_named(&id)?)?;
            Ok::<_, Refusal>(agency::page(&frame, &agency))
        })
        .await
    };
    respond(shown.await, language)
}

/// The style sheet.
pub(super) async fn style() -> Response {
    still("text/css; charset=utf-8", STYLE)
}

/// The icon.
pub(super) async fn icon() -> Response {
    still("image/svg+xml", ICON)
}

fn still(media_type: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "max-age=3600")], text).into_response()
}

/// Answers with a page, also where something failed.
fn respond(shown: Result<Markup, Refusal>, language: Language) -> Response {
    let mut response = match shown {
        Ok(page) => page.into_string().into_response(),
        Err(refusal) => {
            let page = layout::failure(language, &refusal.problem).into_string();
            (refusal.status(), refusal.into_headers(), page).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

/// Answers where there is nothing: with a page for who reads pages.
pub(super) fn nothing_there(headers: &HeaderMap) -> Option<Response> {
    let reads_pages = headers.get(ACCEPT)?.to_str().ok()?.contains("text/html");
    reads_pages.then(|| {
        let refusal = Refusal::new(Kind::NotFound, "there is no such page here", HINT_PATHS);
        respond(Err(refusal), Language::choose(None, headers))
    })
}
