//! The page: what a person sees in a browser.
//!
//! Rendered here, in Swedish or English; works without JavaScript, and is
//! quicker with the one small script there is. Made to WCAG 2.1 AA: landmarks, labels, a skip link, visible focus,
//! contrast in light and dark, nothing said by colour alone.
//!
//! Invariant: what agencies write is text. It is escaped wherever it stands,
//! and an address of theirs becomes a link only if it leads to a web or FTP
//! server.

use axum::extract::{FromRequestParts, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use dela_protocol::api::{DatasetKind, Sort};
use dela_protocol::id::AgencyId;
use maud::Markup;

use super::error::{HINT_PATHS, Kind, Refusal};
use super::graph;
use super::link;
use super::parameters::{Parameters, Segment, blocking};
use super::version::Asked;
use super::{App, agencies, datasets};
use crate::calendar::Day;
use crate::index::{Index, SearchRequest, now};
use crate::rdf::Format;
use crate::search::{Filters, Term, kind_name};

mod agency;
mod chart;
mod council;
mod dataset;
mod federation;
mod insight;
mod language;
mod layout;
mod map;
mod quality;
mod results;
mod schema_org;
mod share;
mod sources;
mod trend;
mod words;

use language::Language;
use layout::Frame;

pub(super) use share::{
    Desk, is_behind_sign_in, routes as share_routes, slow_routes as share_slow_routes,
};

/// What the page may load: its own script, style and pictures, and nothing else.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
     style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The one script.
const SCRIPT: &str = include_str!("page/script.js");

/// The one style sheet.
const STYLE: &str = include_str!("page/style.css");

/// The icon: hands that share, drawn as two arcs.
const ICON: &str = include_str!("page/icon.svg");

/// How many agencies stand on one page of the list, of the federation's and of
/// those side by side: each takes some 400 bytes, and a page is to stay below
/// 100 KB.
const AGENCIES_SHOWN: usize = 100;
const MEMBERS_SHOWN: usize = 50;
const COMPARED_SHOWN: usize = 100;

/// How many of the latest events are shown: as many as fit beside the list.
const EVENTS_SHOWN: usize = 12;

/// How many agencies are named that contradict themselves.
const FORKS_SHOWN: usize = 20;

/// How many datasets of an agency are shown on its page.
const NEWEST_SHOWN: usize = 5;

/// Chooses the language by a header, whatever stands in it. See [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(headers: &HeaderMap) {
    Language::choose(None, headers);
}

/// What every page of this site is asked with.
#[derive(Debug)]
pub(super) struct Visit {
    language: Language,
    /// Path and query, for the link to the other language.
    here: String,
    query: String,
    headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = core::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let asked = Parameters::read(&query).and_then(|mut asked| asked.one("lang"));
        let asked = asked.ok().flatten();
        let here = parts.uri.path_and_query().map_or("/", |found| found.as_str()).to_owned();
        Ok(Self {
            language: Language::choose(asked.as_deref(), &parts.headers),
            here,
            query,
            headers: parts.headers.clone(),
        })
    }
}

impl Visit {
    /// Makes a page from what the index says, away from the event loop.
    async fn show(
        self,
        app: App,
        make: impl FnOnce(&Index, &Frame) -> Result<Markup, Refusal> + Send + 'static,
    ) -> Response {
        let Self { language, here, .. } = self;
        let shown = blocking(move || {
            let frame = Frame::new(&app.index, language, here)?.with_sources(app.sources_status());
            make(&app.index, &frame)
        });
        respond(shown.await, language)
    }

    /// Makes a page of the agency that is asked for with `agency`, or of all.
    async fn show_of(
        self,
        app: App,
        make: impl FnOnce(&Index, &Frame, Option<&AgencyId>) -> Result<Markup, Refusal> + Send + 'static,
    ) -> Response {
        let agency = Parameters::read(&self.query).and_then(|mut asked| asked.one("agency"));
        let agency = match agency {
            Ok(agency) => agency,
            Err(refusal) => return respond(Err(refusal), self.language),
        };
        self.show(app, move |index, frame| {
            let agency = agency.map(|name| index.agency_named(&name)).transpose()?;
            make(index, frame, agency.as_ref())
        })
        .await
    }
}

/// The search page. Parameters it does not know are those that other sites add
/// to links, and are passed over.
pub(super) async fn search(State(app): State<App>, visit: Visit) -> Response {
    let asked = Parameters::read(&visit.query)
        .and_then(|mut parameters| datasets::search_request(&mut parameters));
    let asked = match asked {
        Ok(asked) => asked,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |index, frame| Ok(results::page(frame, &asked, &index.search(&asked)?)))
        .await
}

/// One dataset: as a page, or as RDF by the extension or what the client
/// accepts.
pub(super) async fn dataset_or_graph(
    State(app): State<App>,
    segment: Result<Segment, Refusal>,
    asked: Asked,
    visit: Visit,
) -> Response {
    let id = match segment {
        Ok(Segment(id)) => id,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    match form_of(&id, &visit.headers) {
        Err(refusal) => refusal.into_response(),
        Ok((id, Some(format))) => {
            let answer = match datasets::name(id) {
                Ok(name) => graph::dataset(app, name, format, asked).await,
                Err(refusal) => Err(refusal),
            };
            answer.unwrap_or_else(IntoResponse::into_response)
        }
        Ok((id, None)) => match datasets::name(id) {
            Ok(name) => {
                visit
                    .show(app, move |index, frame| {
                        let (view, quality) = index.dataset_scored(&name, frame.language)?;
                        Ok(dataset::page(frame, &view, quality.as_ref()))
                    })
                    .await
            }
            Err(refusal) => respond(Err(refusal), visit.language),
        },
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

/// The charter and the council.
pub(super) async fn council(State(app): State<App>, visit: Visit) -> Response {
    let council = match app.council() {
        Ok(council) => council,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |_, frame| {
            Ok(council::page(frame, &council.report(), &council.invitation()))
        })
        .await
}

/// The agencies.
pub(super) async fn agency_list(State(app): State<App>, visit: Visit) -> Response {
    let asked = Parameters::read(&visit.query)
        .and_then(|mut asked| agencies::request(&mut asked, AGENCIES_SHOWN));
    let request = match asked {
        Ok(request) => request,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |index, frame| {
            Ok(agency::list(frame, &index.agencies(&request)?, request.after.is_none()))
        })
        .await
}

/// One agency.
pub(super) async fn agency(
    State(app): State<App>,
    segment: Result<Segment, Refusal>,
    visit: Visit,
) -> Response {
    let id = match segment {
        Ok(Segment(id)) => id,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |index, frame| {
            let id = index.agency_named(&id)?;
            let agency = index.agency(&id)?;
            let newest = SearchRequest {
                filters: Filters::default()
                    .with(Term::Agency, [id.to_string()])
                    .with(Term::Kind, [kind_name(DatasetKind::Dataset)]),
                sort: Sort::Modified,
                limit: NEWEST_SHOWN,
                ..SearchRequest::default()
            };
            let nodes = index.nodes().nodes.into_iter();
            let shown = agency::Shown {
                agency,
                insight: index.insight(Some(&id), frame.language)?,
                newest: index.search(&newest)?,
                lately: index.lately().get(&Some(id)).copied().unwrap_or_default(),
                counted_since: index.counted_since(Some(&id)),
                nodes: nodes.filter(|node| node.agency == Some(id)).collect(),
            };
            Ok(agency::page(frame, &shown, now()))
        })
        .await
}

/// The federation.
pub(super) async fn federation(State(app): State<App>, visit: Visit) -> Response {
    let asked = Parameters::read(&visit.query)
        .and_then(|mut asked| agencies::request(&mut asked, MEMBERS_SHOWN));
    let request = match asked {
        Ok(request) => request,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |index, frame| {
            let report = index.federation()?;
            // Forks are rare, and who looks for them asks for nothing else.
            let forked = if report.forks == 0 { Vec::new() } else { index.forked(FORKS_SHOWN)? };
            let shown = federation::Shown {
                list: index.agencies(&request)?,
                request,
                forked,
                insight: index.insight(None, frame.language)?,
                latest: index.latest_events(None, EVENTS_SHOWN)?,
                report,
            };
            Ok(federation::page(frame, &shown, now()))
        })
        .await
}

/// What there is, of one agency or of all.
pub(super) async fn insight(State(app): State<App>, visit: Visit) -> Response {
    visit
        .show_of(app, |index, frame, agency| {
            let report = index.insight(agency, frame.language)?;
            Ok(insight::page(frame, &report, Day::of(now())))
        })
        .await
}

/// The agencies side by side.
pub(super) async fn side_by_side(State(app): State<App>, visit: Visit) -> Response {
    let asked = Parameters::read(&visit.query).and_then(|mut asked| {
        let sort = asked.word("sort", &super::insight::SORTS)?.unwrap_or_default();
        let after: Option<AgencyId> = asked.parsed("after", "the `next` of the page before")?;
        Ok((sort, after))
    });
    let (sort, after) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return respond(Err(refusal), visit.language),
    };
    visit
        .show(app, move |index, frame| {
            let list = index.insight_of_agencies(sort, COMPARED_SHOWN, after.as_ref())?;
            Ok(insight::side_by_side(frame, &list, sort, after.is_none()))
        })
        .await
}

/// How good the descriptions are: of one agency, or of all.
pub(super) async fn quality(State(app): State<App>, visit: Visit) -> Response {
    visit
        .show_of(app, |index, frame, agency| {
            let report = index.quality(agency, frame.language)?;
            Ok(quality::page(frame, &report, Day::of(now())))
        })
        .await
}

/// The sources.
pub(super) async fn sources(State(app): State<App>, visit: Visit) -> Response {
    let listed = app.keeper.as_ref().map(|keeper| keeper.sources().list()).unwrap_or_default();
    visit.show(app, move |_, frame| Ok(sources::page(frame, &listed))).await
}

/// The script.
pub(super) async fn script() -> Response {
    still("text/javascript; charset=utf-8", SCRIPT)
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
        Ok(page) => visible(page.into_string()).into_response(),
        Err(refusal) => {
            let page = layout::failure(language, &refusal.problem);
            let page = visible(page.into_string());
            (refusal.status(), refusal.into_headers(), page).into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

/// Shows what would not be seen: control characters, and those that turn the
/// direction of writing and can make a text read as another.
fn visible(page: String) -> String {
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if page.contains(is_hidden) { page.replace(is_hidden, "\u{fffd}") } else { page }
}

/// Answers where there is nothing: with a page for who reads pages.
pub(super) fn nothing_there(visit: &Visit) -> Option<Response> {
    let reads_pages = visit.headers.get(ACCEPT)?.to_str().ok()?.contains("text/html");
    reads_pages.then(|| {
        let refusal = Refusal::new(Kind::NotFound, "there is no such page here", HINT_PATHS);
        respond(Err(refusal), visit.language)
    })
}
