//! A node that gives canned answers: the bodies are the API's own types, so
//! that they cannot drift from it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use dela_protocol::api::{
    AgencyList, AgencyState, AgencySummary, Change, ChangeKind, CheckReport, CutOff, DatasetKind,
    DatasetSummary, DatasetView, Event, EventKind, Facet, FacetValue, FederationStatus, Finding,
    ImportReport, KnownNode, NodeList, NodeState, NotCarried, Outcome, Peer, PeerList, Problem,
    Proof, Provenance, PublishReport, SearchPage, Severity, Source, SourceError, SourceKind,
    SourceList, SourceReport, SourceRun, SourceState, SourcesStatus, Status, Strike, Suspicion,
    Throttled, TokenFile, Waiting,
};
use dela_protocol::dcat::{Contact, Distribution, Resource, Text};
use dela_protocol::id::{AgencyId, Digest, EntityId, FederationId, NodeId, RecordId};
use dela_protocol::record::Position;
use dela_protocol::time::Timestamp;
use serde::Serialize;

/// The token the node wants.
pub(crate) const TOKEN: &str = "5f3a90b1c2d3";

/// The id of the dataset the node has, in full.
pub(crate) const ID: &str = "3fa4b21c3fa4b21c3fa4b21c3fa4b21c";

/// The bytes of its record; some would act on a terminal.
pub(crate) const RECORD: &[u8] = &[0xd2, 0x84, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x00, 0xff];

/// Its RDF.
pub(crate) const TURTLE: &str =
    "<https://data.example.org/d/1> a <http://www.w3.org/ns/dcat#Dataset> .\n";

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    /// Method and path with query: `GET /api/v1/status`.
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer.
pub(crate) struct Canned {
    status: u16,
    media_type: &'static str,
    body: Vec<u8>,
    /// How many bytes it promises and then does not send.
    missing: usize,
}

impl Canned {
    pub(crate) fn new(status: u16, media_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, media_type, body: body.into(), missing: 0 }
    }

    /// Returns an answer that breaks off.
    pub(crate) fn broken_off(self) -> Self {
        Self { missing: 1_000, ..self }
    }

    pub(crate) fn json(value: &impl Serialize) -> Self {
        Self::new(200, "application/json", serde_json::to_vec(value).unwrap())
    }

    pub(crate) fn problem(status: u16, kind: &str, detail: &str, hint: &str) -> Self {
        let problem = Problem {
            problem_type: format!("/problems/{kind}"),
            title: "Not possible".to_owned(),
            status,
            detail: detail.to_owned(),
            hint: Some(hint.to_owned()),
            line: (kind == "bad-content").then_some(12),
            findings: Vec::new(),
        };
        Self::new(status, "application/problem+json", serde_json::to_vec(&problem).unwrap())
    }
}

impl Canned {
    /// Returns the refusal of what has an error and should have none.
    fn faulty() -> Self {
        let mut answer = Self::problem(422, "faulty", "the check finds 1 error", "mend it");
        let mut problem: Problem = serde_json::from_slice(&answer.body).unwrap();
        problem.findings = vec![finding(Severity::Error, Some(12))];
        answer.body = serde_json::to_vec(&problem).unwrap();
        answer
    }
}

/// A listening node.
pub(crate) struct FakeNode {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl FakeNode {
    /// Starts a node that has one agency and a few datasets.
    pub(crate) fn start() -> Self {
        Self::answering(answer)
    }

    /// Starts one that answers so; it ends with the test.
    pub(crate) fn answering(answer: impl Fn(&Received) -> Canned + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { url, received }
    }

    /// Returns the requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Runs `dela` against this node.
    pub(crate) fn dela(&self, arguments: &[&str]) -> Ended {
        dela(&[&["--node", &self.url], arguments].concat(), &[])
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Received>>, answer: &impl Fn(&Received) -> Canned) {
    let mut lines = BufReader::new(stream);
    let mut writer = stream;
    let mut request = Received::default();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) => {
                request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            None => line.trim_end_matches(" HTTP/1.1").clone_into(&mut request.line),
        }
    }
    if request.headers.contains_key("expect") {
        drop(writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n"));
    }
    let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    drop(lines.take(length).read_to_end(&mut request.body));
    let Canned { status, media_type, body, missing } = answer(&request);
    log.lock().unwrap().push(request);
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len() + missing
    );
    drop(writer.write_all(&[head.as_bytes(), &body].concat()));
}

/// How a run of `dela` ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) bytes: Vec<u8>,
}

impl Ended {
    /// Asserts success and returns what was written.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }
}

/// Runs `dela` with no environment but this.
pub(crate) fn dela(arguments: &[&str], environment: &[(&str, &Path)]) -> Ended {
    let ended = Command::new(env!("CARGO_BIN_EXE_dela"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        code: ended.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        bytes: ended.stdout,
    }
}

/// Answers as a node does.
pub(crate) fn answer(request: &Received) -> Canned {
    let (path, query) = request.line.split_once('?').unwrap_or((&request.line, ""));
    let short = "/api/v1/datasets/3fa4b21c";
    match path {
        "GET /api/v1/status" => Canned::json(&status()),
        "GET /api/v1/datasets" if query.contains("q=kattskott") || query.contains("nowhere") => {
            Canned::json(&SearchPage {
                total: 0,
                datasets: vec![],
                facets: vec![],
                next: None,
                corrected: None,
            })
        }
        "GET /api/v1/datasets" => Canned::json(&page(query)),
        "GET /api/v1/events" if query.contains("after=1") => Canned::problem(
            410,
            "gone",
            "changes before 40 are no longer known",
            "leave out `after`",
        ),
        "GET /api/v1/agencies" => {
            Canned::json(&AgencyList { agencies: vec![agency(1), agency(2)], next: None })
        }
        "GET /api/v1/peers" => {
            Canned::json(&PeerList { peers: vec![peer()], cut_off: vec![cut_off()] })
        }
        "GET /api/v1/nodes" => Canned::json(&NodeList { nodes: known() }),
        "GET /api/v1/events" => Canned::new(200, "text/event-stream", events()),
        path if path.contains("/api/v1/sources") && !is_authorised(request) => {
            Canned::problem(401, "unauthorized", "the token is not this node's", "send it")
        }
        path if path.contains("/api/v1/sources") => sources(path, query),
        "POST /api/v1/check" => Canned::json(&check(&request.body)),
        "POST /api/v1/imports" | "POST /api/v1/datasets" if !is_authorised(request) => {
            Canned::problem(401, "unauthorized", "the token is not this node's", "send it")
        }
        "POST /api/v1/imports" => import(request, query),
        "POST /api/v1/datasets" if query.contains("strict=true") => Canned::faulty(),
        "POST /api/v1/datasets" => Canned::json(&published(ChangeKind::Created)),
        path if path == format!("DELETE /api/v1/datasets/{ID}") => {
            Canned::json(&published(ChangeKind::Withdrawn))
        }
        path if path == format!("GET /dataset/{ID}.ttl") => Canned::new(200, "text/turtle", TURTLE),
        path if path.ends_with("/catalogue") => Canned::new(200, "text/turtle", TURTLE),
        path if path.starts_with(&format!("GET /api/v1/agencies/{}", agency(1).id)) => {
            Canned::json(&agency(1))
        }
        path if path.contains(short) && path.ends_with("/record") => {
            Canned::new(200, "application/cose", RECORD)
        }
        path if path.contains(short) && path.ends_with("/proof") => Canned::json(&proof()),
        path if path.contains(short) => Canned::json(&view()),
        _ => Canned::problem(404, "not-found", "no dataset has that id", "search for it"),
    }
}

fn is_authorised(request: &Received) -> bool {
    request.headers.get("authorization").is_some_and(|sent| *sent == format!("Bearer {TOKEN}"))
}

/// A source that is in step, and one that lost half of what it had.
fn source(number: u8) -> Source {
    let is_well = number == 1;
    let run = SourceRun {
        started_at: at(),
        took_ms: 1_250,
        outcome: if is_well { Outcome::NotModified } else { Outcome::TakenIn },
        created: if is_well { 0 } else { 2 },
        changed: 0,
        withdrawn: 0,
        unchanged: 0,
        left: 0,
        error: None,
    };
    let waiting = Waiting {
        records: 412,
        datasets: 412,
        since: at(),
        withdrawn_after: Some(at().after(std::time::Duration::from_secs(7 * 24 * 60 * 60))),
        suspicion: Some(Suspicion::Shrunk),
        held_back: 0,
    };
    Source {
        id: if is_well { "5ac2f1d0" } else { "77b3e09a" }.to_owned(),
        address: format!("https://data.example.org/{number}/dcat.rdf"),
        kind: SourceKind::Auto,
        every_minutes: 360,
        grace_hours: 72,
        strict: false,
        paused: false,
        added_at: at(),
        state: if is_well { SourceState::InStep } else { SourceState::Suspicious },
        records: 1_160,
        running_since: None,
        attempted_at: Some(at()),
        succeeded_at: Some(at()),
        next_run_at: Some(at().after(std::time::Duration::from_secs(6 * 60 * 60))),
        error: None,
        failures: 0,
        waiting: Some(waiting).filter(|_| !is_well),
        runs: vec![run],
    }
}

fn sources(path: &str, query: &str) -> Canned {
    let (method, path) = path.split_once(' ').unwrap();
    let mut reported = SourceReport {
        run: SourceRun {
            outcome: Outcome::TakenIn,
            created: 3,
            changed: 1,
            ..source(1).runs[0].clone()
        },
        report: None,
        source: source(1),
    };
    match (method, path.trim_start_matches("/api/v1/sources")) {
        ("GET", "") => Canned::json(&SourceList { sources: vec![source(1), source(2)] }),
        ("POST", "") => {
            Canned::new(201, "application/json", serde_json::to_vec(&source(1)).unwrap())
        }
        (_, path) if path.starts_with("/ffffffff") => Canned::problem(
            404,
            "not-found",
            "there is no source ffffffff",
            "`dela sources` lists them",
        ),
        ("POST", "/5ac2f1d0/run") => Canned::json(&reported),
        ("POST", "/77b3e09a/run") if !query.contains("dry_run") => {
            reported.run.outcome = Outcome::Failed;
            reported.run.error = Some(SourceError {
                reason: "https://data.example.org/2/dcat.rdf answered 500".to_owned(),
                hint: Some("the server failed; the node asks again".to_owned()),
                line: None,
                findings: Vec::new(),
            });
            Canned::json(&reported)
        }
        ("POST", "/77b3e09a/run") => Canned::json(&SourceReport { source: source(2), ..reported }),
        ("POST", "/77b3e09a/accept") => {
            reported.run.withdrawn = 412;
            let source = Source { state: SourceState::InStep, waiting: None, ..source(2) };
            Canned::json(&SourceReport { source, ..reported })
        }
        (_, path) if path.starts_with("/77b3e09a") => Canned::json(&source(2)),
        ("PATCH", _) => {
            let state = SourceState::Paused;
            let every_minutes = 24 * 60;
            let paused =
                Source { every_minutes, paused: true, next_run_at: None, state, ..source(1) };
            Canned::json(&paused)
        }
        _ => Canned::json(&source(1)),
    }
}

fn import(request: &Received, query: &str) -> Canned {
    let body = String::from_utf8_lossy(&request.body);
    if body.contains("broken") {
        let detail = "expected a dot or semicolon, found `broken`";
        return Canned::problem(422, "bad-content", detail, "end the statement with a dot");
    }
    if body.contains("untitled") && query.contains("strict=true") {
        return Canned::faulty();
    }
    if body.contains("half") && !query.contains("allow_shrink=true") {
        let detail = "this would withdraw 31 of 62 datasets";
        return Canned::problem(409, "shrink", detail, "send allow_shrink=true");
    }
    Canned::json(&report(query.contains("dry_run=true")))
}

fn text(text: &str, language: &str) -> Text {
    Text { text: text.to_owned(), language: Some(language.to_owned()) }
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-01T08:30:00.125Z").unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn status() -> Status {
    Status {
        version: "0.1.0".to_owned(),
        state: NodeState::Ready,
        recovery: None,
        reason: None,
        federation: FederationStatus {
            id: FederationId::from_bytes([7; 32]),
            name: "dela".to_owned(),
        },
        node: NodeId::from_bytes([9; 32]),
        addresses: names(&["/ip4/127.0.0.1/tcp/4801/p2p/12D3KooWExample"]),
        agency: agency(1).id,
        agency_name: agency(1).name,
        root: Digest::from_bytes([5; 32]),
        agencies: 2,
        datasets: 1_159,
        records: 1_161,
        peers: 1,
        behind: 0,
        search_behind: 0,
        position: Some(Position { epoch: 0, seq: 63 }),
        sources: SourcesStatus { total: 2, failing: 0, refused: 0, suspicious: 1 },
        started_at: at(),
    }
}

fn agency(number: u8) -> AgencySummary {
    let name = if number == 1 { "Sjöviks kommun" } else { "Fjällboda kommun" };
    AgencySummary {
        id: AgencyId::from_bytes([number; 32]),
        name: name.to_owned(),
        homepage: Some("https://www.example.org/".to_owned()),
        own: number == 1,
        state: AgencyState::Complete,
        datasets: 1_128,
        records: 1_130,
        bytes: 2_400_000,
        position: Position { epoch: 0, seq: 63 },
        announced: None,
        throttled: None,
        head: None,
        digest: Digest::from_bytes([6; 32]),
        confirmed_at: Some(at()),
        fork: None,
        confirm_by: None,
        profile: None,
        keys: None,
    }
}

fn summary() -> DatasetSummary {
    DatasetSummary {
        id: ID.parse().unwrap(),
        iri: "https://data.example.org/d/1".to_owned(),
        kind: DatasetKind::Dataset,
        title: vec![text("Badvatten", "sv"), text("Bathing water", "en")],
        description: vec![text("Samples from the beaches of the summer.", "en")],
        keyword: vec![text("badplats", "sv")],
        agency: agency(1).id,
        agency_name: agency(1).name,
        formats: names(&["CSV", "GeoJSON"]),
        licences: names(&["CC0-1.0"]),
        themes: names(&["ENVI"]),
        modified: "2026-02-27".to_owned(),
        verified: true,
        provenance: Provenance {
            record: RecordId::from_bytes([3; 32]),
            position: Position { epoch: 0, seq: 12 },
            key: "ab".repeat(32),
            issued_at: at(),
            signature_valid: true,
            confirmed_at: Some(at()),
            stale: false,
        },
    }
}

fn second() -> DatasetSummary {
    DatasetSummary {
        id: EntityId::from_bytes([0x44; 16]),
        title: vec![text("Befolkning efter ålder och kön", "sv")],
        agency_name: agency(2).name,
        agency: agency(2).id,
        formats: vec![],
        ..summary()
    }
}

/// Two hits in all, on two pages when asked for one.
fn page(query: &str) -> SearchPage {
    let is_single = query.contains("limit=1") && !query.contains("limit=100");
    let (datasets, next) = match (query.contains("after="), is_single || query.contains("paged")) {
        (true, _) => (vec![second()], None),
        (false, true) => (vec![summary()], Some("c2".to_owned())),
        (false, false) => (vec![summary(), second()], None),
    };
    if query.contains("q=evil") {
        let title = vec![text("Evil \u{1b}[31m\u{202e}title", "en")];
        let datasets = vec![DatasetSummary { title, ..summary() }];
        return SearchPage { total: 1, datasets, facets: vec![], next: None, corrected: None };
    }
    if query.contains("iri=") {
        let mut datasets = vec![summary()];
        if query.contains("twice") {
            datasets.push(second());
        }
        let total = u64::try_from(datasets.len()).unwrap();
        return SearchPage { total, datasets, facets: vec![], next: None, corrected: None };
    }
    let value = |value: &str, label: &str, count| FacetValue {
        value: value.to_owned(),
        label: label.to_owned(),
        count,
    };
    let facets = vec![
        Facet {
            name: "agency".to_owned(),
            values: vec![value(&agency(1).id.to_string(), "Sjöviks kommun", 1)],
        },
        Facet { name: "format".to_owned(), values: vec![value("CSV", "CSV", 2)] },
    ];
    SearchPage { total: 2, datasets, facets, next, corrected: None }
}

fn view() -> DatasetView {
    let resource = Resource {
        iri: summary().iri,
        title: summary().title,
        description: summary().description,
        keyword: vec![text("bad", "sv")],
        contact_point: vec![Contact {
            name: names(&["Miljöenheten"]),
            email: names(&["miljo@example.org"]),
            ..Contact::default()
        }],
        distribution: vec![Distribution {
            title: vec![text("Samples as CSV", "en")],
            access_url: names(&["https://data.example.org/d/1"]),
            download_url: names(&["https://data.example.org/d/1.csv"]),
            media_type: names(&["text/csv"]),
            ..Distribution::default()
        }],
        ..Resource::default()
    };
    DatasetView { summary: summary(), resource, triples: 23, related: vec![], earlier: vec![] }
}

fn proof() -> Proof {
    Proof {
        cose_sign1: "d28443a10127".to_owned(),
        external_aad: "64656c61".to_owned(),
        key: "ab".repeat(32),
        agency: agency(1).id,
        statements: names(&["d284"]),
        head: "d28443".to_owned(),
        record: RecordId::from_bytes([3; 32]),
    }
}

fn strike() -> Strike {
    Strike { at: at(), reason: "sent a record that nobody asked for".to_owned() }
}

fn cut_off() -> CutOff {
    CutOff { node: NodeId::from_bytes([9; 32]), at: at(), strikes: vec![strike(); 3] }
}

fn peer() -> Peer {
    Peer {
        node: NodeId::from_bytes([8; 32]),
        peer_id: "12D3KooWExample".to_owned(),
        address: "/ip4/127.0.0.1/tcp/4803".to_owned(),
        outbound: true,
        software: Some("delad/0.1.0".to_owned()),
        connected_at: at(),
        reconciled_at: Some(at()),
        same_root: Some(true),
        bytes_received: 2_411_724,
        bytes_sent: 61_440,
        records_received: 1_128,
        records_sent: 31,
        announcements: 40,
        requests: 12,
        throttled: Some(Throttled { count: 7, since: Some(at()) }),
        strikes: 1,
        last_strikes: vec![strike()],
    }
}

fn known() -> Vec<KnownNode> {
    let bare = KnownNode {
        node: NodeId::from_bytes([9; 32]),
        peer_id: "12D3KooWOther".to_owned(),
        addresses: Vec::new(),
        agency: None,
        configured: false,
        connected: true,
        reached_at: None,
        failed_at: None,
        failures: 0,
        next_try_at: None,
        issued_at: Some(at()),
        expires_at: Some(at()),
    };
    let gone = KnownNode {
        node: NodeId::from_bytes([8; 32]),
        peer_id: "12D3KooWExample".to_owned(),
        addresses: vec!["/dns/node.example.se/tcp/4801".to_owned()],
        agency: Some(agency(1).id),
        connected: false,
        reached_at: Some(at()),
        failures: 3,
        next_try_at: Some(at()),
        ..bare.clone()
    };
    vec![gone, bare]
}

fn events() -> String {
    let event = |number, event| Event {
        number,
        at: at(),
        event,
        created: number == 41,
        agency: agency(1).id,
        agency_name: agency(1).name,
        id: summary().id,
        iri: summary().iri,
        title: "Badvatten".to_owned(),
    };
    [event(41, EventKind::Published), event(42, EventKind::Withdrawn)].iter().fold(
        ": welcome\n\n".to_owned(),
        |stream, event| {
            let json = serde_json::to_string(event).unwrap();
            format!("{stream}id: {}\ndata: {json}\n\n", event.number)
        },
    )
}

fn finding(severity: Severity, line: Option<u64>) -> Finding {
    Finding {
        path: None,
        why: String::new(),
        severity,
        rule: "dataset-title".to_owned(),
        subject: "https://data.example.org/d/1".to_owned(),
        line,
        message: "the dataset has no title".to_owned(),
        remedy: "add dcterms:title with a language".to_owned(),
    }
}

fn check(body: &[u8]) -> CheckReport {
    let mut findings = vec![finding(Severity::Warning, None)];
    let errors = u64::from(String::from_utf8_lossy(body).contains("broken"));
    if errors > 0 {
        findings.insert(0, finding(Severity::Error, Some(12)));
    }
    CheckReport {
        format: "turtle".to_owned(),
        triples: 240,
        datasets: 31,
        errors,
        warnings: 1,
        findings,
    }
}

fn report(dry_run: bool) -> ImportReport {
    ImportReport {
        dry_run,
        format: "turtle".to_owned(),
        triples: 24_012,
        datasets: 1_159,
        data_services: 2,
        dataset_series: 0,
        catalogues: 1,
        distributions: 4_100,
        created: 1,
        changed: 0,
        withdrawn: 1,
        unchanged: 1_160,
        changes: vec![
            Change {
                change: ChangeKind::Created,
                kind: DatasetKind::Dataset,
                id: summary().id,
                iri: summary().iri,
                title: "Badvatten".to_owned(),
            },
            Change {
                change: ChangeKind::Withdrawn,
                kind: DatasetKind::Dataset,
                id: second().id,
                iri: "https://data.example.org/d/2".to_owned(),
                title: String::new(),
            },
        ],
        not_carried: NotCarried {
            triples: 3,
            subjects: names(&["https://data.example.org/vocabulary (belongs to no dataset)"]),
        },
        warnings: vec![finding(Severity::Warning, Some(12))],
        position: Some(Position { epoch: 0, seq: 65 }),
    }
}

fn published(change: ChangeKind) -> PublishReport {
    PublishReport {
        id: summary().id,
        iri: summary().iri,
        title: "Badvatten".to_owned(),
        change: Some(change),
        warnings: vec![],
        position: Position { epoch: 0, seq: 66 },
    }
}

/// The answer of a node that tells where its token lies.
pub(crate) fn token_file(path: &Path) -> Canned {
    Canned::json(&TokenFile { path: path.to_str().unwrap().to_owned() })
}
