//! A node without a network: a store in a temporary folder, two agencies with
//! fixed keys, and a driver that only signs.

use core::time::Duration;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use axum::Router;
use dela_node::belonging::{Belonging, Home};
use dela_node::config::Config;
use dela_node::council::{self, Council, Place};
use dela_node::domain::Domains;
use dela_node::fetch::{Limits, Networks};
use dela_node::history::History;
use dela_node::http::{Access, App, router};
use dela_node::identity::Identity;
use dela_node::import::{self, ImportOptions};
use dela_node::index::{Index, IndexParts, Live, SearchSource};
use dela_node::opening::Arrival;
use dela_node::publish::{
    Command, CommandRefused, PublishRefused, Published, Publisher, Shares, Withdrawals,
};
use dela_node::rdf::Format;
use dela_node::search::indexer::{Indexer, Source, SourceError};
use dela_node::search::{Document, Search};
use dela_node::source::{Keeper, Reach, Sources};
use dela_node::storage::{Options, SledStore};
use dela_node::telemetry::{Counts, Metrics};
use dela_protocol::agency::{Agency, Keys, Signer, profile_iri};
use dela_protocol::api::{CutOff, KnownNode, Peer, Strike, Throttled};
use dela_protocol::catalogue::Catalogue;
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node as Name, Object};
use dela_protocol::federation::Federation;
use dela_protocol::head::{Commitment, Head};
use dela_protocol::id::{AgencyId, Digest, EntityId, FederationId, HeadId, NodeId};
use dela_protocol::key::SecretKey;
use dela_protocol::record::{Position, Record, RecordKind, Statement};
use dela_protocol::replica::{GateState, Recovery};
use dela_protocol::store::{Batch, Standing, Store as _};
use dela_protocol::time::Timestamp;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(crate) const TOKEN: &str = "hemlig";

/// How long a source may be silent: tests have some that stay so.
const STALL: Duration = Duration::from_millis(500);

/// When everything in the tests is signed.
fn then() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-01T08:00:00Z").unwrap()
}

/// An agency of the tests, and where it stands.
struct TestAgency {
    signer: Signer,
    catalogue: Catalogue,
    confirm_by: Timestamp,
}

/// What the driver of the tests owns.
pub(crate) struct World {
    store: SledStore,
    indexer: Indexer,
    own: TestAgency,
    other: TestAgency,
    live: watch::Sender<Live>,
    stalled: bool,
    pub(crate) commands: u64,
}

/// A node without a network.
pub(crate) struct Node {
    pub(crate) router: Router,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) own: AgencyId,
    pub(crate) other: AgencyId,
    pub(crate) stop: CancellationToken,
    pub(crate) keeper: Keeper,
    pub(crate) withdrawals: Withdrawals,
    pub(crate) index: Index,
    pub(crate) history: History,
    publisher: Publisher,
    dir: TempDir,
}

impl Node {
    /// Puts the node into another federation, of which it knows so much.
    pub(crate) fn govern(&self, federation: Federation) {
        let world = self.world.lock().unwrap();
        world.live.send_modify(|live| live.council = Arc::new(federation));
    }

    /// Makes keys in the data folder, and returns the files in it.
    pub(crate) fn make_keys(&self) -> Vec<OsString> {
        Identity::open(self.dir.path(), false, None, then()).unwrap();
        self.files()
    }

    /// Returns what lies in the data folder, in order.
    pub(crate) fn files(&self) -> Vec<OsString> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<OsString> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    /// Returns the sources as they would be after a restart.
    pub(crate) fn sources_again(&self) -> Sources {
        Sources::open(&self.dir.path().join("sources"), Shares::default()).unwrap()
    }

    /// Returns the withdrawals that wait as they would be after a restart.
    pub(crate) fn withdrawals_again(&self) -> Withdrawals {
        Withdrawals::open(self.dir.path().join("withdrawals"), self.publisher.clone())
    }
}

fn federation() -> FederationId {
    FederationId::open("test")
}

impl TestAgency {
    fn new(seed: u8, confirm_by: &str) -> Self {
        let key = SecretKey::from_bytes(&[seed; 32]);
        let inception = Keys {
            key: key.public(),
            next_key_commitment: SecretKey::from_bytes(&[seed + 1; 32]).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: then(),
        };
        let statement = inception.sign_inception(&key);
        let agency = Agency::open(vec![statement]).unwrap();
        Self {
            signer: Signer::new(&agency, key).unwrap(),
            catalogue: Catalogue::new(agency),
            confirm_by: Timestamp::parse_rfc3339(confirm_by).unwrap(),
        }
    }

    fn id(&self) -> AgencyId {
        self.signer.agency()
    }
}

impl World {
    /// Signs statements of one agency and takes them in, as the driver will.
    fn publish(&mut self, of_own: bool, statements: &[Statement]) -> Position {
        let agency = if of_own { &mut self.own } else { &mut self.other };
        let id = agency.id();
        let mut batch = Batch::of(agency.catalogue.clone(), then());
        for statement in statements {
            let position = batch.catalogue.cursor.next();
            let record = Record::sign(&agency.signer, &federation(), position, statement, then());
            if let Some(old) = self.store.position(&id, &record.entity()).unwrap() {
                batch.catalogue.remove(&self.store.record(&id, old).unwrap().unwrap());
                batch.remove.push(old);
            }
            batch.catalogue.add(&record);
            batch.catalogue.cursor = position;
            batch.put.push((record, Standing::Verified));
        }
        let catalogue = &mut batch.catalogue;
        let position = catalogue.cursor.next();
        let commitment = Commitment {
            position,
            floor: 0,
            live_count: catalogue.live_count,
            withdrawal_count: catalogue.withdrawal_count,
            bytes: catalogue.bytes,
            digest: catalogue.set.digest(),
            previous: catalogue.head.as_ref().map_or(HeadId::NONE, Head::id),
            issued_at: then(),
            heartbeat_by: agency.confirm_by,
        };
        catalogue.head = Some(Head::sign(&agency.signer, &federation(), &commitment));
        catalogue.cursor = position;
        agency.catalogue = batch.catalogue.clone();
        self.store.commit(batch).unwrap();
        self.tell();
        position
    }

    /// Tells of the change, and waits until the search has taken it in.
    fn tell(&self) {
        let last = self.store.reader().last_change().unwrap();
        if self.stalled {
            return;
        }
        let notifier = self.indexer.notifier();
        notifier.notify();
        assert!(notifier.wait_for(last, Duration::from_secs(60)), "the search does not follow");
        self.live.send_modify(|live| live.last_change = last);
    }

    /// Has the other agency publish a dataset.
    pub(crate) fn other_publishes(&mut self, turtle: &str) {
        let statements = statements(turtle, &self.other.id());
        self.publish(false, &statements);
    }

    /// Makes the node one that has come from another federation.
    pub(crate) fn arrive(&self, arrival: Arrival) {
        self.live.send_modify(|live| live.arrival = arrival);
    }

    /// Makes the node wait for its own catalogue.
    pub(crate) fn recover(&self) {
        self.live.send_modify(|live| {
            live.recovery = Some(Recovery {
                state: GateState::Recovering,
                answers: 0,
                held: Position::START,
                newest: Position { epoch: 0, seq: 7 },
                records: 0,
                records_wanted: None,
            });
        });
    }
}

/// Reads Turtle into what an agency says.
fn statements(turtle: &str, agency: &AgencyId) -> Vec<Statement> {
    let options = ImportOptions { format: Some(Format::Turtle.into()), base: None };
    let imported = import::read(turtle.as_bytes(), &options, agency).unwrap();
    let entries = imported.entries.iter();
    entries.map(|entry| Statement::describe(entry.kind, &entry.description)).collect()
}

/// Returns an agency with the key it began with.
pub(crate) fn agency_of(seed: u8) -> (Agency, SecretKey) {
    let agency = TestAgency::new(seed, "2100-01-01T00:00:00Z").catalogue.agency;
    (agency, SecretKey::from_bytes(&[seed; 32]))
}

/// With what the own agency signs for itself.
fn council_keys(own: &TestAgency, folder: &std::path::Path) -> council::Keys {
    council::Keys {
        folder: folder.to_owned(),
        agency: own.catalogue.agency.clone(),
        publishing: SecretKey::from_bytes(&[1; 32]),
        council: council_key(),
        passphrase: None,
        card: council::CardTexts { name: Some("Älvars kommun".to_owned()), ..Default::default() },
    }
}

/// The key with which the own agency votes.
pub(crate) fn council_key() -> SecretKey {
    SecretKey::from_bytes(&[31; 32])
}

fn profile(agency: &AgencyId, name: &str) -> Statement {
    let iri = profile_iri(agency);
    let subject = Name::Iri(iri.clone());
    let homepage = Object::Iri("https://example.org/".to_owned());
    let triples = [
        (subject.clone(), term::FOAF_NAME.to_owned(), Object::in_language(name, "sv")),
        (subject, term::FOAF_HOMEPAGE.to_owned(), homepage),
    ];
    Statement::describe(RecordKind::Profile, &Description::new(&iri, triples).unwrap())
}

fn live() -> Live {
    let peer = Peer {
        node: NodeId::from_bytes([8; 32]),
        peer_id: "12D3KooWExample".to_owned(),
        address: "/ip4/192.0.2.7/tcp/4801".to_owned(),
        outbound: true,
        software: None,
        connected_at: then(),
        reconciled_at: None,
        same_root: None,
        bytes_received: 4_096,
        bytes_sent: 512,
        records_received: 3,
        records_sent: 0,
        announcements: 2,
        requests: 5,
        throttled: Some(Throttled { count: 7, since: None }),
        strikes: 0,
        last_strikes: Vec::new(),
    };
    Live {
        root: Digest::from_bytes([5; 32]),
        node: NodeId::from_bytes([7; 32]),
        addresses: vec!["/ip4/192.0.2.1/tcp/4801/p2p/12D3KooWSelf".to_owned()],
        peers: vec![peer],
        cut_off: vec![CutOff {
            node: NodeId::from_bytes([9; 32]),
            at: then(),
            strikes: vec![Strike {
                at: then(),
                reason: "a head whose signature is wrong".to_owned(),
            }],
        }],
        throttled: BTreeMap::new(),
        counts: Counts::default(),
        council: Arc::new(Federation::open(federation())),
        applications: Arc::default(),
        policy: Arc::default(),
        behind: 0,
        withheld: Vec::new(),
        recovery: None,
        arrival: Arrival::Complete,
        is_member: true,
        catalogues: 2,
        last_change: 0,
    }
}

/// What the address book has: a node that was reached, and one that can only
/// dial out.
fn known() -> Vec<KnownNode> {
    let bare = KnownNode {
        node: NodeId::from_bytes([9; 32]),
        peer_id: "12D3KooWOther".to_owned(),
        addresses: Vec::new(),
        agency: None,
        configured: false,
        connected: false,
        reached_at: None,
        failed_at: None,
        failures: 0,
        next_try_at: None,
        issued_at: Some(then()),
        expires_at: Some(then()),
    };
    let reached = KnownNode {
        node: NodeId::from_bytes([8; 32]),
        peer_id: "12D3KooWExample".to_owned(),
        addresses: vec!["/ip4/192.0.2.7/tcp/4801".to_owned()],
        agency: Some(AgencyId::from_bytes([3; 32])),
        configured: true,
        reached_at: Some(then()),
        failed_at: Some(then()),
        failures: 2,
        next_try_at: Some(then()),
        ..bare.clone()
    };
    vec![reached, bare]
}

/// The catalogue of the node's own agency.
pub(crate) const OWN: &str = include_str!("own.ttl");

/// The catalogue of another agency.
pub(crate) const OTHER: &str = include_str!("other.ttl");

/// Starts a node with both catalogues.
pub(crate) fn node() -> Node {
    let node = empty_node();
    {
        let mut world = node.world.lock().unwrap();
        let mut own = vec![profile(&node.own, "Sjöviks kommun")];
        own.extend(statements(OWN, &node.own));
        world.publish(true, &own);
        let mut other = vec![profile(&node.other, "Myndigheten för älvar")];
        other.extend(statements(OTHER, &node.other));
        world.publish(false, &other);
    }
    node
}

/// Starts a node that holds nothing.
pub(crate) fn empty_node() -> Node {
    start(false, Options::default(), STALL)
}

/// Starts a node that holds nothing and keeps no more than so many changes in
/// its log.
pub(crate) fn node_with_short_log(changes_max: u64) -> Node {
    start(false, Options { changes_max, ..Options::default() }, STALL)
}

/// Starts a node that holds nothing, and waits for a silent source longer than
/// any test lasts.
pub(crate) fn patient_node() -> Node {
    start(false, Options::default(), Duration::from_secs(60 * 60))
}

/// Starts a node whose search has not begun to take in what it holds.
pub(crate) fn node_without_search(datasets: usize) -> Node {
    let node = start(true, Options::default(), STALL);
    let each = |n| format!("<urn:x:{n}> a <http://www.w3.org/ns/dcat#Dataset> .\n");
    let turtle: String = (0..datasets).map(each).collect();
    if datasets > 0 {
        node.world.lock().unwrap().other_publishes(&turtle);
    }
    node
}

/// A change log in which nothing happens.
struct Nothing;

impl Source for Nothing {
    fn origin(&self) -> u64 {
        1
    }

    fn first_change(&self) -> Result<u64, SourceError> {
        Ok(1)
    }

    fn last_change(&self) -> Result<u64, SourceError> {
        Ok(0)
    }

    fn changes_after(&self, _: u64, _: usize) -> Result<Vec<(u64, EntityId)>, SourceError> {
        Ok(Vec::new())
    }

    fn entities(&self) -> Box<dyn Iterator<Item = Result<EntityId, SourceError>> + '_> {
        Box::new(core::iter::empty())
    }

    fn document(&self, _: &EntityId) -> Result<Option<Document>, SourceError> {
        Ok(None)
    }
}

fn start(stalled: bool, options: Options, pause: Duration) -> Node {
    start_at(stalled, options, pause, None)
}

/// Starts a node that holds nothing and is reached from outside at an address.
pub(crate) fn node_at(public_url: &str) -> Node {
    start_at(false, Options::default(), STALL, Some(public_url.to_owned()))
}

fn start_at(stalled: bool, options: Options, pause: Duration, public_url: Option<String>) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let (store, high_water) = (dir.path().join("store"), dir.path().join("high-water"));
    let opened = SledStore::open_with(&store, &high_water, federation(), options);
    let store = opened.unwrap().store;
    let search = Search::open(&dir.path().join("search")).unwrap();
    let indexer = if stalled {
        Indexer::start(Nothing, &search).unwrap()
    } else {
        Indexer::start(SearchSource::new(store.reader()), &search).unwrap()
    };
    let own = TestAgency::new(1, "2100-01-01T00:00:00Z");
    let other = TestAgency::new(3, "2026-01-02T00:00:00Z");
    let (own_id, other_id) = (own.id(), other.id());
    let (live, watched) = watch::channel(live());
    let history = History::default();
    let index = Index::new(IndexParts {
        own: own_id,
        federation: Belonging::Open("test".to_owned()),
        reader: store.reader(),
        search,
        indexer: indexer.notifier(),
        live: watched,
        known: watch::channel(Arc::new(known())).1,
        history: history.clone(),
        started_at: then(),
    });
    let keys = council_keys(&own, dir.path());
    let world =
        Arc::new(Mutex::new(World { store, indexer, own, other, live, stalled, commands: 0 }));
    let (commands, received) = mpsc::channel(8);
    tokio::spawn(drive(world.clone(), received));
    let access = Access::new(TOKEN, "/var/lib/dela/token".into(), vec!["data.example.org".into()])
        .at_public_url(public_url);
    let stop = CancellationToken::new();
    let home = Home::new(Belonging::Open("test".to_owned()));
    home.note(dir.path()).unwrap();
    let config = Config { data: dir.path().to_owned(), ..Config::default() };
    let place = Place::new(&config, &home);
    let domains = Domains::open(dir.path(), Networks::default(), None, stop.clone());
    let council = Council::new(index.clone(), commands.clone(), keys, place, domains);
    let publisher = Publisher::new(index.clone(), commands);
    let sources = Sources::open(&dir.path().join("sources"), publisher.shares().clone()).unwrap();
    let reach = Reach {
        networks: Networks::read(&["127.0.0.1".to_owned()]).unwrap(),
        limits: Limits { pause, ..Limits::default() },
        contact: None,
    };
    let keeper = Keeper::new(sources, publisher.clone(), own_id, reach, stop.clone());
    let withdrawals = Withdrawals::open(dir.path().join("withdrawals"), publisher.clone());
    let app = App::new(index.clone(), publisher.clone(), access, Metrics::new(), stop.clone());
    let app = app.keeping(keeper.clone()).withdrawing(withdrawals.clone());
    let app = app.governing(council);
    Node {
        router: router(app),
        world,
        own: own_id,
        other: other_id,
        stop,
        keeper,
        withdrawals,
        index,
        history,
        publisher,
        dir,
    }
}

/// Answers commands as the driver will.
async fn drive(world: Arc<Mutex<World>>, mut commands: mpsc::Receiver<Command>) {
    while let Some(command) = commands.recv().await {
        let mut world = world.lock().unwrap();
        let (statements, reply) = match command {
            Command::Publish { statements, reply } => (statements, reply),
            Command::Act { acts, reply } => {
                let mut council = Federation::clone(&world.live.borrow().council);
                let taken = council.take(&acts);
                world.live.send_modify(|live| live.council = Arc::new(council));
                let answer = taken
                    .map(drop)
                    .map_err(|(_, error)| CommandRefused::Refused(error.to_string()));
                assert!(reply.send(answer).is_ok(), "whoever asked waits for the answer");
                continue;
            }
            Command::Policy { policy, reply } => {
                let own = world.own.id();
                let answer = if policy.blocked.contains(&own) {
                    Err(CommandRefused::Refused("a node cannot block its own agency".to_owned()))
                } else {
                    world.live.send_modify(|live| live.policy = Arc::new(policy));
                    Ok(())
                };
                assert!(reply.send(answer).is_ok(), "whoever asked waits for the answer");
                continue;
            }
            Command::ChangeKey { reply, .. } => {
                let refused = Err(CommandRefused::NotYet("no peer has confirmed it".to_owned()));
                assert!(reply.send(refused).is_ok(), "whoever asked waits for the answer");
                continue;
            }
        };
        world.commands += 1;
        let answer = if statements.iter().any(|said| said.iri.contains("too-many")) {
            Err(PublishRefused::TooMany { records: 1_000_001, records_max: 1_000_000 })
        } else {
            Ok(Published { position: world.publish(true, &statements) })
        };
        assert!(reply.send(answer).is_ok(), "whoever asked waits for the answer");
    }
}
