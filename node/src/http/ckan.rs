//! CKAN's Action API, for reading: what CKAN's clients find at any CKAN site.
//!
//! Datasets are packages, agencies organisations, themes groups, keywords tags.
//! `docs/reference/ckan.md` says what is supported and what is not.
//!
//! Invariants:
//! - Nothing is written here, and there is no login: what changes a site is
//!   refused, with the way to publish.
//! - An action or query that is not understood is an error in CKAN's own form.
//!   There is no answer to another question than was asked.
//! - These paths are not part of the native API and its description: CKAN takes
//!   any argument in any form, which there would be a mistake.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE,
    CONTENT_TYPE,
};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};

use super::App;
use super::address::PublicAddress;
use super::parameters::{Segment, blocking, shown};
use crate::index::IndexError;
use crate::search::LIMIT_MAX;

mod actions;
mod arguments;
pub(super) mod failure;
pub(super) mod fields;
mod list;
pub(super) mod lucene;
mod organization;
mod package;
mod search;

use actions::{Action, Desk};
use arguments::Arguments;
use failure::{Failure, JSON};

/// The version of CKAN whose API this is; clients choose their parameters by it.
const CKAN_VERSION: &str = "2.11.5";

/// The longest body: as long as the longest query and a list of filters.
const ARGUMENTS_BYTES_MAX: usize = 256 * 1024;

/// More rows than this make a large page: harvesters ask for a hundred.
const LARGE_ROWS: usize = 100;

/// The longest name of a JSONP callback: those of jQuery have forty letters.
const CALLBACK_CHARS_MAX: usize = 100;

/// How to ask, as OpenAPI.
const DESCRIPTION: &str = include_str!("ckan/openapi.json");

/// Returns the routes.
pub(super) fn routes() -> Router<App> {
    let action = || -> MethodRouter<App> { get(act).post(act).options(preflight) };
    Router::new()
        .route("/api/3", get(version))
        .route("/api/3/", get(version))
        .route("/api/3/openapi.json", get(description))
        .route("/api/3/action/{name}", action())
        .route("/api/action/{name}", action())
}

/// Returns whether a path is an action: what other sites may ask with POST,
/// because nothing is changed by it.
pub(super) fn is_action(path: &str) -> bool {
    path.starts_with("/api/3/action/") || path.starts_with("/api/action/")
}

async fn version() -> Response {
    ([(CONTENT_TYPE, JSON)], "{\"version\": 3}").into_response()
}

async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

/// Lets other sites send JSON: browsers ask first.
async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, x-ckan-api-key, authorization"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Answers an action.
async fn act(
    State(app): State<App>,
    address: PublicAddress,
    Segment(name): Segment,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let help = help(&address, &name);
    match answer(app, address, &name, &parts, body).await {
        Err(failure) => failure.respond(&help),
        Ok((result, callback)) => succeed(&help, &result, callback.as_deref()),
    }
}

/// Returns the address that explains an action.
fn help(address: &PublicAddress, name: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("name", &shown(name));
    address.of(&format!("/api/3/action/help_show?{}", query.finish()))
}

/// Returns the result of an action as JSON, and the callback it is to be wrapped
/// in.
async fn answer(
    app: App,
    address: PublicAddress,
    name: &str,
    parts: &Parts,
    body: Body,
) -> Result<(Vec<u8>, Option<String>), Failure> {
    let action = Action::named(name)?;
    let body = axum::body::to_bytes(body, ARGUMENTS_BYTES_MAX).await.map_err(|_| {
        Failure::BadRequest(format!("a body of more than {ARGUMENTS_BYTES_MAX} bytes"))
    })?;
    let query = parts.uri.query().unwrap_or_default();
    let arguments = Arguments::read(&parts.method, &parts.headers, query, &body)?;
    let callback = match arguments.text("callback")? {
        Some(name) if parts.method != Method::POST => Some(callback(name)?),
        _ => None,
    };
    let _slot = if is_large(action, &arguments)? {
        // It is never closed, so there is always one in the end.
        Arc::clone(&app.large_pages).acquire_owned().await.ok()
    } else {
        None
    };
    let done = blocking(move || {
        let desk = Desk { index: &app.index, address: &address };
        Ok::<_, IndexError>(desk.answer(action, &arguments))
    });
    Ok((done.await??, callback))
}

/// Returns whether so much is asked that few may ask it at a time.
fn is_large(action: Action, arguments: &Arguments) -> Result<bool, Failure> {
    let rows = match action {
        Action::CurrentPackages => arguments.natural("limit")?.unwrap_or(LIMIT_MAX),
        _ => arguments.natural("rows")?.unwrap_or(0),
    };
    Ok(rows > LARGE_ROWS || arguments.flag("include_datasets", false)?)
}

/// Checks that the name of a callback is nothing but a name: what is put in
/// front of the answer is run as a program by whoever asked.
fn callback(name: String) -> Result<String, Failure> {
    let is_part = |part: &str| {
        let letter = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$');
        part.starts_with(letter) && part.chars().all(|c| letter(c) || c.is_ascii_digit())
    };
    if name.len() <= CALLBACK_CHARS_MAX && name.split('.').all(is_part) {
        return Ok(name);
    }
    Err(Failure::BadRequest("callback is not the name of a function".to_owned()))
}

/// Puts the envelope around a result.
fn succeed(help: &str, result: &[u8], callback: Option<&str>) -> Response {
    let mut body = Vec::with_capacity(result.len() + help.len() + 100);
    if let Some(callback) = callback {
        // The comment keeps the answer from being taken for another file.
        body.extend_from_slice(format!("/**/{callback}(").as_bytes());
    }
    body.extend_from_slice(b"{\"help\": ");
    body.extend_from_slice(serde_json::json!(help).to_string().as_bytes());
    body.extend_from_slice(b", \"success\": true, \"result\": ");
    body.extend_from_slice(result);
    body.push(b'}');
    let Some(_) = callback else {
        return ([(CONTENT_TYPE, JSON)], body).into_response();
    };
    body.extend_from_slice(b");");
    ([(CONTENT_TYPE, "application/javascript;charset=utf-8")], body).into_response()
}

/// What must hold for whatever stands in a query. See [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(text: &str) {
    let body = axum::body::Bytes::copy_from_slice(text.as_bytes());
    for method in [Method::GET, Method::POST] {
        let headers = axum::http::HeaderMap::new();
        if let Ok(arguments) = Arguments::read(&method, &headers, text, &body) {
            drop((arguments.natural("rows"), arguments.list("fl"), arguments.texts("fq")));
        }
    }
    if lucene::parse(text).is_ok() {
        assert!(text.len() <= lucene::QUERY_BYTES_MAX);
    }
    drop(fields::order(text));
    fields::fuzz(text);
    if let Ok(name) = callback(text.to_owned()) {
        assert!(!name.contains(|c: char| !c.is_ascii_alphanumeric() && !"_$.".contains(c)));
    }
    drop(Action::named(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_the_name_of_a_function() {
        for name in ["cb", "jQuery123_456", "$", "a.b.c"] {
            assert!(callback(name.to_owned()).is_ok(), "{name}");
        }
        for name in ["", "alert(1)", "a;b", "1a", "a..b", "å", "a b", &"a".repeat(101)] {
            assert!(callback(name.to_owned()).is_err(), "{name}");
        }
    }
}
