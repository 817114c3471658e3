//! What the node tells its operator: logs and metrics.
//!
//! Invariant: neither carries secrets, bodies or what people search for, and
//! the number of metrics' labels does not grow with what strangers send.

use core::time::Duration;
use std::io::{self, IsTerminal as _};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use dela_protocol::api::{NodeState, Source, Status};
use dela_protocol::time::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// The media type of [`Metrics::encode`].
pub const METRICS_MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object per line.
    Json,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("{filter} is not a log filter: {source}")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// Logging has begun already.
    #[error("logging could not begin: {0}")]
    Begun(#[from] TryInitError),
}

/// Begins to log to stderr what `filter` lets through: `info`, or
/// `info,dela_node::network=debug`.
pub fn start_logging(filter: &str, format: LogFormat) -> Result<(), LogError> {
    let parsed = EnvFilter::try_new(filter)
        .map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_ansi(colours)
        .with_writer(io::stderr);
    match format {
        // Colours are for people: in a file or a journal they are noise.
        LogFormat::Text => {
            log.with_ansi(io::stderr().is_terminal()).with_target(false).finish().try_init()?;
        }
        LogFormat::Json => log.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    path: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Path {
    path: String,
}

type Seconds = Family<Path, Histogram, fn() -> Histogram>;

/// From a millisecond to a minute: what a request may take.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 4.0, 9))
}

/// What was counted over all peers since the start. Never by peer: strangers
/// could make as many labels as they like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By the replica.
    pub replica: dela_protocol::replica::Totals,
    /// Bytes that passed.
    pub bytes: crate::network::Bytes,
    /// What the network let go or refused.
    pub dropped: crate::network::Dropped,
}

impl Counts {
    /// Returns each with its name and what it says.
    fn all(&self) -> [(&'static str, &'static str, u64); 13] {
        let Self { replica, bytes, dropped } = self;
        [
            ("peer_bytes_received", "Bytes from peers, of whatever kind", bytes.received),
            ("peer_bytes_sent", "Bytes to peers, of whatever kind", bytes.sent),
            ("peer_records_received", "Records taken in from peers", replica.records_received),
            ("peer_records_sent", "Records served to peers", replica.records_sent),
            ("peer_announcements", "Announcements from peers", replica.announcements),
            ("peer_requests", "Requests from peers", replica.requests),
            ("peer_throttled", "Messages of peers that were over a budget", replica.throttled),
            ("peer_strikes", "Messages of peers that no honest node sends", replica.strikes),
            ("peer_cut_offs", "Peers cut off", replica.cut_offs),
            (
                "peer_hushed",
                "Times that gossip of a peer was not heard for a while",
                dropped.hushed,
            ),
            ("dropped_questions", "Questions that found no place in a table", dropped.questions),
            ("dropped_announcements", "Announcements left unjudged", dropped.announcements),
            ("malformed_messages", "Messages refused while they were read", dropped.malformed),
        ]
    }
}

/// The node's metrics. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<Request, Counter>,
    seconds: Seconds,
    gauges: Gauges,
    counters: Vec<Counter>,
    sources: SourceGauges,
}

/// Which source; there are at most [`crate::source::SOURCES_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
}

/// What is read from the sources when the metrics are asked for.
#[derive(Debug, Clone, Default)]
struct SourceGauges {
    age: Family<OfSource, Gauge>,
    failures: Family<OfSource, Gauge>,
    missing: Family<OfSource, Gauge>,
    suspicious: Family<OfSource, Gauge>,
}

impl SourceGauges {
    fn register(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            (
                "source_age_seconds",
                "Time since a source was last read, or was added if it never was",
                &self.age,
            ),
            ("source_failures", "Runs of a source that failed in a row", &self.failures),
            (
                "source_missing",
                "Records that vanished from a source and are still published",
                &self.missing,
            ),
            (
                "source_suspicious",
                "Whether so much vanished from a source that somebody must agree",
                &self.suspicious,
            ),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    fn set(&self, sources: &[Source], now: Timestamp) {
        for family in [&self.age, &self.failures, &self.missing, &self.suspicious] {
            // A source that was removed is not shown any more.
            family.clear();
        }
        for source in sources {
            let of = OfSource { source: source.id.clone() };
            let set = |family: &Family<OfSource, Gauge>, value: u64| {
                family.get_or_create(&of).set(i64::try_from(value).unwrap_or(i64::MAX));
            };
            let read_at = source.succeeded_at.unwrap_or(source.added_at);
            set(&self.age, now.since(read_at).as_secs());
            set(&self.failures, u64::from(source.failures));
            let waiting = source.waiting.as_ref();
            set(&self.missing, waiting.map_or(0, |waiting| waiting.records));
            let suspicion = waiting.and_then(|waiting| waiting.suspicion);
            set(&self.suspicious, u64::from(suspicion.is_some()));
        }
    }
}

/// What is read from the node's status when the metrics are asked for.
#[derive(Debug, Clone, Default)]
struct Gauges {
    ready: Gauge,
    recovering: Gauge,
    agencies: Gauge,
    datasets: Gauge,
    records: Gauge,
    peers: Gauge,
    behind: Gauge,
    search_behind: Gauge,
    sequence: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Returns metrics that have counted nothing yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("dela");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let seconds: Seconds = Family::new_with_constructor(histogram);
        registry.register("http_request_seconds", "Time to the answer", seconds.clone());
        let gauges = Gauges::default();
        for (name, help, gauge) in [
            ("ready", "Whether the node holds all that was announced", &gauges.ready),
            ("recovering", "Whether the node waits for its own catalogue", &gauges.recovering),
            ("agencies", "Agencies in the index", &gauges.agencies),
            ("datasets", "Live datasets in the index", &gauges.datasets),
            ("records", "Live records of any kind in the index", &gauges.records),
            ("peers", "Peers connected", &gauges.peers),
            ("behind", "Agencies that announced more than is held", &gauges.behind),
            ("search_behind", "Changes the search has yet to take in", &gauges.search_behind),
            ("own_sequence", "The own catalogue's sequence number", &gauges.sequence),
        ] {
            registry.register(name, help, gauge.clone());
        }
        let counters = Counts::default().all().map(|(name, help, _)| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        });
        let counters = counters.into();
        let sources = SourceGauges::default();
        sources.register(&mut registry);
        let registry = Arc::new(Mutex::new(registry));
        Self { registry, requests, seconds, gauges, counters, sources }
    }

    /// Lets another part of the node register metrics of its own.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts an answer.
    pub fn answered(&self, method: &str, path: &str, status: u16, took: Duration) {
        let path = path.to_owned();
        let request = Request { method: method.to_owned(), path: path.clone(), status };
        self.requests.get_or_create(&request).inc();
        self.seconds.get_or_create(&Path { path }).observe(took.as_secs_f64());
    }

    /// Returns all metrics as text, with the node's status, counts and sources as
    /// they are now.
    pub fn encode(
        &self,
        status: &Status,
        counts: &Counts,
        sources: &[Source],
        now: Timestamp,
    ) -> String {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.gauges.ready, u64::from(status.state == NodeState::Ready));
        set(&self.gauges.recovering, u64::from(status.state == NodeState::Recovering));
        set(&self.gauges.agencies, status.agencies);
        set(&self.gauges.datasets, status.datasets);
        set(&self.gauges.records, status.records);
        set(&self.gauges.peers, status.peers);
        set(&self.gauges.behind, status.behind);
        set(&self.gauges.search_behind, status.search_behind);
        set(&self.gauges.sequence, status.position.map_or(0, |position| position.seq));
        for (counter, (_, _, value)) in self.counters.iter().zip(counts.all()) {
            counter.inner().store(value, Ordering::Relaxed);
        }
        self.sources.set(sources, now);
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        if encode(&mut text, &registry).is_err() {
            text.clear();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused_before_logging_begins() {
        let error = start_logging("dela=loud", LogFormat::Text).unwrap_err();
        assert!(error.to_string().starts_with("dela=loud is not a log filter"), "{error}");
    }
}
