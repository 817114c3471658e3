//! How CKAN says that an action failed.
//!
//! Clients look at `__type` before the status: each of these has the type and
//! the status that CKAN gives it.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::lucene::LuceneError;
use crate::http::error::{Refusal, Told};
use crate::index::IndexError;

/// The media type of what is no JSONP.
pub(super) const JSON: &str = "application/json;charset=utf-8";

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request itself; CKAN answers with nothing but a text.
    BadRequest(String),
    /// Not allowed.
    Denied(String),
    /// Not there.
    NotFound(String),
    /// A parameter that cannot be used, and why.
    Validation(&'static str, String),
    /// A query that is not understood.
    Query(String),
    /// The node cannot answer now: what it said, and with which status.
    Unready(u16, String),
}

impl Failure {
    /// Says that a parameter is needed.
    pub(super) fn missing(name: &'static str) -> Self {
        Self::Validation(name, "Missing value".to_owned())
    }

    /// Returns the answer; `help` is the address that explains the action.
    pub(super) fn respond(self, help: &str) -> Response {
        let (status, error) = match self {
            Self::BadRequest(message) => {
                return told(StatusCode::BAD_REQUEST, &json!(format!("Bad request: {message}")));
            }
            Self::Denied(message) => (
                StatusCode::FORBIDDEN,
                typed("Authorization Error", &format!("Access denied: {message}")),
            ),
            Self::NotFound(message) => {
                (StatusCode::NOT_FOUND, typed("Not Found Error", &format!("Not found: {message}")))
            }
            Self::Validation(field, message) => {
                (StatusCode::CONFLICT, json!({ "__type": "Validation Error", field: [message] }))
            }
            Self::Query(message) => (
                StatusCode::BAD_REQUEST,
                typed("Search Query Error", &format!("Search Query is invalid: {message}")),
            ),
            Self::Unready(status, message) => (
                StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
                typed("Search Error", &format!("Search error: {message}")),
            ),
        };
        let mut response = told(status, &json!({ "help": help, "success": false, "error": error }));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, crate::http::error::RETRY_AFTER_SECONDS);
        }
        response
    }
}

fn typed(kind: &str, message: &str) -> Value {
    json!({ "__type": kind, "message": message })
}

/// Answers, and says that there is nothing to explain any more.
fn told(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, [(CONTENT_TYPE, JSON)], body.to_string()).into_response();
    response.extensions_mut().insert(Told);
    response
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let problem = &refusal.problem;
        match problem.status {
            404 | 410 => Self::NotFound(problem.detail.clone()),
            400 => Self::Query(problem.detail.clone()),
            status => Self::Unready(status, problem.detail.clone()),
        }
    }
}

impl From<IndexError> for Failure {
    fn from(error: IndexError) -> Self {
        match &error {
            // Nobody here has such a name, so it is not there.
            IndexError::BadName(_) | IndexError::Ambiguous { .. } => {
                Self::NotFound(error.to_string())
            }
            _ => Refusal::from(error).into(),
        }
    }
}

impl From<LuceneError> for Failure {
    fn from(error: LuceneError) -> Self {
        Self::Query(error.to_string())
    }
}
