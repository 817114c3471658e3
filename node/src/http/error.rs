//! How an error is told over HTTP: the one place where errors become
//! [`Problem`]s.
//!
//! Invariant: every answer with a status of 400 or more is a
//! `application/problem+json` with a hint, or an HTML page or an answer in CKAN's
//! way that says the same; what went wrong inside the node is logged here, once,
//! and not told.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dela_protocol::api::Problem;

use crate::index::IndexError;
use crate::publish::{PublishError, PublishRefused};

/// The media type of a [`Problem`].
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// How long a client should wait before it asks a busy node again: the node
/// takes in thousands of changes a second, so seconds are enough.
pub(crate) const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Marks an answer that says itself what went wrong, in words its clients
/// understand: it is not turned into a [`Problem`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told;

/// What kinds of problem there are; their names are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Timeout,
    Ambiguous,
    Shrink,
    Exists,
    Busy,
    Gone,
    TooLarge,
    UnsupportedMediaType,
    WrongHost,
    BadContent,
    Faulty,
    BadSource,
    NoSay,
    Internal,
    Recovering,
    Unavailable,
}

impl Kind {
    const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Ambiguous | Self::Shrink | Self::Exists | Self::Busy | Self::NoSay => {
                StatusCode::CONFLICT
            }
            Self::Gone => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::BadContent | Self::Faulty => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadSource => StatusCode::BAD_GATEWAY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Recovering | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest => ("/problems/bad-request", "The request cannot be understood"),
            Self::Unauthorized => ("/problems/unauthorized", "Writing needs the node's token"),
            Self::Forbidden => ("/problems/forbidden", "Not allowed"),
            Self::NotFound => ("/problems/not-found", "Nothing is found there"),
            Self::MethodNotAllowed => {
                ("/problems/method-not-allowed", "The method is not possible there")
            }
            Self::NotAcceptable => ("/problems/not-acceptable", "Not available in that form"),
            Self::Timeout => ("/problems/timeout", "The request took too long"),
            Self::Ambiguous => ("/problems/ambiguous", "More than one fits"),
            Self::Shrink => ("/problems/shrink", "The catalogue would lose many datasets"),
            Self::Exists => ("/problems/exists", "It is there already"),
            Self::Busy => ("/problems/busy", "It is being done already"),
            Self::Gone => ("/problems/gone", "No longer there"),
            Self::TooLarge => ("/problems/too-large", "The request is too large"),
            Self::UnsupportedMediaType => {
                ("/problems/unsupported-media-type", "The format is not known")
            }
            Self::WrongHost => ("/problems/wrong-host", "Not a name of this node"),
            Self::BadContent => ("/problems/bad-content", "The content cannot be used"),
            Self::Faulty => ("/problems/faulty", "The description has errors"),
            Self::NoSay => ("/problems/no-say", "Not for this node to decide"),
            Self::BadSource => ("/problems/bad-source", "The address cannot be read"),
            Self::Internal => ("/problems/internal", "The node failed"),
            Self::Recovering => ("/problems/recovering", "The node recovers its own catalogue"),
            Self::Unavailable => ("/problems/unavailable", "The node cannot answer now"),
        }
    }

    /// Returns what to say where a layer refused without a word.
    pub(crate) fn of_status(status: StatusCode) -> Refusal {
        let (kind, detail, hint) = match status {
            StatusCode::UNAUTHORIZED => (Self::Unauthorized, "no token was sent", HINT_TOKEN),
            StatusCode::FORBIDDEN => (Self::Forbidden, "this is not allowed", HINT_TOKEN),
            StatusCode::NOT_FOUND => (Self::NotFound, "no such path", HINT_PATHS),
            StatusCode::METHOD_NOT_ALLOWED => (
                Self::MethodNotAllowed,
                "this path does not have that method",
                "the Allow header lists the methods that are possible",
            ),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => (
                Self::Timeout,
                "the answer was not ready in time",
                "ask for less at a time, or again when the node has less to do",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                (Self::TooLarge, "the body is longer than this path takes", HINT_SPLIT)
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                (Self::UnsupportedMediaType, "the format is not known", HINT_FORMATS)
            }
            StatusCode::SERVICE_UNAVAILABLE => (
                Self::Unavailable,
                "the node has more requests than it can answer",
                "ask again in a few seconds",
            ),
            client if client.is_client_error() => {
                (Self::BadRequest, "the request cannot be understood", HINT_API)
            }
            _ => (Self::Internal, "something went wrong inside the node", HINT_LOG),
        };
        let mut refusal = Refusal::new(kind, detail, hint);
        refusal.problem.status = status.as_u16();
        refusal
    }
}

/// Where all paths are described.
pub(crate) const HINT_API: &str = "GET /api/v1/openapi.json describes every path and parameter";
pub(crate) const HINT_PATHS: &str =
    "the API begins at /api/v1/status, the page at /; GET /api/v1/openapi.json lists every path";
pub(crate) const HINT_LOG: &str =
    "the node's log says more; search it for the X-Request-Id of this answer";
pub(crate) const HINT_RECOVERING: &str =
    "wait until a peer that holds it is connected; GET /api/v1/status tells the state";
pub(crate) const HINT_SPLIT: &str = "split the file: an import takes 64 MiB, a JSON body 1 MiB";
pub(crate) const HINT_TOKEN: &str =
    "send `Authorization: Bearer TOKEN`; the token lies in the node's data folder";
pub(crate) const HINT_ANSWER_FORMATS: &str = "ask with Accept or ?format= for one of turtle, \
     rdf-xml, json-ld, n-triples, n-quads, trig";
pub(crate) const HINT_FORMATS: &str = "say which with Content-Type or ?format=: turtle, rdf-xml, \
     json-ld, n-triples, n-quads or trig";

/// An error on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) problem: Box<Problem>,
    headers: HeaderMap,
}

impl Refusal {
    /// Says what happened and what to do.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        let (problem_type, title) = kind.name();
        let problem = Problem {
            problem_type: problem_type.to_owned(),
            title: title.to_owned(),
            status: kind.status().as_u16(),
            detail: detail.into(),
            hint: Some(hint.into()),
            line: None,
            findings: Vec::new(),
        };
        let refusal = Self { problem: Box::new(problem), headers: HeaderMap::new() };
        match kind {
            Kind::Unavailable | Kind::Recovering => {
                refusal.with(RETRY_AFTER, RETRY_AFTER_SECONDS.clone())
            }
            _ => refusal,
        }
    }

    /// Adds a header to the answer.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Says in which line of the sent file it happened.
    pub(crate) fn at_line(mut self, line: Option<u64>) -> Self {
        self.problem.line = line;
        self
    }

    /// Returns the status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the headers of the answer beside those of its body.
    pub(crate) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    /// As [`Self::internal`], to who runs the node: it may know what is on the disk.
    pub(crate) fn told_internal(error: &dyn std::error::Error) -> Self {
        let refusal = Self::internal(error);
        Self::new(
            Kind::Internal,
            Causes(error).to_string(),
            refusal.problem.hint.unwrap_or_default(),
        )
    }

    /// Logs what went wrong inside, and tells the client that something did.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Causes(error), "a request failed inside the node");
        Self::new(Kind::Internal, "something went wrong inside the node", HINT_LOG)
    }
}

/// An error with all its causes, for the log.
struct Causes<'a>(&'a dyn std::error::Error);

impl core::fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, self.headers, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON.clone());
        response
    }
}

impl From<IndexError> for Refusal {
    fn from(error: IndexError) -> Self {
        let detail = error.to_string();
        match &error {
            IndexError::Rebuilding { .. } => Self::new(
                Kind::Unavailable,
                detail,
                "ask again in a few seconds; GET /readyz says when the node is ready",
            ),
            IndexError::Recovering { .. } => Self::new(Kind::Recovering, detail, HINT_RECOVERING),
            IndexError::NotFound(_) => Self::new(
                Kind::NotFound,
                detail,
                "search with GET /api/v1/datasets?q=, or look up an IRI with ?iri=",
            ),
            IndexError::NotScored(_) => Self::new(
                Kind::NotFound,
                detail,
                "search with kind=dataset, or ask GET /api/v1/quality for an agency",
            ),
            IndexError::NoAgency(_) => {
                Self::new(Kind::NotFound, detail, "GET /api/v1/agencies lists the agencies known")
            }
            IndexError::Withdrawn { .. } => Self::new(
                Kind::Gone,
                detail,
                "nothing replaces it here; ask the agency: `dela agencies` and GET /api/v1/agencies \
                 name them all",
            ),
            IndexError::Ambiguous { .. } => {
                Self::new(Kind::Ambiguous, detail, "write more digits of the id")
            }
            IndexError::BadName(_) => Self::new(
                Kind::BadRequest,
                detail,
                "a dataset is named by its 32 hexadecimal digits, by the first 8 or more of them, \
                 or by its IRI, percent-encoded",
            ),
            IndexError::BadSearch(_) => {
                Self::new(Kind::BadRequest, detail, "search for fewer words")
            }
            IndexError::BadCursor => Self::new(
                Kind::BadRequest,
                detail,
                "pass the `next` of the page before, with the same other parameters",
            ),
            IndexError::CursorTooOld { .. } | IndexError::CursorUnknown { .. } => Self::new(
                Kind::Gone,
                detail,
                "read what there is now with GET /api/v1/datasets, then follow without `after`",
            ),
            IndexError::Unproven(_) | IndexError::Incomplete(_) => {
                Self::new(Kind::Unavailable, detail, "ask again in a few seconds")
            }
            IndexError::Storage(_) | IndexError::Search(_) | IndexError::Unreadable { .. } => {
                Self::internal(&error)
            }
        }
    }
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        let detail = error.to_string();
        match error {
            PublishError::Import { line, hint, .. } => {
                let hint = hint.unwrap_or_else(|| {
                    "mend the file there; `dela check FILE` lists all that should be mended"
                        .to_owned()
                });
                Self::new(Kind::BadContent, detail, hint).at_line(line)
            }
            PublishError::Dataset { hint, .. } => Self::new(Kind::BadContent, detail, hint),
            PublishError::Shrink { .. } => Self::new(
                Kind::Shrink,
                detail,
                "nothing was changed; if the file is complete, repeat with --allow-shrink \
                 (?allow_shrink=true)",
            ),
            PublishError::Faulty { findings, .. } => {
                let mut refusal = Self::new(
                    Kind::Faulty,
                    detail,
                    "nothing was changed; mend what `findings` lists (POST /api/v1/check lists \
                     all), or repeat without `strict`",
                );
                refusal.problem.findings = findings;
                refusal
            }
            PublishError::NotOne { .. } => Self::new(
                Kind::BadContent,
                detail,
                "POST /api/v1/imports (`dela import`) takes a whole catalogue",
            ),
            PublishError::NotOwn(_) => Self::new(
                Kind::Forbidden,
                detail,
                "only the agency that published it can withdraw it, at a node of its own",
            ),
            PublishError::Index(index) => index.into(),
            PublishError::Refused(refused) => refused.into(),
            PublishError::Stopped => {
                Self::new(Kind::Unavailable, detail, "ask again when the node has started")
            }
        }
    }
}

impl From<PublishRefused> for Refusal {
    fn from(refused: PublishRefused) -> Self {
        let detail = refused.to_string();
        match &refused {
            PublishRefused::Recovering { .. } => {
                Self::new(Kind::Recovering, detail, HINT_RECOVERING)
            }
            PublishRefused::TooMany { .. } | PublishRefused::TooMuch { .. } => Self::new(
                Kind::BadContent,
                detail,
                "divide the catalogue between several agencies, each with a node",
            ),
            PublishRefused::Store(_) => Self::internal(&refused),
        }
    }
}

/// Answers for a handler that panicked. What it said is in the log, by the
/// panic hook, and not for strangers.
pub(crate) fn panicked() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Turns whatever a layer or the framework refused into a [`Problem`].
pub(crate) async fn explain(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_told(&response) {
        return response;
    }
    let mut refusal = Kind::of_status(status);
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
        let shown: String = path.chars().take(200).collect();
        refusal.problem.detail = format!("{}: {method} {shown}", refusal.problem.detail);
    }
    let mut told = refusal.into_response();
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE && name != axum::http::header::CONTENT_LENGTH {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

fn is_told(response: &Response) -> bool {
    if response.extensions().get::<Told>().is_some() {
        return true;
    }
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|found| *found == PROBLEM_JSON || found.as_bytes().starts_with(b"text/html"))
}
