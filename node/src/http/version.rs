//! Which version of an answer it is, so that nobody is sent what it has.
//!
//! A harvester asks every night for what seldom changed. It says what it has
//! (`If-None-Match`, `If-Modified-Since`), and is told in a few bytes that this
//! is still so; with `HEAD` it asks without wanting the answer. In neither case
//! is the answer made.
//!
//! Invariant: "not modified" is never said of something else than the client
//! has. A version follows from all that the answer is made of; and a time is
//! told only when it is so long past that nothing more can happen in that
//! second.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use dela_protocol::time::Timestamp;

use super::error::Refusal;

/// How long ago something must have changed for the time to be told: dates in
/// headers have no fractions of seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// What a request says about how it wants to be answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The path.
    pub(super) path: String,
    /// What follows the question mark.
    pub(super) query: String,
    /// All headers.
    pub(super) headers: HeaderMap,
    is_head: bool,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = core::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            is_head: parts.method == Method::HEAD,
        })
    }
}

/// The version of an answer.
#[derive(Debug, Clone)]
pub(super) struct Version {
    tag: blake3::Hasher,
    modified: Option<SystemTime>,
    /// Whether times may go back, so that only the very same one counts.
    is_exact: bool,
    cache: &'static str,
}

impl Version {
    /// Begins the version of an answer of this kind.
    pub(super) fn of(kind: &str) -> Self {
        let mut tag = blake3::Hasher::new();
        // Another version of this software may write the same otherwise.
        tag.update(env!("CARGO_PKG_VERSION").as_bytes());
        Self { tag, modified: None, is_exact: false, cache: "no-cache" }.with(kind)
    }

    /// Adds something that the answer depends on.
    #[must_use]
    pub(super) fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.tag.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.tag.update(part);
        self
    }

    /// Says when what it is made of last changed.
    #[must_use]
    pub(super) fn modified_at(mut self, at: Option<Timestamp>) -> Self {
        let at = at.map(|at| UNIX_EPOCH + Duration::from_secs(at.as_millis() / 1_000));
        let now = SystemTime::now();
        self.modified = at.filter(|at| now.duration_since(*at).is_ok_and(|ago| ago >= SETTLED));
        self
    }

    /// Says when what it is made of was signed. An agency's clock may go back, and
    /// this time with it.
    #[must_use]
    pub(super) fn signed_at(self, at: Timestamp) -> Self {
        Self { is_exact: true, ..self.modified_at(Some(at)) }
    }

    /// Says that this answer will not change any more.
    #[must_use]
    pub(super) fn for_ever(mut self) -> Self {
        self.cache = "public, max-age=604800, immutable";
        self
    }

    /// Answers: with what `make` makes, if the client wants it and has not got
    /// it.
    pub(super) fn answer(
        self,
        asked: &Asked,
        media_type: &'static str,
        make: impl FnOnce() -> Result<Vec<u8>, Refusal>,
    ) -> Result<Response, Refusal> {
        let hash = self.tag.finalize().to_hex();
        let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        let has_it = self.is_held(&tag, &asked.headers);
        let body = if has_it || asked.is_head { untold() } else { Body::from(make()?) };
        let mut response = Response::new(body);
        if has_it {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(CONTENT_TYPE, media_type);
        set(ETAG, &tag);
        set(CACHE_CONTROL, self.cache);
        set(VARY, "accept");
        if let Some(modified) = self.modified {
            set(LAST_MODIFIED, &httpdate::fmt_http_date(modified));
        }
        Ok(response)
    }

    /// Whether the client has this version. Its tag decides, if it sends one
    /// (RFC 9110, section 13.2.2).
    fn is_held(&self, tag: &str, headers: &HeaderMap) -> bool {
        let tags = headers.get_all(IF_NONE_MATCH);
        if headers.contains_key(IF_NONE_MATCH) {
            return tags.iter().filter_map(|value| value.to_str().ok()).any(|value| {
                let mut held = value.split(',').map(str::trim);
                held.any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
            });
        }
        let since = headers.get(IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
        let since = since.and_then(|value| httpdate::parse_http_date(value).ok());
        since.zip(self.modified).is_some_and(|(since, modified)| {
            if self.is_exact { modified == since } else { modified <= since }
        })
    }
}

/// Returns no body, and does not say that the one that was not made is empty: a
/// length of 0 would be taken for that of the answer.
fn untold() -> Body {
    Body::from_stream(futures::stream::empty::<Result<&[u8], core::convert::Infallible>>())
}

/// Reads the conditions of a request, whatever they are. See [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(headers: &HeaderMap) {
    let version = Version::of("fuzz").modified_at(Some(Timestamp::from_millis(1_000)));
    version.is_held("\"tag\"", headers);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(axum::http::HeaderName, &str)]) -> Asked {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), value.parse().unwrap());
        }
        Asked { path: String::new(), query: String::new(), headers, is_head: false }
    }

    fn status(version: Version, pairs: &[(axum::http::HeaderName, &str)]) -> u16 {
        let response = version.answer(&asked(pairs), "text/plain", || Ok(b"x".to_vec())).unwrap();
        response.status().as_u16()
    }

    #[test]
    fn what_a_client_has_is_not_made_again() {
        let version = Version::of("x").with("a").modified_at(Some(Timestamp::from_millis(1_000)));
        let whole = version.clone().answer(&asked(&[]), "text/plain", || Ok(vec![])).unwrap();
        let tag = whole.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(whole.headers()[LAST_MODIFIED], "Thu, 01 Jan 1970 00:00:01 GMT");
        let unwanted = || -> Result<Vec<u8>, Refusal> { unreachable!("nobody wants it") };
        let held = asked(&[(IF_NONE_MATCH, &format!("\"other\", W/{tag}"))]);
        let told = version.clone().answer(&held, "text/plain", unwanted).unwrap();
        assert_eq!(told.status(), StatusCode::NOT_MODIFIED);
        let head = Asked { is_head: true, ..asked(&[]) };
        let told = version.clone().answer(&head, "text/plain", unwanted).unwrap();
        assert_eq!((told.status().as_u16(), &told.headers()[ETAG]), (200, &whole.headers()[ETAG]));
        let since = (IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:01 GMT");
        assert_eq!(status(version.clone(), std::slice::from_ref(&since)), 304);
        let later = (IF_MODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:02 GMT");
        assert_eq!(status(version.clone(), std::slice::from_ref(&later)), 304);
        let signed = Version::of("x").signed_at(Timestamp::from_millis(1_000));
        assert_eq!(status(signed.clone(), std::slice::from_ref(&since)), 304);
        assert_eq!(status(signed, &[later]), 200);
        // The tag decides, and it is another one.
        assert_eq!(status(version.with("b"), &[since, (IF_NONE_MATCH, &tag)]), 200);
    }

    #[test]
    fn a_time_is_told_only_when_its_second_is_over() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = u64::try_from(now.as_millis()).unwrap();
        for ahead in [0, 60_000] {
            let at = Timestamp::from_millis(now + ahead);
            assert!(Version::of("x").modified_at(Some(at)).modified.is_none());
        }
    }
}
