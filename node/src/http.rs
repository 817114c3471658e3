//! The HTTP side: the API, the page and what operators need, over axum.
//!
//! One file per resource; each handler carries its own OpenAPI. Answers are
//! made by [`Index`] and [`Publisher`]; nothing here knows how anything is
//! stored, found or sent.
//!
//! Invariants:
//! - axum's types stop here.
//! - Whatever is asked, an error is a problem with a hint.
//! - Connections, requests at a time, their duration, their bodies and the
//!   followers of events are bounded, by the numbers below.
//! - Nothing that works needs JavaScript.

use core::time::Duration;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::council::Council;
use crate::index::Index;
use crate::publish::{Publisher, Withdrawals};
use crate::source::{self, Keeper};
use crate::telemetry::Metrics;

mod access;
mod address;
mod agencies;
mod check;
mod ckan;
mod connection;
mod council;
mod csv;
mod datasets;
mod error;
mod events;
mod federation;
mod feed;
mod feeds;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod graph;
mod harvest;
mod imports;
mod insight;
mod link;
mod nodes;
mod openapi;
mod operations;
mod page;
mod parameters;
mod peers;
mod publish;
mod quality;
mod session;
mod sitemap;
mod sources;
mod status;
mod token;
mod trace;
mod version;

pub use access::{Access, ClientAddress};
pub use connection::serve;

/// How long a request may take: the slowest search over a million records
/// takes a second, so whatever reaches this is stuck.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an import of what a client sends may take: a million records are
/// parsed and signed in some minutes.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How long it may take where the node fetches it: as long as reading an
/// address may, so that who waits hears how it went, and an import beside.
const RUN_TIMEOUT: Duration = source::READ_MAX.saturating_add(IMPORT_TIMEOUT);

/// How many requests are worked on at a time: each may hold one thread that
/// reads the disk, and tokio has 512 of them.
const REQUESTS_MAX: usize = 256;

/// How many bodies of imports and checks are in memory at a time: with their
/// graphs they take up to ten times the 64 MiB they may be long.
const UPLOADS_MAX: usize = 2;

/// How many of CKAN's largest pages are made at a time; each may have 64 MiB.
const LARGE_PAGES_MAX: usize = 4;

/// How many clients may follow events at a time; each costs a connection and a
/// look at the change log per change.
const FOLLOWERS_MAX: usize = 256;

/// The longest file that is imported or checked: the largest national
/// catalogue known has 40 MiB.
const IMPORT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest JSON body: a dataset with a thousand distributions.
const JSON_BYTES_MAX: usize = 1024 * 1024;

/// What the handlers share. Cloning shares it.
#[derive(Debug, Clone)]
pub struct App {
    index: Index,
    publisher: Publisher,
    keeper: Option<Keeper>,
    access: Access,
    metrics: Metrics,
    stop: CancellationToken,
    followers: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    large_pages: Arc<Semaphore>,
    sessions: session::Sessions<page::Desk>,
    withdrawals: Option<Withdrawals>,
    council: Option<Council>,
}

impl App {
    /// Joins what the handlers share; when `stop` is cancelled, streams end.
    pub fn new(
        index: Index,
        publisher: Publisher,
        access: Access,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> Self {
        Self {
            index,
            publisher,
            keeper: None,
            access,
            metrics,
            stop,
            followers: Arc::new(Semaphore::new(FOLLOWERS_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            large_pages: Arc::new(Semaphore::new(LARGE_PAGES_MAX)),
            sessions: session::Sessions::default(),
            withdrawals: None,
            council: None,
        }
    }

    /// Lets clients fetch from addresses, and keep in step with them.
    #[must_use]
    pub fn keeping(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Tells of the council, and lets the agency's seat move and vote.
    #[must_use]
    pub fn governing(self, council: Council) -> Self {
        Self { council: Some(council), ..self }
    }

    /// Lets people withdraw from the page, with time to undo it.
    #[must_use]
    pub fn withdrawing(self, withdrawals: Withdrawals) -> Self {
        Self { withdrawals: Some(withdrawals), ..self }
    }
}

/// Returns the routes of the API, with their description.
fn api() -> OpenApiRouter<App> {
    let slow = OpenApiRouter::new()
        .routes(routes!(imports::import))
        .routes(routes!(check::check))
        .routes(routes!(sources::run, sources::cancel))
        .routes(routes!(sources::accept))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, RUN_TIMEOUT));
    let quick = OpenApiRouter::new()
        .routes(routes!(status::status))
        .routes(routes!(datasets::search, publish::publish))
        .routes(routes!(datasets::dataset, publish::withdraw))
        .routes(routes!(datasets::proof))
        .routes(routes!(datasets::record))
        .routes(routes!(quality::quality))
        .routes(routes!(quality::dataset_quality))
        .routes(routes!(sources::sources, sources::add))
        .routes(routes!(sources::source, sources::change, sources::remove))
        .routes(routes!(agencies::agencies))
        .routes(routes!(agencies::agency))
        .routes(routes!(agencies::catalogue))
        .routes(routes!(peers::peers))
        .routes(routes!(nodes::nodes))
        .routes(routes!(events::events))
        .routes(routes!(events::latest))
        .routes(routes!(federation::federation))
        .routes(routes!(council::council))
        .routes(routes!(council::acts))
        .routes(routes!(council::card))
        .routes(routes!(council::motion))
        .routes(routes!(council::vote))
        .routes(routes!(council::key))
        .routes(routes!(council::invitation))
        .routes(routes!(council::domain))
        .routes(routes!(council::policy, council::set_policy))
        .routes(routes!(council::join))
        .routes(routes!(council::found))
        .routes(routes!(insight::insight))
        .routes(routes!(insight::agencies))
        .routes(routes!(token::token_file))
        .routes(routes!(openapi::openapi))
        .routes(routes!(graph::own_catalogue))
        .routes(routes!(harvest::pages))
        .routes(routes!(feed::root))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT));
    OpenApiRouter::with_openapi(openapi::frame()).merge(slow).merge(quick)
}

/// Returns the router of the whole HTTP side.
pub fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let by_extension = harvest::EXTENSIONS.iter().fold(Router::new(), |router, extension| {
        router.route(&format!("/catalog.{extension}"), get(harvest::pages))
    });
    let page = by_extension
        .route("/feed/{part}", get(feed::part))
        .route("/.well-known/dela.json", get(council::well_known))
        .route("/robots.txt", get(sitemap::robots))
        .route("/sitemap.xml", get(sitemap::index))
        .route("/sitemap/{part}", get(sitemap::part))
        .route("/", get(page::search))
        .route("/dataset/{id}", get(page::dataset_or_graph))
        .route("/agencies", get(page::agency_list))
        .route("/agency/{id}", get(page::agency))
        .route("/federation", get(page::federation))
        .route("/federation/council", get(page::council))
        .route("/insight", get(page::insight))
        .route("/insight/agencies", get(page::side_by_side))
        .route("/insight/{table}", get(insight::table))
        .route("/quality", get(page::quality))
        .route("/sources", get(page::sources))
        .route("/style.css", get(page::style))
        .route("/script.js", get(page::script))
        .route("/icon.svg", get(page::icon))
        .merge(page::share_routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT))
        .merge(
            page::share_slow_routes()
                .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, IMPORT_TIMEOUT)),
        );
    let outside = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(app.clone(), trace::trace))
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn(error::explain))
        .layer(CatchPanicLayer::custom(|_| error::panicked()))
        .layer(middleware::from_fn_with_state(app.clone(), access::check_host))
        .layer(middleware::from_fn_with_state(Arc::new(Semaphore::new(REQUESTS_MAX)), bounded));
    let others = ckan::routes()
        .merge(feeds::routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT));
    api.merge(page).merge(others).fallback(nothing_there).layer(outside).with_state(app)
}

/// Returns the description of the API.
pub fn api_description() -> utoipa::openapi::OpenApi {
    api().into_openapi()
}

async fn nothing_there(visit: page::Visit) -> Response {
    page::nothing_there(&visit).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// Refuses what is beyond the number of requests worked on at a time, instead
/// of letting it wait: a client that is told can come back.
async fn bounded(
    axum::extract::State(slots): axum::extract::State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_slot) = slots.try_acquire() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    next.run(request).await
}

/// Sets the headers that keep browsers from doing what they need not, and lets
/// other sites read what is open.
async fn headers(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_shared = page::is_behind_sign_in(path);
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    // CKAN's clients read with POST, too, and ask first with OPTIONS.
    let is_told_here_only = is_shared || matches!(path, "/api/v1/token-file" | "/metrics");
    let open = (reads && !is_told_here_only) || ckan::is_action(path);
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|found| found.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    if is_shared {
        // Kept by no cache, and its forms name where they come from: under
        // `no-referrer` a browser sends `Origin: null`.
        set(header::REFERRER_POLICY, "same-origin");
        set(header::CACHE_CONTROL, "no-store");
    }
    if is_page {
        set(header::CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY);
        set(header::X_FRAME_OPTIONS, "DENY");
    } else if open {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "x-request-id, retry-after, etag, link");
    }
    response
}
