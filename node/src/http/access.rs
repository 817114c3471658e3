//! Who may ask what: names of the node, and the right to write.
//!
//! Invariant: a page on another site can read what is open data anyway, and
//! can do nothing else. Names that are not the node's are refused, so that no
//! site can point its own name at this address (DNS rebinding) and be taken
//! for the node's page; writing by the API needs a token that no browser sends
//! by itself, and on the page a session (`session`, `page/share`) with a secret
//! in every form.

use core::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::error::{Kind, Refusal};
use super::parameters::shown;

/// The address of the peer of a connection.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub SocketAddr);

/// What decides who may ask what.
#[derive(Debug, Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    token: blake3::Hash,
    token_file: PathBuf,
    hosts: Vec<String>,
    public_url: Option<String>,
}

impl Access {
    /// Makes the rule: `token` opens writing and lies in `token_file`; `hosts`
    /// are the names, without port, by which the node may be called beside its
    /// addresses and `localhost`.
    pub fn new(token: &str, token_file: PathBuf, hosts: Vec<String>) -> Self {
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        let token = blake3::hash(token.trim().as_bytes());
        Self { inner: Arc::new(Inner { token, token_file, hosts, public_url: None }) }
    }

    /// Sets the address by which clients outside reach the node, where that is
    /// not what they call it by: `https://data.example.org`. Its host becomes a
    /// name of the node.
    #[must_use]
    pub fn at_public_url(self, url: Option<String>) -> Self {
        let Some(url) = url else { return self };
        let mut hosts = self.inner.hosts.clone();
        let uri: Result<axum::http::Uri, _> = url.parse();
        hosts.extend(uri.iter().filter_map(axum::http::Uri::host).map(str::to_ascii_lowercase));
        let token_file = self.inner.token_file.clone();
        let token = self.inner.token;
        Self { inner: Arc::new(Inner { token, token_file, hosts, public_url: Some(url) }) }
    }

    /// Returns the address by which clients outside reach the node, if it was
    /// configured.
    pub(super) fn public_url(&self) -> Option<&str> {
        self.inner.public_url.as_deref()
    }

    /// Returns where the token lies.
    pub(crate) fn token_file(&self) -> String {
        self.inner.token_file.display().to_string()
    }

    /// Returns whether that is the token. Hashes are compared, in constant time,
    /// so the answer's time tells nothing about the token.
    pub(super) fn is_token(&self, sent: &str) -> bool {
        blake3::hash(sent.trim().as_bytes()) == self.inner.token
    }

    /// Checks that the request carries the token.
    pub(crate) fn may_write(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let hint =
            format!("send `Authorization: Bearer TOKEN` with the token in {}", self.token_file());
        let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(sent) = sent else {
            return Err(Refusal::new(Kind::Unauthorized, "no token was sent", hint)
                .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        };
        let token = sent
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match token {
            None => Err(Refusal::new(Kind::Unauthorized, "that is not a Bearer token", hint)
                .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Some(token) if self.is_token(token) => Ok(()),
            Some(_) => Err(Refusal::new(Kind::Forbidden, "that is not this node's token", hint)),
        }
    }

    /// Returns whether `host`, with or without a port, is a name of this node.
    /// An address is one: what a browser reaches by address, no name can have
    /// been rebound to.
    pub(super) fn is_known(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if bare.parse::<IpAddr>().is_ok() {
            return true;
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name == "localhost" || name.ends_with(".localhost") || self.inner.hosts.contains(&name)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') =>
        {
            name
        }
        _ => host,
    }
}

/// Refuses requests under a name that is not the node's. A request without
/// `Host` passes: browsers always send one.
pub(crate) async fn check_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let named = request.uri().host().or_else(|| {
        let host = request.headers().get(HOST)?;
        // What is not text is no name of ours.
        Some(host.to_str().unwrap_or("?"))
    });
    if let Some(host) = named
        && !app.access.is_known(host)
    {
        let name = shown(without_port(host));
        return Refusal::new(
            Kind::WrongHost,
            format!("{name} is not a name of this node"),
            format!("if it should be, add {name} to `hosts` in the node's configuration"),
        )
        .into_response();
    }
    next.run(request).await
}

/// Proof that the request carries the token; asked for before anything of the
/// body is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer;

impl FromRequestParts<App> for Writer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        app.access.may_write(&parts.headers).map(|()| Self)
    }
}

/// Returns whether the client is on this machine, and not behind a proxy that
/// is.
pub(crate) fn is_local(client: Option<ClientAddress>, headers: &HeaderMap) -> bool {
    let proxied = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name));
    client.is_some_and(|ClientAddress(address)| address.ip().to_canonical().is_loopback())
        && !proxied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        Access::new("hemlig", PathBuf::from("token"), vec!["Data.Example.org".to_owned()])
    }

    #[test]
    fn addresses_and_configured_names_are_the_nodes_and_nothing_else_is() {
        for host in [
            "localhost",
            "LOCALHOST:4800",
            "127.0.0.1:4800",
            "[::1]:4800",
            "[::1]",
            "192.0.2.7",
            "data.example.org",
            "data.example.org.:80",
        ] {
            assert!(access().is_known(host), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "", "127.0.0.1.example.org:4800"] {
            assert!(!access().is_known(host), "{host}");
        }
    }

    #[test]
    fn only_the_token_itself_opens_writing() {
        let status = |value: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(AUTHORIZATION, value.parse().unwrap());
            }
            access().may_write(&headers).map_err(|refusal| refusal.problem.status)
        };
        assert_eq!(status(Some("Bearer hemlig")), Ok(()));
        assert_eq!(status(Some("bearer  hemlig")), Ok(()));
        assert_eq!(status(Some("Bearer hemligt")), Err(403));
        assert_eq!(status(Some("Basic aGVtbGln")), Err(401));
        assert_eq!(status(None), Err(401));
    }
}
