//! [`Fetch`] over HTTP, by ureq.
//!
//! The addresses of connections are judged where names are looked up, so that
//! the address judged is the one connected to, whatever a name server answers
//! the next time (DNS rebinding). Redirects are followed here and not by ureq:
//! each is a new question, judged like the first.
//!
//! Invariants, beside those of the port:
//! - A private address is connected to only if the operator listed it and named
//!   its host as the source: neither a redirect nor a link in a catalogue
//!   leads inside.
//! - No proxy, cookie or credential comes from the environment or an answer.
//! - Every wait ends: for a name, a connection, an answer, the next bytes, and
//!   all of them together.

use core::net::IpAddr;
use core::time::Duration;
use std::io::{self, Read as _};
use std::time::{Instant, SystemTime};

use tokio_util::sync::CancellationToken;
use ureq::config::Config;
use ureq::http::{HeaderMap, StatusCode, Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

use super::address::{self, Address};
use super::{Answer, Document, Fetch, FetchError, Networks, Request, Validators, is_public};

/// How often an address may lead on; browsers follow 20, catalogues need 2: to
/// https, and to where they have moved.
const REDIRECTS_MAX: usize = 5;

/// The most bytes before the body: sites with many cookies send 16 KB.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The longest validator kept: an `ETag` is a hash, a few are two.
const VALIDATOR_BYTES_MAX: usize = 1024;

/// The longest that a server can ask to be left alone: what is longer is a
/// mistake, and would make the source forgotten.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How many bytes are read between two looks at the clock.
const CHUNK_BYTES: usize = 64 * 1024;

/// How long the parts of an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To find the host and connect, TLS included.
    pub connect: Duration,
    /// Before the first bytes of an answer, and between any two pieces of it.
    /// Portals that make a whole catalogue on demand take a minute or two.
    pub pause: Duration,
    /// One document, with its redirects: 64 MiB over 2 Mbit/s.
    pub document: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            pause: Duration::from_secs(2 * 60),
            document: Duration::from_secs(5 * 60),
        }
    }
}

/// The web, as one run of one source sees it.
#[derive(Debug)]
pub struct Web {
    agent: Agent,
    limits: Limits,
    deadline: Instant,
    stop: CancellationToken,
}

impl Web {
    /// Opens the web for the source at `address`, the host of which may be
    /// private if it is in `networks`. Nothing is asked after `deadline`, or
    /// when `stop` is cancelled. `contact` is where those who are asked can
    /// read who asks.
    pub fn new(
        address: &str,
        networks: Networks,
        limits: Limits,
        deadline: Instant,
        stop: CancellationToken,
        contact: Option<&str>,
    ) -> Self {
        let named = address.parse().map(|uri| address::host(&uri)).unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        let config = Config::builder()
            .user_agent(match contact {
                Some(contact) => format!("Dela/{version} (+{contact})"),
                None => format!("Dela/{version} (open data catalogue)"),
            })
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.pause))
            .timeout_per_read(Some(limits.pause))
            .build();
        let resolver = Gate { inner: DefaultResolver::default(), networks, named };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, limits, deadline, stop }
    }

    /// Asks one address, without following where it leads.
    fn ask(
        &self,
        address: &Address,
        request: &Request<'_>,
        deadline: Instant,
    ) -> Result<Step, FetchError> {
        let failed = |error| failure(address, request.bytes_max, error);
        let mut asked = self.agent.get(address.as_str()).header(header::ACCEPT, request.accept);
        if let Some(known) = request.known {
            if let Some(etag) = &known.etag {
                asked = asked.header(header::IF_NONE_MATCH, etag);
            }
            if let Some(modified) = &known.last_modified {
                asked = asked.header(header::IF_MODIFIED_SINCE, modified);
            }
        }
        let left = self.left(address, deadline)?;
        let asked = asked.config().timeout_global(Some(left)).build();
        let mut response = asked.call().map_err(failed)?;
        let status = response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if request.known.is_some() => {
                return Ok(Step::Answered(Answer::NotModified));
            }
            _ if is_redirect(status) => {
                let location = text(response.headers(), header::LOCATION).unwrap_or_default();
                return Ok(Step::Elsewhere(address.onward(&location)?));
            }
            _ => return Err(refusal(address, status, response.headers())),
        }
        let headers = response.headers();
        let document = Document {
            address: address.as_str().to_owned(),
            media_type: text(headers, header::CONTENT_TYPE),
            validators: Validators {
                etag: text(headers, header::ETAG).filter(|etag| is_short(etag)),
                last_modified: text(headers, header::LAST_MODIFIED).filter(|text| is_short(text)),
            },
            body: Vec::new(),
        };
        // What ureq has unpacked, it no longer mentions.
        if let Some(coding) = text(headers, header::CONTENT_ENCODING)
            && !coding.eq_ignore_ascii_case("identity")
        {
            let coding: String = coding.chars().take(40).collect();
            let error = format!("it is packed as {coding}, which was not asked for");
            return Err(unreachable(address, io::Error::new(io::ErrorKind::InvalidData, error)));
        }
        let body = self.body(address, response.body_mut(), request.bytes_max, deadline)?;
        Ok(Step::Answered(Answer::Found(Document { body, ..document })))
    }

    /// Reads a body to its end, which must come in time.
    fn body(
        &self,
        address: &Address,
        body: &mut Body,
        bytes_max: usize,
        deadline: Instant,
    ) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut reader = body.with_config().limit(u64::MAX).reader();
        loop {
            self.left(address, deadline)?;
            let read = match reader.read(&mut chunk) {
                Ok(0) => return Ok(bytes),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failure(address, bytes_max, error.into())),
            };
            if bytes.len() + read > bytes_max {
                return Err(FetchError::TooLong { address: address.shown(), bytes_max });
            }
            bytes.extend(chunk.iter().take(read));
        }
    }

    /// Returns how much time is left.
    fn left(&self, address: &Address, deadline: Instant) -> Result<Duration, FetchError> {
        if self.stop.is_cancelled() {
            let error = io::Error::new(io::ErrorKind::Interrupted, "the run was cancelled");
            return Err(unreachable(address, error));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let error = io::Error::new(io::ErrorKind::TimedOut, "it took too long");
            return Err(unreachable(address, error));
        }
        Ok(left)
    }
}

impl Fetch for Web {
    fn get(&self, request: &Request<'_>) -> Result<Answer, FetchError> {
        let deadline = self.deadline.min(Instant::now() + self.limits.document);
        let first = Address::read(request.address)?;
        let mut address = first.clone();
        for _ in 0..=REDIRECTS_MAX {
            match self.ask(&address, request, deadline)? {
                Step::Answered(answer) => return Ok(answer),
                Step::Elsewhere(next) => address = next,
            }
        }
        Err(FetchError::Refused {
            address: first.shown(),
            reason: format!("it leads on more than {REDIRECTS_MAX} times"),
        })
    }
}

/// What one question led to.
enum Step {
    Answered(Answer),
    Elsewhere(Address),
}

/// Returns whether a status leads to another address. The national portal does
/// not follow 302; much of the web sends it and means 307, and following it
/// harms nobody.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn is_short(text: &str) -> bool {
    text.len() <= VALIDATOR_BYTES_MAX
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn refusal(address: &Address, status: StatusCode, headers: &HeaderMap) -> FetchError {
    let retry_after = text(headers, header::RETRY_AFTER).and_then(|text| seconds(&text));
    FetchError::Status { address: address.shown(), status: status.as_u16(), retry_after }
}

/// Reads how long to wait: a number of seconds, or a date.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        until.duration_since(SystemTime::now()).unwrap_or_default()
    };
    Some(wait.min(RETRY_AFTER_MAX).as_secs())
}

fn unreachable(address: &Address, source: io::Error) -> FetchError {
    FetchError::Unreachable { address: address.shown(), source }
}

/// Says in words of people why there is no answer.
fn failure(address: &Address, bytes_max: usize, error: ureq::Error) -> FetchError {
    let said = |kind, text: &str| unreachable(address, io::Error::new(kind, text));
    match error {
        ureq::Error::Other(other) => match other.downcast::<Inside>() {
            Ok(inside) => {
                FetchError::Refused { address: address.shown(), reason: inside.to_string() }
            }
            Err(other) => unreachable(address, io::Error::other(other)),
        },
        ureq::Error::BodyExceedsLimit(_) => {
            FetchError::TooLong { address: address.shown(), bytes_max }
        }
        ureq::Error::Timeout(_) => said(io::ErrorKind::TimedOut, "it took too long"),
        ureq::Error::HostNotFound => said(io::ErrorKind::NotFound, "there is no host of that name"),
        ureq::Error::ConnectionFailed => {
            said(io::ErrorKind::NotConnected, "no connection could be made")
        }
        ureq::Error::Decompress(_, error) => {
            said(error.kind(), &format!("what it sent cannot be unpacked: {error}"))
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => said(error.kind(), "the connection is refused"),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => {
                said(error.kind(), "the connection broke before the answer was whole")
            }
            _ => unreachable(address, error),
        },
        other => unreachable(address, io::Error::other(other)),
    }
}

/// The host is at an address that is not to be connected to.
#[derive(Debug, thiserror::Error)]
enum Inside {
    #[error("its host is at {0}, which is not on the public Internet and not in `source_networks`")]
    NotListed(IpAddr),
    #[error(
        "its host is at {0}, which is not on the public Internet, and the source does not name \
         that host itself"
    )]
    NotNamed(IpAddr),
}

/// Looks names up, and lets only addresses through that may be connected to.
#[derive(Debug)]
struct Gate {
    inner: DefaultResolver,
    networks: Networks,
    named: String,
}

impl Gate {
    fn judge(&self, host: &str, address: IpAddr) -> Result<(), Inside> {
        if is_public(address) {
            Ok(())
        } else if !self.networks.contains(address) {
            Err(Inside::NotListed(address))
        } else if host != self.named {
            Err(Inside::NotNamed(address))
        } else {
            Ok(())
        }
    }
}

impl Resolver for Gate {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let host = address::host(uri);
        let mut passed = self.empty();
        let mut refused = None;
        for address in &found {
            match self.judge(&host, address.ip()) {
                Ok(()) => passed.push(*address),
                Err(inside) => refused = Some(inside),
            }
        }
        match refused {
            Some(inside) if passed.is_empty() => Err(ureq::Error::Other(Box::new(inside))),
            _ => Ok(passed),
        }
    }
}

#[cfg(test)]
mod tests;
