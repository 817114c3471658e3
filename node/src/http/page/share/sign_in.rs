//! Signing in with the node's token, and out.

use axum::extract::{Extension, FromRequest as _, FromRequestParts, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use super::super::words::share as say;
use super::super::{Frame, Visit};
use super::is_behind_sign_in;
use super::sheet::go;
use super::signed::{Fields, Submitted, asked, cookie, cookie_name, foreign, is_own, refused};
use crate::driver::now;
use crate::http::App;
use crate::http::access::{ClientAddress, is_local};
use crate::http::address::PublicAddress;
use crate::http::error::Refusal;
use crate::language::Words;

/// Where a client is.
pub(super) struct Place {
    client: Option<ClientAddress>,
    is_local: bool,
    /// Whether browsers reach the node by https only.
    is_secure: bool,
}

impl FromRequestParts<App> for Place {
    type Rejection = core::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let client = Extension::<ClientAddress>::from_request_parts(parts, app).await;
        let client = client.ok().map(|Extension(address)| address);
        let public = PublicAddress::from_request_parts(parts, app).await;
        let is_secure = public.is_ok_and(|public| public.of("").starts_with("https://"));
        Ok(Self { client, is_local: is_local(client, &parts.headers), is_secure })
    }
}

/// Returns the page on which one signs in, with what was wrong.
pub(super) async fn page(
    app: App,
    visit: Visit,
    place: Place,
    wrong: Option<(StatusCode, Words, Words)>,
) -> Response {
    let (to, out) = (asked(&visit, "to"), asked(&visit, "done") == "signed-out");
    let file = place.is_local.then(|| app.access.token_file());
    let status = wrong.map(|(status, ..)| status);
    let told = wrong.map(|(_, title, text)| (title, text));
    let mut response = visit
        .show(app, move |_, frame| {
            let shown = Shown { to, out, file, told };
            let title = frame.text(say::NAME);
            Ok(frame.around(title, &html! {}, &form(frame, &shown)))
        })
        .await;
    if let (Some(status), true) = (status, response.status().is_success()) {
        *response.status_mut() = status;
    }
    response
}

struct Shown {
    to: String,
    out: bool,
    file: Option<String>,
    told: Option<(Words, Words)>,
}

fn form(frame: &Frame, shown: &Shown) -> Markup {
    let text = |words| frame.text(words);
    html! {
        div.wide.narrow.share {
            h1 { (text(say::NAME)) }
            @if shown.out { p.done role="status" { (text(say::DONE_SIGNED_OUT)) } }
            @if let Some((title, explained)) = shown.told {
                div.errors role="alert" {
                    h2 { (text(title)) }
                    p { (text(explained)) }
                }
            }
            p { (text(say::SIGN_IN_LEAD)) }
            form method="post" action=(frame.path("/share/sign-in")) {
                input type="hidden" name="to" value=(shown.to);
                div.field {
                    label for="token" { (text(say::TOKEN)) }
                    p.hint #token-hint {
                        @match &shown.file {
                            Some(file) => { (text(say::TOKEN_FILE)) " " code { (file) } },
                            None => (text(say::TOKEN_ASK)),
                        }
                    }
                    input #token type="password" name="token" required autocomplete="off"
                        spellcheck="false" autocapitalize="none" aria-describedby="token-hint"
                        aria-invalid=[shown.told.map(|_| "true")];
                }
                p { button.button type="submit" { (text(say::SIGN_IN)) } }
            }
            p.quiet { (text(say::TOKEN_USE)) }
        }
    }
}

/// Signs in whoever sends the token.
pub(super) async fn sign_in(State(app): State<App>, request: Request) -> Response {
    let (mut parts, stream) = request.into_parts();
    let Ok(visit) = Visit::from_request_parts(&mut parts, &app).await;
    let Ok(place) = Place::from_request_parts(&mut parts, &app).await;
    let language = visit.language;
    if !is_own(&mut parts, &app).await {
        return foreign(language);
    }
    let fields = match Fields::read(&parts.headers, stream, language).await {
        Ok(fields) => fields,
        Err(response) => return response,
    };
    let client = place.client.map(|ClientAddress(address)| address.ip());
    if app.sessions.may_try(client, now()).is_err() {
        let many = (StatusCode::TOO_MANY_REQUESTS, say::TOO_MANY_TRIES, say::TOO_MANY_TRIES_TEXT);
        return page(app, visit, place, Some(many)).await;
    }
    if !app.access.is_token(fields.one("token")) {
        app.sessions.was_wrong(client, now());
        tracing::warn!("somebody tried to sign in on the page with a wrong token");
        let wrong = (StatusCode::FORBIDDEN, say::WRONG_TOKEN, say::WRONG_TOKEN_TEXT);
        return page(app, visit, place, Some(wrong)).await;
    }
    // Whoever signs in anew is done with what was before.
    let before = cookie(&parts.headers, &cookie_name(&app));
    if let Some((key, _)) = before.and_then(|secret| app.sessions.find(&secret, now())) {
        app.sessions.end(&key);
    }
    let secret = match app.sessions.begin(now()) {
        Ok(secret) => secret,
        Err(error) => {
            return refused(Refusal::internal(&std::io::Error::other(error.to_string())), language);
        }
    };
    let response = match own_path(fields.one("to")) {
        Some(path) => {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let kept: Vec<_> = form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| name != "lang")
                .collect();
            let pairs = kept.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
            go(language, path, pairs, "")
        }
        None => go(language, "/share", [], ""),
    };
    with_cookie(response, &app, secret.reveal(), place.is_secure)
}

/// Returns a path behind the sign-in, if this is one: nobody is sent elsewhere.
fn own_path(to: &str) -> Option<&str> {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_behind_sign_in(path) && plain && !path.contains("//") && !path.contains("..")).then_some(to)
}

fn with_cookie(mut response: Response, app: &App, value: &str, is_secure: bool) -> Response {
    let name = cookie_name(app);
    let secure = if is_secure { "; Secure" } else { "" };
    let ends = if value.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{name}={value}; HttpOnly; SameSite=Strict; Path=/{secure}{ends}");
    if let Ok(mut cookie) = HeaderValue::from_str(&cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// Signs out.
pub(super) async fn sign_out(State(app): State<App>, request: Request) -> Response {
    let (mut parts, stream) = request.into_parts();
    let Ok(place) = Place::from_request_parts(&mut parts, &app).await;
    let submitted = match Submitted::from_request(Request::from_parts(parts, stream), &app).await {
        Ok(submitted) => submitted,
        Err(response) => return response,
    };
    app.sessions.end(&submitted.signed.key);
    let response = go(submitted.signed.language(), "/share", [("done", "signed-out")], "");
    with_cookie(response, &app, "", place.is_secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for own in ["/share", "/share/datasets?q=luft", "/share/withdraw?id=ab#x"] {
            assert_eq!(own_path(own), Some(own));
        }
        for other in [
            "",
            "/",
            "//evil.example/share",
            "https://evil.example/share",
            "/share//evil.example",
            "/share/../agencies",
            "/share\\evil.example",
            "/share/\r\nset-cookie: x=y",
            "/shared",
        ] {
            assert_eq!(own_path(other), None, "{other}");
        }
    }
}
