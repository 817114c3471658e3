//! One line in the log and one count in the metrics for each request.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::App;

/// Names a request in the log and in the answer.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs and counts a request, and gives it an id that the answer carries.
pub(crate) async fn trace(State(app): State<App>, mut request: Request, next: Next) -> Response {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    // The path as the router knows it: a bounded number of them, and nothing
    // of what was searched for.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let value = HeaderValue::from(number);
    request.headers_mut().insert(X_REQUEST_ID, value.clone());
    let span = tracing::debug_span!("request", request.id = number, %method, %path);
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::debug!(status, duration_ms = took.as_secs_f64() * 1e3, "answered a request");
    });
    app.metrics.answered(&method, &path, status, took);
    response.headers_mut().insert(X_REQUEST_ID, value);
    response
}
