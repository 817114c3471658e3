//! A running node: made from settings, stopped in order.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use dela_protocol::agency::profile_iri;
use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node as Subject, Object};
use dela_protocol::federation::Federation;
use dela_protocol::id::{AgencyId, FederationId};
use dela_protocol::record::{Position, RecordKind, Statement};
use dela_protocol::replica::{PolicyError, Replica};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::belonging::moving::{self, Carry};
use crate::belonging::{Belonging, BelongingError, Home};
use crate::config::{Config, ConfigError};
use crate::council::{self, Council, Place};
use crate::domain::Domains;
use crate::driver::{Driver, DriverParts, now};
use crate::fetch::Networks;
use crate::history::{self, History};
use crate::http::{self, Access, App};
use crate::identity::{Identity, IdentityError};
use crate::index::{Index, IndexParts, Live, SearchSource};
use crate::network::{Network, NetworkConfig, NetworkError};
use crate::opening::Opening;
use crate::policy::{self, PolicyFileError};
use crate::publish::{self, Publisher, Withdrawals};
use crate::search::indexer::{Indexer, IndexerError};
use crate::search::{Search, SearchError};
use crate::source::{Keeper, Reach, Sources};
use crate::storage::{Options, Reader, SledStore, StoreError};
use crate::telemetry::{Counts, Metrics};

/// Commands that wait for the loop; each is one request of a client who waits,
/// and publishing takes them one at a time.
const COMMANDS_MAX: usize = 16;

/// Why a node did not start, or did not stop in order.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder's identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The federation it belongs to.
    #[error(transparent)]
    Belonging(#[from] BelongingError),
    /// What the operator lets in.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The search index.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// What follows the store for the search.
    #[error(transparent)]
    Indexer(#[from] IndexerError),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The address of the HTTP side.
    #[error("HTTP cannot be served at {address}: {source}")]
    Http {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The agency's profile could not be published.
    #[error("the agency's profile cannot be published: {0}")]
    Profile(String),
    /// Something else of the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl StartError {
    /// Returns the exit code of the daemon.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Identity(_)
            | Self::Belonging(_)
            | Self::Policy(_)
            | Self::Network(_)
            | Self::Http { .. } => 2,
            Self::Store(_)
            | Self::Search(_)
            | Self::Indexer(_)
            | Self::Profile(_)
            | Self::System { .. } => 1,
        }
    }

    /// Returns whether the store is held by who had it before.
    pub fn is_held(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::InUse { .. })
                | Self::Belonging(BelongingError::Store(StoreError::InUse { .. }))
        )
    }

    /// Returns what to do about it, where the error does not say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Http { source, .. } if source.kind() == io::ErrorKind::AddrInUse => Some(
                "another program, perhaps another delad, is using the address: choose one with \
                 --http 127.0.0.1:PORT"
                    .to_owned(),
            ),
            Self::Http { .. } => Some("choose another address with --http".to_owned()),
            Self::Network(NetworkError::Listen { .. }) => Some(
                "if another program, perhaps another delad, listens there: choose another address \
                 with --listen /ip4/0.0.0.0/tcp/PORT"
                    .to_owned(),
            ),
            Self::Network(_) => Some(
                "addresses look like /ip4/192.0.2.1/tcp/4801; see --listen and --peer".to_owned(),
            ),
            Self::Config(_)
            | Self::Identity(_)
            | Self::Belonging(_)
            | Self::Policy(_)
            | Self::Store(_)
            | Self::Search(_)
            | Self::Indexer(_)
            | Self::Profile(_)
            | Self::System { .. } => None,
        }
    }
}

/// How a node begins that holds less than its agency has published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beginning {
    /// It waits for the agency's catalogue to come back from its peers.
    #[default]
    Usual,
    /// It goes on without: what was published before and is nowhere any more is
    /// given up, and what other nodes still hold of it is replaced.
    Anew,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    http: SocketAddr,
    data: PathBuf,
    agency: AgencyId,
    is_new: bool,
    live: watch::Receiver<Live>,
    stop: CancellationToken,
    driver: oneshot::Receiver<Result<(), StoreError>>,
    driver_ended: Option<Result<(), StoreError>>,
    server: JoinHandle<io::Result<()>>,
    indexer: Indexer,
    place: Place,
}

impl Node {
    /// Starts a node. Must be called within a multi-threaded tokio runtime.
    pub async fn start(config: Config, beginning: Beginning) -> Result<Self, StartError> {
        // First, since it fails most often: a start that fails makes no agency.
        let (listener, address) = listen(config.http).await?;
        let Beginner { identity, home, has_published } = begin(&config)?;
        let agency = identity.agency.id();

        let store = open_store(&config, home.federation.id())?;
        let reader = store.reader();
        let settings = network_config(&config, &identity, &home);
        let mut opening = opening(&config, &reader, agency)?;
        let confirming = Confirming::of(has_published, &opening, &settings, &home);
        let mut replica =
            open_replica(&config, store, &identity, &home.federation, confirming, beginning)?;
        opening.publish(&mut replica, &reader, now())?;
        let network = Network::start(settings)?;
        replica.introduce_as(network.node_id());
        let keys = council_keys(&config, &identity);
        apply(&mut replica, &keys)?;
        let search = Search::open(&config.data.join("search"))?;
        let (live_sender, live) =
            watch::channel(first_look(&replica, &reader, &network, &opening)?);
        let indexer = Indexer::start(SearchSource::new(reader.clone()), &search)?;
        let history = History::open(&config.data.join(history::FILE_NAME));
        let index = Index::new(IndexParts {
            own: agency,
            federation: home.federation.clone(),
            reader: reader.clone(),
            search,
            indexer: indexer.notifier(),
            live: live.clone(),
            known: network.known(),
            history: history.clone(),
            started_at: now(),
        });
        let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
        let stop = CancellationToken::new();
        let place = Place::new(&config, &home);
        tokio::spawn(history::follow(index.clone(), history, stop.clone()));
        let council = council(&config, index.clone(), commands.clone(), keys, &place, &stop)?;
        let publisher = Publisher::new(index.clone(), commands);
        let keeper = keeper(&config, publisher.clone(), agency, stop.clone())?;
        keeper.start();
        let access = access(&config, &identity, address);
        let withdrawals = withdrawals(&config, publisher.clone(), stop.clone());
        let app = App::new(index, publisher, access, Metrics::new(), stop.clone());
        let app = app.keeping(keeper).withdrawing(withdrawals).governing(council);
        let server = tokio::spawn(http::serve(listener, http::router(app), stop.clone()));
        let parts = DriverParts {
            replica,
            reader,
            network,
            commands: inbox,
            live: live_sender,
            search: indexer.notifier(),
            opening,
            stop: stop.clone(),
        };
        let driver = start_driver(Driver::new(parts), stop.clone())?;
        Ok(Self {
            http: address,
            data: config.data,
            agency,
            is_new: identity.is_new,
            live,
            stop,
            driver,
            driver_ended: None,
            server,
            indexer,
            place,
        })
    }

    /// Says on stderr what was made and where to find it.
    pub fn greet(&self) {
        let made = if self.is_new {
            format!(
                "made a new agency {}\nkeys and data are in {}: back up *.key and inception.cose\n",
                self.agency,
                self.data.display()
            )
        } else {
            String::new()
        };
        let text = format!("{made}serving http://{}\n", self.http);
        // Without a stderr there is nobody to greet.
        drop(io::stderr().write_all(text.as_bytes()));
    }

    /// Returns the address of the HTTP side.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Returns the agency it publishes for.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }

    /// Returns what the node is doing, as it changes.
    pub fn live(&self) -> watch::Receiver<Live> {
        self.live.clone()
    }

    /// Waits until the node ends by itself, because its store failed.
    pub async fn ended(&mut self) {
        if self.driver_ended.is_none() {
            let ended = (&mut self.driver).await.unwrap_or(Ok(()));
            self.driver_ended = Some(ended);
        }
    }

    /// Waits until somebody has said that the node is to move to another
    /// federation: it does when it is started again.
    pub fn moves(&self) -> impl Future<Output = ()> + use<> {
        let place = self.place.clone();
        async move { place.left().await }
    }

    /// Stops in order: no new requests, streams end, peers are told, the store
    /// is flushed.
    pub async fn stop(mut self) -> Result<(), StartError> {
        self.stop.cancel();
        self.ended().await;
        let served = self.server.await;
        self.indexer.stop();
        self.driver_ended.unwrap_or(Ok(()))?;
        match served {
            Ok(Err(source)) => Err(StartError::System { what: "serving HTTP".to_owned(), source }),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

/// Binds the address of the HTTP side, and returns which it is.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| StartError::Http { address, source })?;
    let address = listener.local_addr().map_err(system("asking for the HTTP address"))?;
    Ok((listener, address))
}

/// Joins what the council is asked and told by.
fn council(
    config: &Config,
    index: Index,
    commands: mpsc::Sender<publish::Command>,
    keys: council::Keys,
    place: &Place,
    stop: &CancellationToken,
) -> Result<Council, StartError> {
    let networks = Networks::read(&config.source_networks).map_err(ConfigError::from)?;
    let contact = config.public_url.clone();
    let domains = Domains::open(&config.data, networks, contact, stop.clone());
    Ok(Council::new(index, commands, keys, place.clone(), domains))
}

/// Returns who may ask what over HTTP.
fn access(config: &Config, identity: &Identity, address: SocketAddr) -> Access {
    Access::new(&identity.token, identity.token_file.clone(), hosts(config, address))
        .at_public_url(config.public_url.clone())
}

/// Who starts, and where.
struct Beginner {
    identity: Identity,
    home: Home,
    has_published: bool,
}

/// Moves the node, where it is to, and makes what is missing of an identity and a
/// home.
fn begin(config: &Config) -> Result<Beginner, StartError> {
    moving::carry_out(&config.data)?;
    let has_peers = !config.peers.is_empty();
    let home = Home::settled(&config.data, config.federation.as_deref(), has_peers)?;
    let mark = SledStore::begin(&high_water(config), Identity::exists(&config.data))?;
    let has_published = mark.published > Position::START;
    let identity = open_identity(config, has_published)?;
    let home = home.map_or_else(|| found_alone(config, &identity), Ok)?;
    Ok(Beginner { identity, home, has_published })
}

/// Founds a federation of this agency alone: a node that was told of no other
/// begins in its own, and can join another later.
fn found_alone(config: &Config, identity: &Identity) -> Result<Home, BelongingError> {
    let home = council_keys(config, identity).found_alone(now())?;
    home.note(&config.data)?;
    Ok(home)
}

/// Opens who the node is, with the passphrase that the settings name.
pub(crate) fn open_identity(
    config: &Config,
    has_published: bool,
) -> Result<Identity, IdentityError> {
    Identity::open(&config.data, has_published, config.passphrase_file.as_deref(), now())
}

/// Returns the file that says how far the agency has published.
pub(crate) fn high_water(config: &Config) -> PathBuf {
    config.data.join("high-water")
}

/// Opens the withdrawals that wait, and begins to sign what becomes due.
fn withdrawals(config: &Config, publisher: Publisher, stop: CancellationToken) -> Withdrawals {
    let file = config.data.join(publish::postponed::FILE_NAME);
    let withdrawals = Withdrawals::open(file, publisher);
    tokio::spawn(withdrawals.clone().follow(stop, now));
    withdrawals
}

/// Opens the sources, and who asks them.
fn keeper(
    config: &Config,
    publisher: Publisher,
    agency: AgencyId,
    stop: CancellationToken,
) -> Result<Keeper, StartError> {
    let sources = Sources::open(&config.data.join("sources"), publisher.shares().clone())
        .map_err(system("opening the sources"))?;
    let networks = Networks::read(&config.source_networks).map_err(ConfigError::from)?;
    let reach = Reach { networks, contact: config.public_url.clone(), ..Reach::default() };
    Ok(Keeper::new(sources, publisher, agency, reach, stop))
}

fn open_store(config: &Config, federation: FederationId) -> Result<SledStore, StartError> {
    let opened = SledStore::open_with(
        &config.data.join("store"),
        &high_water(config),
        federation,
        Options { cache_bytes: config.cache_bytes, ..Options::default() },
    )?;
    if let Some(folder) = opened.set_aside {
        tracing::error!(
            folder = %folder.display(),
            "the store was damaged and is set aside; the index is being fetched back from peers"
        );
    }
    Ok(opened.store)
}

fn network_config(config: &Config, identity: &Identity, home: &Home) -> NetworkConfig {
    let mut peers = config.peers.clone();
    peers.extend(home.peers.iter().filter(|peer| !config.peers.contains(peer)).cloned());
    NetworkConfig {
        agency: Some(identity.agency.id()),
        book: Some(config.data.join("address-book")),
        listen: config.listen.clone(),
        peers,
        external: config.external_addresses.clone(),
        mdns: config.mdns,
        discover: config.discover,
        ..NetworkConfig::new(identity.node.to_bytes(), home.federation.id())
    }
}

/// Returns how things are before the loop has turned once.
fn first_look(
    replica: &Replica<SledStore>,
    reader: &Reader,
    network: &Network,
    opening: &Opening,
) -> Result<Live, StoreError> {
    Ok(Live {
        cut_off: Vec::new(),
        throttled: std::collections::BTreeMap::new(),
        counts: Counts::default(),
        root: replica.root(),
        node: network.node_id(),
        addresses: Vec::new(),
        peers: Vec::new(),
        council: Arc::new(replica.federation().clone()),
        applications: Arc::default(),
        policy: Arc::new(replica.policy().clone()),
        behind: 0,
        withheld: Vec::new(),
        recovery: replica.recovery(),
        arrival: opening.arrival(),
        is_member: replica.belongs(),
        catalogues: 0,
        last_change: reader.last_change()?,
    })
}

/// Runs the loop on a thread of its own; see [`crate::driver`].
fn start_driver(
    driver: Driver,
    stop: CancellationToken,
) -> Result<oneshot::Receiver<Result<(), StoreError>>, StartError> {
    let (sender, receiver) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    thread::Builder::new()
        .name("driver".to_owned())
        .spawn(move || {
            let ended = runtime.block_on(driver.run());
            stop.cancel();
            // Whoever started the node may have gone.
            drop(sender.send(ended));
        })
        .map_err(system("starting the driver's thread"))?;
    Ok(receiver)
}

fn open_replica(
    config: &Config,
    store: SledStore,
    identity: &Identity,
    belonging: &Belonging,
    confirming: Confirming,
    beginning: Beginning,
) -> Result<Replica<SledStore>, StartError> {
    let own = (identity.agency.clone(), identity.signer.clone());
    let mut replica = Replica::open(store, belonging.federation(), Some(own), seed()?, now())?;
    let mut policy = policy::of_replica(&policy::read(&config.data)?);
    if !replica.federation().is_open() && policy.allowed.take().is_some() {
        // A list for the open federation that the node has left.
        tracing::warn!("the council decides who belongs: the list of allowed agencies is not used");
    }
    match replica.set_policy(policy, now()) {
        // There is nobody yet to be told anything.
        Ok(_) => {}
        Err(PolicyError::Store(error)) => return Err(error.into()),
        Err(error) => tracing::warn!(%error, "the policy of this node is not in force"),
    }
    let is_first = confirming.has_founded && is_alone(replica.federation(), &identity.agency.id());
    if confirming.must_confirm && !is_first {
        replica.confirm();
    }
    if beginning == Beginning::Anew {
        replica.begin_anew()?;
    }
    Ok(replica)
}

/// Whether a peer has to confirm the agency's catalogue before it may publish.
#[derive(Debug, Clone, Copy)]
struct Confirming {
    must_confirm: bool,
    /// Whether the node has just come to its federation, without having been told of
    /// anybody there, and nothing was published from this folder there.
    has_founded: bool,
}

impl Confirming {
    fn of(has_published: bool, opening: &Opening, settings: &NetworkConfig, home: &Home) -> Self {
        let has_moved = opening.has_moved();
        // Where there is anybody who could know more of our own catalogue. Keys
        // that moved may have been here before, with another folder.
        let must_confirm = (has_published || has_moved) && settings.knows_others();
        let has_founded = has_moved && !has_published && home.peers.is_empty();
        Self { must_confirm, has_founded }
    }
}

/// Returns whether nobody else can know anything that the agency has published in a
/// federation: it founded it, and has no other members yet.
fn is_alone(federation: &Federation, own: &AgencyId) -> bool {
    let has_signed =
        federation.founding_votes().iter().any(|(seat, vote)| seat.agency == *own && vote.is_for());
    has_signed && federation.members().all(|(member, _)| member == own)
}

/// Returns with what the agency signs for itself.
pub(crate) fn council_keys(config: &Config, identity: &Identity) -> council::Keys {
    council::Keys {
        folder: config.data.clone(),
        agency: identity.agency.clone(),
        publishing: identity.key.clone(),
        council: identity.council.clone(),
        passphrase: identity.passphrase.clone(),
        card: config.card(),
    }
}

/// Applies to the federation, where it has a council and that has not admitted
/// the agency.
fn apply(replica: &mut Replica<SledStore>, keys: &council::Keys) -> Result<(), StartError> {
    let federation = replica.federation();
    if federation.is_open() || federation.member(&keys.agency.id()).is_some() {
        return Ok(());
    }
    let card = keys.card(federation.id(), now());
    replica.apply_with(card.map_err(|error| StartError::Profile(error.to_string()))?);
    Ok(())
}

/// Returns what the agency has to say first.
fn opening(config: &Config, reader: &Reader, agency: AgencyId) -> Result<Opening, StartError> {
    let name = config.agency.as_deref();
    let profile = profile(reader, agency, name)?;
    let mut carry = Carry::pending(&config.data)?;
    if let Some(carry) = &mut carry {
        carry.arrive(reader, agency)?;
    }
    Ok(Opening::new(agency, profile, name.is_some(), carry))
}

/// Returns who the agency is, as a statement to be published where it is not
/// published already.
fn profile(
    reader: &Reader,
    agency: AgencyId,
    name: Option<&str>,
) -> Result<Option<Statement>, StartError> {
    let iri = profile_iri(&agency);
    let entity = dela_protocol::id::EntityId::of(&agency, &iri);
    if name.is_none() && reader.newest(&entity)?.is_some() {
        return Ok(None);
    }
    let unnamed = format!("Unnamed agency {}", agency.short());
    let subject = Subject::Iri(iri.clone());
    let triples = [
        (subject.clone(), term::RDF_TYPE.to_owned(), Object::Iri(term::FOAF_AGENT.to_owned())),
        (subject, term::FOAF_NAME.to_owned(), Object::plain(name.unwrap_or(&unnamed))),
    ];
    let description =
        Description::new(&iri, triples).map_err(|error| StartError::Profile(error.to_string()))?;
    Ok(Some(Statement::describe(RecordKind::Profile, &description)))
}

/// Returns the host names by which clients may address the HTTP side.
fn hosts(config: &Config, address: SocketAddr) -> Vec<String> {
    let mut hosts = config.hosts.clone();
    hosts.push(address.ip().to_string());
    hosts
}

fn seed() -> Result<u64, StartError> {
    getrandom::u64().map_err(|_| StartError::System {
        what: "asking the system for random bytes".to_owned(),
        source: io::Error::other("none given"),
    })
}

fn system(what: &'static str) -> impl FnOnce(io::Error) -> StartError {
    move |source| StartError::System { what: what.to_owned(), source }
}
