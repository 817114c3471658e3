//! Who may see and do what behind the sign-in.
//!
//! Invariant: whoever handles a form gets its fields only from [`Submitted`],
//! which exists only for a request of this site, in a session, with the secret
//! of that session.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::Markup;

use super::super::language::Language;
use super::super::words::share as say;
use super::super::{Frame, Visit, respond};
use super::Sheet;
use super::sheet::{go, refuse};
use crate::driver::now;
use crate::http::App;
use crate::http::address::PublicAddress;
use crate::http::error::Refusal;
use crate::http::parameters::{blocking, body};
use crate::http::session::{Secret, SessionKey};
use crate::index::Index;

/// The longest form: a dataset with long descriptions in two languages and
/// forty distributions.
const FORM_BYTES_MAX: usize = 512 * 1024;

/// The most fields a form has: forty distributions of nine fields, and all
/// themes and places ticked.
const FIELDS_MAX: usize = 1_000;

/// Somebody who is signed in.
pub(super) struct Signed {
    pub(super) key: SessionKey,
    pub(super) secret: Secret,
    pub(super) visit: Visit,
}

impl Signed {
    /// Finds the session that a request belongs to.
    async fn find(parts: &mut Parts, app: &App) -> Result<Self, Visit> {
        let Ok(visit) = Visit::from_request_parts(parts, app).await;
        let sent = cookie(&parts.headers, &cookie_name(app));
        match sent.and_then(|secret| app.sessions.find(&secret, now())) {
            Some((key, secret)) => Ok(Self { key, secret, visit }),
            None => Err(visit),
        }
    }

    pub(super) fn language(&self) -> Language {
        self.visit.language
    }

    /// Returns a parameter of the address.
    pub(super) fn asked(&self, name: &'static str) -> String {
        asked(&self.visit, name)
    }

    /// Makes a page, away from the event loop.
    pub(super) async fn show(
        self,
        app: App,
        make: impl FnOnce(&Index, &Sheet<'_>) -> Result<Markup, Refusal> + Send + 'static,
    ) -> Response {
        let Self { secret, visit, .. } = self;
        let show =
            move |index: &Index, frame: &Frame| make(index, &Sheet { frame, secret: &secret });
        visit.show(app, show).await
    }
}

/// Returns a parameter of the address; the first, where it is given twice.
pub(super) fn asked(visit: &Visit, name: &str) -> String {
    let mut pairs = form_urlencoded::parse(visit.query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

impl FromRequestParts<App> for Signed {
    type Rejection = Response;

    /// Sends whoever is not signed in to where one signs in, and back.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let here = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        match Self::find(parts, app).await {
            Ok(signed) => Ok(signed),
            Err(visit) if parts.method == Method::GET || parts.method == Method::HEAD => {
                Err(go(visit.language, "/share", [("to", here.as_str())], ""))
            }
            Err(visit) => Err(signed_out(visit.language)),
        }
    }
}

fn signed_out(language: Language) -> Response {
    refuse(language, StatusCode::FORBIDDEN, say::SIGNED_OUT, say::SIGNED_OUT_TEXT)
}

/// Answers a form that is not from this page.
pub(super) fn foreign(language: Language) -> Response {
    refuse(language, StatusCode::FORBIDDEN, say::FOREIGN, say::FOREIGN_TEXT)
}

/// A form that was sent by somebody who is signed in, from this page.
pub(super) struct Submitted {
    pub(super) signed: Signed,
    pub(super) fields: Fields,
}

impl FromRequest<App> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, stream) = request.into_parts();
        let signed = entitled(&mut parts, app).await?;
        let fields = Fields::read(&parts.headers, stream, signed.language()).await?;
        if !signed.secret.is(fields.one("secret")) {
            return Err(foreign(signed.language()));
        }
        Ok(Self { signed, fields })
    }
}

/// Finds who sends a form, and refuses one from another site. The secret in the
/// form remains to be compared.
pub(super) async fn entitled(parts: &mut Parts, app: &App) -> Result<Signed, Response> {
    let own = is_own(parts, app).await;
    match Signed::find(parts, app).await {
        Ok(signed) if own => Ok(signed),
        Ok(signed) => Err(foreign(signed.language())),
        Err(visit) if own => Err(signed_out(visit.language)),
        Err(visit) => Err(foreign(visit.language)),
    }
}

/// Returns whether a request comes from a page of this site, as far as its
/// browser says: every browser of today says where a form was sent from.
pub(super) async fn is_own(parts: &mut Parts, app: &App) -> bool {
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    let Some(origin) = header(ORIGIN.as_str()).map(str::to_owned) else { return true };
    let host = header(HOST.as_str()).unwrap_or_default().to_owned();
    let authority = origin.split_once("://").map(|(_, authority)| authority.to_owned());
    if authority.as_deref().is_some_and(|found| !found.is_empty() && found == host) {
        return true;
    }
    let Ok(public) = PublicAddress::from_request_parts(parts, app).await else { return false };
    let public = public.of("");
    // The public address may have a path; an origin has none.
    public == origin || public.strip_prefix(&origin).is_some_and(|rest| rest.starts_with('/'))
}

/// The fields of a form, in the order they were sent.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the fields of a form, as far as there may be so many.
    pub(super) async fn read(
        headers: &HeaderMap,
        stream: Body,
        language: Language,
    ) -> Result<Self, Response> {
        let bytes = body(headers, stream, FORM_BYTES_MAX)
            .await
            .map_err(|refusal| respond(Err(refusal), language))?;
        let pairs = form_urlencoded::parse(&bytes).take(FIELDS_MAX);
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }

    /// Returns the value of a field; empty where it was not sent.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Returns all fields.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Returns the name of the cookie. It has the agency's id in it, because
/// browsers do not tell the ports of a machine apart: two nodes on one would
/// sign each other's people out.
pub(super) fn cookie_name(app: &App) -> String {
    format!("dela-session-{}", app.index.own().short())
}

/// Returns the value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// Runs what reads the disk, and answers with a page where it fails.
pub(super) async fn apart<T: Send + 'static>(
    language: Language,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Response> {
    blocking(work).await.map_err(|refusal| refused(refusal, language))
}

/// Answers with a page that shows a problem.
pub(super) fn refused(refusal: impl Into<Refusal>, language: Language) -> Response {
    respond(Err(refusal.into()), language).into_response()
}
