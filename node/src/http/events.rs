//! What happens, as it happens: server-sent events.
//!
//! Invariant: a follower that comes back with the id of the last event it saw
//! misses nothing that is still in the change log, and is told when it is not.

use core::convert::Infallible;
use core::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use dela_protocol::api::{Event, EventList, Problem};
use futures::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::App;
use super::error::{Kind, Refusal};
use super::parameters::{Parameters, blocking, shown};
use crate::index::{Events, Live};

/// How many changes are looked at in one go: some 100 KB of events.
const BATCH: usize = 100;

/// How often a silent stream says that it is alive: within the minute after
/// which proxies drop what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What happens, as it happens
///
/// Server-sent events: `id` is the number to resume after, `event` is
/// `published` or `withdrawn`, `data` an `Event` as JSON. Without `after` and
/// `Last-Event-ID` it begins now; with `after=0` at the oldest change kept.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "datasets",
    params(
        ("after" = Option<u64>, Query, description = "The number of the last event seen"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as browsers send it"),
    ),
    responses(
        (status = 200, body = Event, content_type = "text/event-stream"),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "Changes since then are no longer kept"),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn events(
    State(app): State<App>,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, Refusal> {
    let asked: Option<u64> = parameters.parsed("after", "the number of an event")?;
    parameters.finish()?;
    let after = last_event_id(&headers)?.or(asked);
    let permit = app.followers.clone().try_acquire_owned().map_err(|_| {
        Refusal::new(
            Kind::Unavailable,
            "as many clients follow events as this node can serve",
            "follow at another node, or ask again later",
        )
    })?;
    // Subscribed before looking, so that nothing falls in between.
    let live = app.index.live();
    let index = app.index.clone();
    let first = blocking(move || match after {
        None => {
            let through = index.last_change()?;
            Ok(Events { events: Vec::new(), through, more: false })
        }
        // The beginning, however much of it is kept.
        Some(0) => index.events_after(index.first_change()?.saturating_sub(1), BATCH),
        Some(after) => index.events_after(after, BATCH),
    })
    .await?;
    let follower =
        Follower { app, live, through: first.through, more: first.more, _permit: permit };
    let messages = stream_of(first, follower);
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// How many of the latest events are given unless asked otherwise, and at most:
/// each is read from the store.
const LATEST: usize = 20;
const LATEST_MAX: usize = 100;

/// What happened last, the newest first
///
/// Of each entry only its newest. Fewer than asked for, where the last 2,000
/// changes have no more.
#[utoipa::path(
    get,
    path = "/api/v1/events/latest",
    tag = "datasets",
    params(
        ("agency" = Option<String>, Query, description = "Only of this agency: its id, or the \
         first 8 or more digits of it"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100, description = "How many, 20 by \
         default"),
    ),
    responses((status = 200, body = EventList), (status = "default", body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn latest(
    State(app): State<App>,
    mut parameters: Parameters,
) -> Result<Json<EventList>, Refusal> {
    let agency = parameters.one("agency")?;
    let limit = parameters.limit(LATEST, LATEST_MAX)?;
    parameters.finish()?;
    blocking(move || {
        let agency = agency.map(|name| app.index.agency_named(&name)).transpose()?;
        app.index.latest_events(agency.as_ref(), limit)
    })
    .await
    .map(Json)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or("?");
    text.parse().map(Some).map_err(|_| {
        Refusal::new(
            Kind::BadRequest,
            format!("Last-Event-ID {} cannot be read", shown(text)),
            "expected the number of an event",
        )
    })
}

/// One client that follows.
struct Follower {
    app: App,
    live: watch::Receiver<Live>,
    through: u64,
    more: bool,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    /// Returns the next events, waiting until there are some; `None` when the
    /// stream ends: the node stops, or the log is no longer kept that far back.
    async fn next(&mut self) -> Option<Vec<Event>> {
        loop {
            if !self.more {
                tokio::select! {
                    () = self.app.stop.cancelled() => return None,
                    changed = self.live.changed() => changed.ok()?,
                }
                if self.live.borrow_and_update().last_change <= self.through {
                    continue;
                }
            }
            let (index, through) = (self.app.index.clone(), self.through);
            let found = blocking(move || index.events_after(through, BATCH)).await.ok()?;
            self.through = found.through;
            self.more = found.more;
            if !found.events.is_empty() {
                return Some(found.events);
            }
        }
    }
}

fn stream_of(first: Events, follower: Follower) -> impl Stream<Item = Result<Message, Infallible>> {
    let batches = stream::unfold((Some(first.events), follower), |(first, mut follower)| async {
        let events = match first {
            Some(events) => events,
            None => follower.next().await?,
        };
        Some((stream::iter(events.into_iter().map(|event| Ok(message(&event)))), (None, follower)))
    });
    futures::StreamExt::flatten(batches)
}

fn message(event: &Event) -> Message {
    let name = match event.event {
        dela_protocol::api::EventKind::Published => "published",
        dela_protocol::api::EventKind::Withdrawn => "withdrawn",
    };
    let data = serde_json::to_string(event).unwrap_or_default();
    Message::default().id(event.number.to_string()).event(name).data(data)
}
