//! What a request asks, read strictly.
//!
//! Invariant: a parameter that is not known or cannot be read is refused with
//! a hint, never skipped: an answer to another question than was asked looks
//! right and is wrong.

use core::convert::Infallible;
use core::fmt::Display;
use core::str::FromStr;
use core::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

use dela_protocol::time::Timestamp;

use super::JSON_BYTES_MAX;
use super::error::{HINT_API, HINT_SPLIT, Kind, Refusal};

/// The most parameters one query may have: a facet with every value chosen has
/// some hundred.
const PARAMETERS_MAX: usize = 256;

/// The query of a request, decoded, before it is known what it may contain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

impl Parameters {
    /// Decodes a query.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        let pairs = form_urlencoded::parse(query.as_bytes());
        let given: Vec<_> =
            pairs.take(PARAMETERS_MAX + 1).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        if given.len() > PARAMETERS_MAX {
            return Err(bad(format!("more than {PARAMETERS_MAX} parameters"), HINT_API));
        }
        Ok(Self { given, known: Vec::new() })
    }

    /// Returns all values of a parameter that can be repeated.
    pub(crate) fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let (found, rest) =
            core::mem::take(&mut self.given).into_iter().partition(|(key, _)| key == name);
        self.given = rest;
        found.into_iter().map(|(_, value): (_, String)| value).filter(|v| !v.is_empty()).collect()
    }

    /// Returns the value of a parameter that may occur once; empty is none.
    pub(crate) fn one(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        let mut values = self.many(name);
        if values.len() > 1 {
            return Err(bad(format!("{name} is given {} times", values.len()), "give it once"));
        }
        Ok(values.pop())
    }

    /// Returns the value of a parameter, read as `T`.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, Refusal>
    where
        T: FromStr<Err: Display>,
    {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            bad(format!("{name}={} cannot be read", shown(&text)), format!("expected {expected}"))
        })
    }

    /// Returns the value of a parameter that is one of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        word(name, &text, words).map(Some)
    }

    /// Returns a number between two bounds.
    pub(crate) fn limit(&mut self, default: usize, most: usize) -> Result<usize, Refusal> {
        let expected = format!("a number from 1 to {most}");
        let limit: usize = self.parsed("limit", &expected)?.unwrap_or(default);
        if limit == 0 || limit > most {
            return Err(bad(
                format!("limit={limit} is out of range"),
                format!("expected {expected}"),
            ));
        }
        Ok(limit)
    }

    /// Returns a flag: absent is no; present without a value is yes.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<bool, Refusal> {
        if self.given.iter().any(|(key, value)| key == name && value.is_empty()) {
            self.many(name);
            return Ok(true);
        }
        Ok(self.parsed(name, "true or false")?.unwrap_or(false))
    }

    /// Refuses what was given and not asked for.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        // An empty value means the same as none, as HTML forms send it.
        let Some((name, _)) = self.given.iter().find(|(_, value)| !value.is_empty()) else {
            return Ok(());
        };
        let hint = if self.known.is_empty() {
            "this path takes no parameters".to_owned()
        } else {
            format!("this path knows {}", self.known.join(", "))
        };
        Err(bad(format!("{} is not a parameter of this path", shown(name)), hint))
    }
}

/// Finds a word among those possible.
pub(crate) fn word<T: Copy>(name: &str, text: &str, words: &[(&str, T)]) -> Result<T, Refusal> {
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        bad(
            format!("{name}={} is not known", shown(text)),
            format!("expected one of {}", words.join(", ")),
        )
    })
}

/// Reads a moment as harvesters write it: a date, or a date and time, of UTC
/// unless it says otherwise.
pub(crate) fn moment(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    let text = text.trim();
    // A plus sign that was not percent-encoded is a space by now.
    let ways = [
        text.to_owned(),
        format!("{text}Z"),
        format!("{text}T00:00:00Z"),
        text.replace(' ', "+"),
        format!("{}Z", text.replace(' ', "T")),
    ];
    ways.iter().find_map(|way| Timestamp::parse_rfc3339(way)).ok_or_else(|| {
        bad(
            format!("{name}={} cannot be read", shown(text)),
            "expected a date and time as 2026-01-31 or 2026-01-31T08:00:00Z",
        )
    })
}

fn bad(detail: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal::new(Kind::BadRequest, detail, hint)
}

/// Shortens what a stranger wrote to what fits a message.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The one variable segment of the path, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let segments = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| bad("the path is not UTF-8 when percent-decoded", "encode it as UTF-8"))?;
        let found = segments.iter().next().map(|(_, value)| value.to_owned());
        Ok(Self(found.unwrap_or_default()))
    }
}

/// Whether the client declares a JSON body.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(axum::http::header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim()).filter(|found| !found.is_empty())
}

/// Reads a body of at most `bytes_max`.
pub(crate) async fn body(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, Refusal> {
    let read = body_if_any(headers, body, bytes_max).await?;
    if read.is_empty() {
        return Err(bad("the body is empty", HINT_API));
    }
    Ok(read)
}

async fn body_if_any(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let too_large = || {
        let mebibytes = bytes_max / (1024 * 1024);
        Refusal::new(
            Kind::TooLarge,
            format!("the body is longer than the {mebibytes} MiB this path takes"),
            HINT_SPLIT,
        )
    };
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > bytes_max) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, bytes_max).await.map_err(|error| {
        if is_length_limit(&error) {
            return too_large();
        }
        bad("the body ended before it was whole", "send it again")
    })
}

fn is_length_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Reads what is sent as JSON, in a request without parameters.
pub(crate) async fn sent<T: serde::de::DeserializeOwned>(
    parameters: Parameters,
    headers: &HeaderMap,
    stream: Body,
) -> Result<T, Refusal> {
    parameters.finish()?;
    json(&body(headers, stream, JSON_BYTES_MAX).await?)
}

/// Reads what is sent as JSON, or takes what holds where nothing is sent, in a request
/// without parameters.
pub(crate) async fn sent_or_default<T: serde::de::DeserializeOwned + Default>(
    parameters: Parameters,
    headers: &HeaderMap,
    stream: Body,
) -> Result<T, Refusal> {
    parameters.finish()?;
    let bytes = body_if_any(headers, stream, JSON_BYTES_MAX).await?;
    if bytes.is_empty() { Ok(T::default()) } else { json(&bytes) }
}

/// Runs what may touch the disk or take long away from the event loop.
pub(crate) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Into<Refusal> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(error) => Err(Refusal::internal(&error)),
    }
}

/// Does what goes on to its end even if the client goes away.
pub(crate) async fn to_the_end<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    E: Into<Refusal> + Send + 'static,
{
    match tokio::spawn(work).await {
        Ok(done) => done.map_err(Into::into),
        Err(error) => Err(Refusal::internal(&error)),
    }
}

/// Gives up on what takes longer than it may.
pub(crate) async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    let ended = tokio::time::timeout(limit, work).await;
    ended.unwrap_or_else(|_| Err(Kind::of_status(StatusCode::REQUEST_TIMEOUT)))
}

/// An answer that cannot fail to be made.
impl From<Infallible> for Refusal {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The status a JSON error deserves: 400 where it is not JSON at all, 422
/// where it is JSON of another shape.
pub(crate) fn json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| {
        let line = u64::try_from(error.line()).ok();
        let kind = if error.is_data() { Kind::BadContent } else { Kind::BadRequest };
        Refusal::new(kind, format!("the JSON cannot be read: {error}"), HINT_API).at_line(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_keeps_all_values_and_an_unknown_one_is_named() {
        let mut query = Parameters::read("agency=a&agency=b%20c&q=&lag=1").unwrap();
        assert_eq!(query.many("agency"), ["a", "b c"]);
        assert_eq!(query.one("q").unwrap(), None);
        let refusal = query.finish().unwrap_err();
        assert_eq!(refusal.problem.detail, "lag is not a parameter of this path");
        assert_eq!(refusal.problem.hint.as_deref(), Some("this path knows agency, q"));
    }

    #[test]
    fn a_moment_is_read_as_harvesters_write_it() {
        let expected = Timestamp::parse_rfc3339("2026-01-31T08:00:00Z").unwrap();
        for text in [
            "2026-01-31T08:00:00Z",
            "2026-01-31T08:00:00",
            "2026-01-31 08:00:00",
            "2026-01-31T08:00:00.000",
            "2026-01-31T09:00:00+01:00",
            "2026-01-31T09:00:00 01:00",
        ] {
            assert_eq!(moment("x", text).unwrap(), expected, "{text}");
        }
        assert!(moment("x", "2026-01-31").unwrap() < expected);
        assert!(moment("x", "i går").is_err());
    }

    #[test]
    fn limits_and_flags_say_what_was_expected() {
        let mut query = Parameters::read("limit=0&dry_run&allow_shrink=maybe").unwrap();
        assert!(query.flag("dry_run").unwrap());
        assert_eq!(
            query.flag("allow_shrink").unwrap_err().problem.hint.as_deref(),
            Some("expected true or false")
        );
        assert_eq!(
            query.limit(20, 100).unwrap_err().problem.hint.as_deref(),
            Some("expected a number from 1 to 100")
        );
    }
}
