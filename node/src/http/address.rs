//! The address by which clients reach the node, for links that leave it.
//!
//! Feeds, pages of catalogues and sitemaps are kept and followed elsewhere, so
//! their links are absolute. Behind a proxy the node cannot see its own
//! address: then `public_url` says it. Otherwise it is what the client called
//! the node, which [`check_host`](super::access::check_host) has found to be
//! one of its names; headers that a proxy may or may not have set are not
//! believed.

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::App;
use super::error::Refusal;

/// The scheme and authority of this node's addresses, and the path they begin
/// with, without a slash at the end: `https://data.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicAddress(String);

impl PublicAddress {
    /// Returns the absolute address of a path of this node, which begins with a
    /// slash.
    pub(crate) fn of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<App> for PublicAddress {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if let Some(configured) = app.access.public_url() {
            return Ok(Self(configured.trim_end_matches('/').to_owned()));
        }
        let header = || parts.headers.get(HOST)?.to_str().ok();
        let called = parts.uri.authority().map(Authority::as_str).or_else(header);
        // Only a client of HTTP/1.0 names no host, and it is on this machine or
        // knows where it called.
        Ok(Self(format!("http://{}", called.unwrap_or("localhost"))))
    }
}
