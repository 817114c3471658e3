//! The client of a node: one blocking method per endpoint.
//!
//! Invariant: an answer is either what the endpoint promises, whole, or a
//! [`ClientError`] that says which of the two sides to look at. Nothing is
//! followed to another server: the token goes to the node and nowhere else.

mod address;
mod error;
mod events;
mod federation;
mod sources;
mod token;

use std::io::{self, Read};
use std::time::Duration;

use dela_protocol::api::{
    AgencyInsightList, AgencyList, AgencySummary, CheckReport, DatasetQuality, DatasetView,
    EventList, FederationReport, ImportReport, InsightReport, NewDataset, NodeList, PeerList,
    Problem, Proof, PublishReport, QualityReport, SearchPage, Status, TokenFile,
};
use serde::de::DeserializeOwned;
use ureq::http::{Method, Request, Response, StatusCode, header};
use ureq::{Agent, AsSendBody, Body, RequestExt as _, SendBody};

pub use address::NodeAddress;
pub use error::ClientError;
pub use events::{Events, ServerEvent};
pub use token::{TokenError, TokenSource};

use crate::format::{InputFormat, OutputFormat, Profile};

/// How long a node may take to accept a connection: across the world it is half
/// a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a node may take to begin its answer. It answers in milliseconds;
/// what takes a minute has failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a node may take to read and sign a whole catalogue: a thousand
/// datasets take seconds, 64 MiB a few minutes. Where it fetches the catalogue
/// itself it gives up after fifty minutes, and then says so.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// How long an answer may pause between two reads.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest JSON answer read: a page of 100 datasets with descriptions in
/// full is some 2 MiB, a proof with all its statements 1 MiB.
const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The longest signed record read: twice what the protocol allows, so that a
/// node that breaks the rule is found out by whoever checks the record.
const RECORD_BYTES_MAX: u64 = 2 * dela_protocol::limits::RECORD_BYTES_MAX as u64;

/// From this length on, the node is asked whether it wants a body before it is
/// sent, so that a refusal is heard and not drowned.
const ASK_FIRST_BYTES: u64 = 1024 * 1024;

/// A client of one node.
#[derive(Debug, Clone)]
pub struct Client {
    node: NodeAddress,
    agent: Agent,
    token: TokenSource,
}

/// What a node answered: the value, and its own JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What this version reads in it.
    pub value: T,
    /// The answer as the node wrote it, with what later versions have added.
    pub json: String,
}

/// What to look for, as `GET /api/v1/datasets` takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// The words; none finds everything.
    pub words: String,
    /// Filters: the name of a facet and a value. Several of one facet widen,
    /// those of different facets narrow.
    pub filters: Vec<(&'static str, String)>,
    /// The order; the node's own where it is `None`.
    pub sort: Option<&'static str>,
    /// How many on a page.
    pub limit: Option<usize>,
    /// Where to go on: `next` of the page before.
    pub after: Option<String>,
}

/// RDF on its way to a node.
pub struct Upload<'a> {
    /// The bytes.
    pub body: &'a mut dyn Read,
    /// How many there are.
    pub bytes: u64,
    /// Their media type.
    pub media_type: &'a str,
    /// Their form, if it was said and not guessed.
    pub format: Option<InputFormat>,
    /// What relative IRIs are resolved against.
    pub base: Option<&'a str>,
}

impl core::fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Upload")
            .field("bytes", &self.bytes)
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

/// How to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckOptions {
    /// By whose rules.
    pub profile: Profile,
    /// The language to tell in what is found: `sv` or `en`.
    pub language: &'static str,
}

impl CheckOptions {
    /// Returns what to ask for; the node's own defaults need not be said.
    fn query(self) -> Vec<(&'static str, &'static str)> {
        let language = Some(self.language).filter(|language| *language != "en");
        let language = language.map(|language| ("language", language));
        self.profile.query().iter().copied().chain(language).collect()
    }
}

/// How to import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Only tell what would change.
    pub dry_run: bool,
    /// Also when much of the catalogue would be withdrawn.
    pub allow_shrink: bool,
    /// Not when a check finds errors.
    pub strict: bool,
    /// The language to tell in what is found: `sv` or `en`; the node's own where
    /// it is `None`.
    pub language: Option<&'static str>,
}

impl ImportOptions {
    fn parameters(self) -> Vec<(&'static str, &'static str)> {
        let flags = [
            ("dry_run", self.dry_run),
            ("allow_shrink", self.allow_shrink),
            ("strict", self.strict),
        ];
        let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (name, "true"));
        flags.chain(self.language.map(|language| ("language", language))).collect()
    }
}

/// How to publish one dataset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PublishOptions {
    /// Not when a check finds errors.
    pub strict: bool,
    /// The language to tell in what is found: `sv` or `en`; the node's own where
    /// it is `None`.
    pub language: Option<&'static str>,
}

impl PublishOptions {
    fn parameters(self) -> Vec<(&'static str, &'static str)> {
        let strict = self.strict.then_some(("strict", "true"));
        let language = self.language.map(|language| ("language", language));
        strict.into_iter().chain(language).collect()
    }
}

/// RDF on its way from a node.
pub struct Rdf {
    /// The bytes, as they come.
    pub body: Box<dyn Read + Send>,
    /// How many there are, if the node said so.
    pub bytes: Option<u64>,
}

/// Reads from the node, and says so when that fails: whoever copies it on must
/// not take it for a failure to write.
struct Incoming<R> {
    body: R,
    node: String,
}

impl<R: Read> Read for Incoming<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| {
            let reason = plain(&ureq::Error::from(error));
            io::Error::other(ClientError::BrokenOff { node: self.node.clone(), reason })
        })
    }
}

impl core::fmt::Debug for Rdf {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Rdf").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client of the node at `node`; does not talk to it yet.
    pub fn new(node: NodeAddress) -> Self {
        let mut config = Agent::config_builder()
            .user_agent(concat!("dela/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT));
        if node.is_loopback() {
            config = config.proxy(None);
        }
        Self { node, agent: config.build().into(), token: TokenSource::default() }
    }

    /// Takes the token for writing from there instead of looking for it.
    #[must_use]
    pub fn with_token(mut self, token: TokenSource) -> Self {
        self.token = token;
        self
    }

    /// Returns the node's address.
    pub const fn node(&self) -> &NodeAddress {
        &self.node
    }

    /// `GET /api/v1/status`: how the node is.
    pub fn status(&self) -> Result<Answer<Status>, ClientError> {
        self.get(&["status"], &[])
    }

    /// `GET /api/v1/datasets`: searches.
    pub fn search(&self, query: &SearchQuery) -> Result<Answer<SearchPage>, ClientError> {
        let limit = query.limit.map(|limit| limit.to_string());
        let mut parameters = Vec::new();
        if !query.words.is_empty() {
            parameters.push(("q", query.words.as_str()));
        }
        parameters.extend(query.filters.iter().map(|(name, value)| (*name, value.as_str())));
        parameters.extend(query.sort.map(|sort| ("sort", sort)));
        parameters.extend(limit.as_deref().map(|limit| ("limit", limit)));
        parameters.extend(query.after.as_deref().map(|after| ("after", after)));
        self.get(&["datasets"], &parameters)
    }

    /// `GET /api/v1/datasets?iri=`: the datasets with that IRI, seldom more
    /// than one.
    pub fn datasets_with_iri(&self, iri: &str) -> Result<Answer<SearchPage>, ClientError> {
        self.get(&["datasets"], &[("iri", iri)])
    }

    /// `GET /api/v1/datasets/{id}`: one dataset, by its id or its beginning.
    pub fn dataset(&self, id: &str) -> Result<Answer<DatasetView>, ClientError> {
        self.get(&["datasets", id], &[])
    }

    /// `GET /api/v1/datasets/{id}/proof`: what proves who published it.
    pub fn proof(&self, id: &str) -> Result<Answer<Proof>, ClientError> {
        self.get(&["datasets", id, "proof"], &[])
    }

    /// `GET /api/v1/datasets/{id}/record`: the exact signed bytes.
    pub fn record(&self, id: &str) -> Result<Vec<u8>, ClientError> {
        let url = self.node.url(&["api", "v1", "datasets", id, "record"], &[]);
        let request = Request::get(url).header(header::ACCEPT, "application/cose");
        let mut response = self.send(request, (), None)?;
        self.expect(&mut response, "application/cose")?;
        let body = response.body_mut().with_config().limit(RECORD_BYTES_MAX);
        body.read_to_vec().map_err(|error| self.broken_off(&error))
    }

    /// `GET /dataset/{id}.ttl` and its siblings: one dataset as RDF.
    pub fn dataset_rdf(
        &self,
        id: &str,
        format: OutputFormat,
        profile: Profile,
    ) -> Result<Rdf, ClientError> {
        let file = format!("{id}.{}", format.extension());
        self.rdf(&self.node.url(&["dataset", &file], profile.query()))
    }

    /// `GET /api/v1/agencies/{id}/catalogue`: a whole catalogue as RDF.
    pub fn catalogue_rdf(
        &self,
        agency: &str,
        format: OutputFormat,
        profile: Profile,
    ) -> Result<Rdf, ClientError> {
        let path = ["api", "v1", "agencies", agency, "catalogue"];
        let mut query = vec![("format", format.name())];
        query.extend(profile.query());
        self.rdf(&self.node.url(&path, &query))
    }

    /// `POST /api/v1/imports`: makes the agency's catalogue equal to a file.
    pub fn import(
        &self,
        upload: Upload<'_>,
        options: ImportOptions,
    ) -> Result<Answer<ImportReport>, ClientError> {
        self.post(&["imports"], options.parameters(), upload, true)
    }

    /// `POST /api/v1/check`: tells what should be mended in a file.
    pub fn check(
        &self,
        upload: Upload<'_>,
        options: CheckOptions,
    ) -> Result<Answer<CheckReport>, ClientError> {
        self.post(&["check"], options.query(), upload, false)
    }

    /// `POST /api/v1/datasets`: publishes one dataset.
    pub fn publish(
        &self,
        dataset: &NewDataset,
        options: PublishOptions,
    ) -> Result<Answer<PublishReport>, ClientError> {
        let json = serde_json::to_vec(dataset).expect("a new dataset has only texts");
        let bytes = u64::try_from(json.len()).unwrap_or(u64::MAX);
        let media_type = "application/json";
        let body: &mut dyn Read = &mut json.as_slice();
        self.publish_rdf(Upload { body, bytes, media_type, format: None, base: None }, options)
    }

    /// `POST /api/v1/datasets`: publishes one dataset, described in RDF.
    pub fn publish_rdf(
        &self,
        upload: Upload<'_>,
        options: PublishOptions,
    ) -> Result<Answer<PublishReport>, ClientError> {
        self.post(&["datasets"], options.parameters(), upload, true)
    }

    /// `DELETE /api/v1/datasets/{id}`: withdraws one dataset.
    pub fn withdraw(&self, id: &str, reason: &str) -> Result<Answer<PublishReport>, ClientError> {
        let url = self.node.url(&["api", "v1", "datasets", id], &[("reason", reason)]);
        let token = self.token.find(self)?;
        let request = Request::delete(url).header(header::ACCEPT, "application/json");
        let response = self.send(request, (), Some(&token))?;
        self.read(response, Some(&token))
    }

    /// `GET /api/v1/agencies`: who takes part.
    pub fn agencies(&self, after: Option<&str>) -> Result<Answer<AgencyList>, ClientError> {
        let after = after.map(|after| ("after", after));
        let parameters: Vec<_> = [("limit", "100")].into_iter().chain(after).collect();
        self.get(&["agencies"], &parameters)
    }

    /// `GET /api/v1/agencies/{id}`: one agency.
    pub fn agency(&self, id: &str) -> Result<Answer<AgencySummary>, ClientError> {
        self.get(&["agencies", id], &[])
    }

    /// `GET /api/v1/quality`: what one agency's descriptions score, or all.
    pub fn quality(
        &self,
        agency: Option<&str>,
        language: &str,
    ) -> Result<Answer<QualityReport>, ClientError> {
        let agency = agency.map(|id| ("agency", id));
        let parameters: Vec<_> = [("language", language)].into_iter().chain(agency).collect();
        self.get(&["quality"], &parameters)
    }

    /// `GET /api/v1/insight`: what one agency offers, counted, or all.
    pub fn insight(
        &self,
        agency: Option<&str>,
        language: &str,
    ) -> Result<Answer<InsightReport>, ClientError> {
        let agency = agency.map(|id| ("agency", id));
        let parameters: Vec<_> = [("language", language)].into_iter().chain(agency).collect();
        self.get(&["insight"], &parameters)
    }

    /// `GET /api/v1/insight/agencies`: the same of each agency, side by side.
    pub fn insight_of_agencies(
        &self,
        after: Option<&str>,
    ) -> Result<Answer<AgencyInsightList>, ClientError> {
        let after = after.map(|after| ("after", after));
        let parameters: Vec<_> = [("limit", "100")].into_iter().chain(after).collect();
        self.get(&["insight", "agencies"], &parameters)
    }

    /// `GET /api/v1/federation`: how the federation is.
    pub fn federation(&self) -> Result<Answer<FederationReport>, ClientError> {
        self.get(&["federation"], &[])
    }

    /// `GET /api/v1/events/latest`: what happened last.
    pub fn latest_events(&self, agency: Option<&str>) -> Result<Answer<EventList>, ClientError> {
        let parameters: Vec<_> = agency.map(|id| ("agency", id)).into_iter().collect();
        self.get(&["events", "latest"], &parameters)
    }

    /// `GET /api/v1/datasets/{id}/quality`: what one dataset scores.
    pub fn dataset_quality(
        &self,
        id: &str,
        language: &str,
    ) -> Result<Answer<DatasetQuality>, ClientError> {
        self.get(&["datasets", id, "quality"], &[("language", language)])
    }

    /// `GET /api/v1/peers`: whom the node is connected to.
    pub fn peers(&self) -> Result<Answer<PeerList>, ClientError> {
        self.get(&["peers"], &[])
    }

    /// `GET /api/v1/nodes`: which nodes it knows of.
    pub fn nodes(&self) -> Result<Answer<NodeList>, ClientError> {
        self.get(&["nodes"], &[])
    }

    /// `GET /api/v1/events`: what happens from now on, or after a number.
    pub fn events(&self, after: Option<u64>) -> Result<Events, ClientError> {
        let after = after.map(|after| after.to_string());
        let parameters: Vec<_> =
            after.as_deref().map(|after| ("after", after)).into_iter().collect();
        let url = self.node.url(&["api", "v1", "events"], &parameters);
        let request = Request::get(url).header(header::ACCEPT, "text/event-stream");
        let mut response = self.send(request, (), None)?;
        self.expect(&mut response, "text/event-stream")?;
        Ok(Events::new(response.into_body().into_reader()))
    }

    /// `GET /api/v1/token-file`: where the token lies on this machine.
    pub fn token_file(&self) -> Result<Answer<TokenFile>, ClientError> {
        self.get(&["token-file"], &[])
    }

    fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Answer<T>, ClientError> {
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        self.get_at(&path, query)
    }

    fn get_at<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Answer<T>, ClientError> {
        let request = Request::get(self.node.url(path, query));
        let response = self.send(request.header(header::ACCEPT, "application/json"), (), None)?;
        self.read(response, None)
    }

    fn post<'a, T: DeserializeOwned>(
        &self,
        path: &[&str],
        mut query: Vec<(&'a str, &'a str)>,
        upload: Upload<'a>,
        write: bool,
    ) -> Result<Answer<T>, ClientError> {
        let Upload { body, bytes, media_type, format, base } = upload;
        let token = if write { Some(self.token.find(self)?) } else { None };
        query.extend(format.map(|format| ("format", format.name())));
        query.extend(base.map(|base| ("base", base)));
        let path: Vec<&str> = ["api", "v1"].iter().chain(path).copied().collect();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.node.url(&path, &query))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, media_type)
            .header(header::CONTENT_LENGTH, bytes);
        if bytes >= ASK_FIRST_BYTES {
            request = request.header(header::EXPECT, "100-continue");
        }
        let body = SendBody::from_reader(body);
        let response = self.send(request, body, token.as_ref())?;
        self.read(response, token.as_ref())
    }

    fn rdf(&self, url: &str) -> Result<Rdf, ClientError> {
        let mut response = self.send(Request::get(url), (), None)?;
        if response.status() != StatusCode::OK || media_type(&response) == "text/html" {
            return Err(self.refusal(&mut response, None));
        }
        let body = response.into_body();
        let bytes = body.content_length();
        let body = Incoming { body: body.into_reader(), node: self.node.to_string() };
        Ok(Rdf { body: Box::new(body), bytes })
    }

    fn send(
        &self,
        mut request: ureq::http::request::Builder,
        body: impl AsSendBody,
        token: Option<&token::Token>,
    ) -> Result<Response<Body>, ClientError> {
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.value));
        }
        let is_upload = request.method_ref().is_some_and(|method| method == Method::POST);
        let request = request.body(body).map_err(|error| ClientError::Unreachable {
            node: self.node.to_string(),
            reason: error.to_string(),
        })?;
        let is_stream = request.uri().path().ends_with("/api/v1/events");
        let mut configured = request.with_agent(&self.agent).configure();
        if is_upload {
            configured = configured.timeout_recv_response(Some(IMPORT_TIMEOUT));
        } else if !is_stream {
            configured = configured.timeout_per_read(Some(PAUSE_TIMEOUT));
        }
        configured.run().map_err(|error| self.failure(&error))
    }

    /// Tells apart "nobody there", "not a node" and "went away".
    fn failure(&self, error: &ureq::Error) -> ClientError {
        let node = self.node.to_string();
        match error {
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                ClientError::NotANode { node, found: "it does not speak HTTP".to_owned() }
            }
            ureq::Error::Io(io) if is_broken_off(io.kind()) => self.broken_off(error),
            _ => ClientError::Unreachable { node, reason: plain(error) },
        }
    }

    fn broken_off(&self, error: &ureq::Error) -> ClientError {
        ClientError::BrokenOff { node: self.node.to_string(), reason: plain(error) }
    }

    fn read<T: DeserializeOwned>(
        &self,
        mut response: Response<Body>,
        token: Option<&token::Token>,
    ) -> Result<Answer<T>, ClientError> {
        if !response.status().is_success() || media_type(&response) != "application/json" {
            return Err(self.refusal(&mut response, token));
        }
        let body = response.body_mut().with_config().limit(JSON_BYTES_MAX);
        let json = body.read_to_string().map_err(|error| self.broken_off(&error))?;
        match serde_json::from_str(&json) {
            Ok(value) => Ok(Answer { value, json }),
            Err(error) => {
                Err(ClientError::Unknown { node: self.node.to_string(), reason: error.to_string() })
            }
        }
    }

    /// Passes a response with that media type; any other is a refusal.
    fn expect(&self, response: &mut Response<Body>, expected: &str) -> Result<(), ClientError> {
        if response.status().is_success() && media_type(response) == expected {
            return Ok(());
        }
        Err(self.refusal(response, None))
    }

    fn refusal(&self, response: &mut Response<Body>, token: Option<&token::Token>) -> ClientError {
        let media_type = media_type(response);
        if media_type == "application/problem+json" {
            let body = response.body_mut().with_config().limit(JSON_BYTES_MAX);
            if let Ok(problem) = body.read_json::<Problem>() {
                let token_from = token.map(|token| token.origin.clone());
                return ClientError::Refused { problem: Box::new(problem), token_from };
            }
        }
        let node = self.node.to_string();
        let status = response.status();
        let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let found = match (status.is_redirection(), location) {
            (true, Some(location)) => format!("it sends us on to {location}"),
            _ if media_type == "text/html" => format!("it answers {status} with a web page"),
            _ if media_type.is_empty() => format!("it answers {status}"),
            _ => format!("it answers {status} with {media_type}"),
        };
        ClientError::NotANode { node, found }
    }
}

/// Returns the media type of a response, without parameters.
fn media_type(response: &Response<Body>) -> String {
    response.body().mime_type().unwrap_or_default().to_ascii_lowercase()
}

const fn is_broken_off(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Says what happened on the network in words of people.
pub(crate) fn plain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(io) => match io.kind() {
            std::io::ErrorKind::ConnectionRefused => "the connection is refused".to_owned(),
            std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe
            | std::io::ErrorKind::UnexpectedEof => "the other side closed it".to_owned(),
            _ => io.to_string(),
        },
        ureq::Error::HostNotFound => "there is no host of that name".to_owned(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        ureq::Error::ConnectionFailed => "the connection failed".to_owned(),
        ureq::Error::TooManyRedirects => "it sends us on and on".to_owned(),
        ureq::Error::BodyExceedsLimit(limit) => format!("it is longer than {limit} bytes"),
        other => other.to_string(),
    }
}
