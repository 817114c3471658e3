//! What an agency's own people do on the page, signed in with the node's token:
//! add and change datasets, import, keep sources, withdraw.
//!
//! Invariants:
//! - Nothing is changed by a request that does not carry the secret of its
//!   session in its body, or that comes from another site ([`signed::Submitted`]).
//! - The session opens the page and not the API; the token is never in an
//!   address, and nothing here is kept by a cache.
//! - After each change the browser is sent on, so that loading a page again
//!   repeats nothing.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::html;

use super::words::{council, share as say};
use super::{App, Visit};
use crate::http::IMPORT_BYTES_MAX;
use crate::index::Index;

mod checked;
mod dataset;
mod dataset_form;
mod field;
mod govern;
mod import;
mod own;
mod preview;
mod sheet;
mod sign_in;
mod signed;
mod sketch;
mod sources;

use sheet::Sheet;
use signed::Signed;

/// The parts of an upload beside the file itself: the form's secret and the
/// borders between parts.
const UPLOAD_FRAME_BYTES: usize = 64 * 1024;

/// How much of what was typed is shown again where it could not be used: as much
/// as an address may have.
const TYPED_CHARS_MAX: usize = 2_000;

/// What lies on somebody's desk: what is being worked on in one session.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    sketches: sketch::Sketches,
    import: Option<import::Laid>,
    typed: Typed,
}

/// What was typed about an address and could not be used, to be shown again. Not
/// in the address of the page: it may be internal, or carry a key.
#[derive(Debug, Clone, Default)]
struct Typed {
    address: String,
    every: String,
    grace: String,
}

/// Returns whether a path belongs to what people sign in for.
pub(crate) fn is_behind_sign_in(path: &str) -> bool {
    path == "/share" || path.starts_with("/share/")
}

/// Returns the routes that answer at once.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/share", get(home))
        .route("/share/sign-in", post(sign_in::sign_in))
        .route("/share/sign-out", post(sign_in::sign_out))
        .route("/share/dataset", get(dataset::form).post(dataset::submit))
        .route("/share/dataset/check", post(dataset::check))
        .route("/share/dataset/preview", get(dataset::preview))
        .route("/share/dataset/publish", post(dataset::publish))
        .route("/share/datasets", get(own::list))
        .route("/share/withdraw", get(own::confirm).post(own::withdraw))
        .route("/share/undo", post(own::undo))
        .route("/share/resume", post(own::resume))
        .route("/share/import", get(import::form))
        .route("/share/import/difference", get(import::difference))
        .route("/share/import/report", get(import::report))
        .route("/share/sources", get(sources::list).post(sources::add))
        .route("/share/sources/run", post(sources::run))
        .route("/share/sources/accept", post(sources::accept))
        .route("/share/sources/change", post(sources::change))
        .route("/share/sources/remove", post(sources::remove))
        .route("/share/federation", get(govern::page))
        .route("/share/federation/vote", post(govern::vote))
        .route("/share/federation/admit", post(govern::admit))
        .route("/share/federation/suspend", post(govern::suspend_member))
        .route("/share/federation/revoke", post(govern::revoke_member))
        .route("/share/federation/quota", post(govern::set_quota))
        .route("/share/federation/amend", post(govern::amend_charter))
        .route("/share/federation/key", post(govern::rotate))
        .route("/share/federation/domain", post(govern::domain))
        .route("/share/federation/join", post(govern::join))
}

/// Returns the routes that read whole catalogues.
pub(crate) fn slow_routes() -> Router<App> {
    Router::new()
        .route("/share/import/file", post(import::read_file))
        .route("/share/import/address", post(import::read_address))
        .route("/share/import/do", post(import::carry_out))
        .layer(DefaultBodyLimit::max(IMPORT_BYTES_MAX + UPLOAD_FRAME_BYTES))
}

/// What can be done, or where to sign in.
async fn home(
    State(app): State<App>,
    signed: Result<Signed, Response>,
    place: sign_in::Place,
    visit: Visit,
) -> Response {
    let Ok(signed) = signed else { return sign_in::page(app, visit, place, None).await };
    signed.show(app, |index, sheet| Ok(overview(index, sheet))).await
}

fn overview(_: &Index, sheet: &Sheet<'_>) -> maud::Markup {
    let tasks = [
        ("/share/dataset", say::NEW, say::NEW_TEXT),
        ("/share/datasets", say::OWN, say::OWN_TEXT),
        ("/share/import", say::IMPORT, say::IMPORT_TEXT),
        ("/share/sources", say::SOURCES, say::SOURCES_TEXT),
        ("/share/federation", council::GOVERN, council::GOVERN_TASK),
    ];
    let main = html! {
        h1 { (sheet.text(say::NAME)) }
        ul.tasks {
            @for (path, name, text) in tasks {
                li {
                    h2 { a href=(sheet.path(path)) { (sheet.text(name)) } }
                    p { (sheet.text(text)) }
                }
            }
        }
    };
    sheet.around(say::NAME.text(sheet.language()), "/share", &main)
}
