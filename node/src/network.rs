//! The network: one libp2p swarm behind our own events, so that the driver
//! deals in nodes, announcements, questions and answers and knows no libp2p.
//!
//! The swarm is polled by [`Network::next`] and by nothing else. A driver that
//! is busy thereby slows down its peers instead of filling a queue: reading and
//! unpacking happen in the tasks of the connections, which wait for it.
//!
//! # Invariants
//!
//! - No libp2p type leaves this folder.
//! - A node is connected from its one [`NetworkEvent::Connected`] to its one
//!   [`NetworkEvent::Disconnected`], however many connections carry it.
//! - Each [`Network::request`] is followed by exactly one
//!   [`NetworkEvent::Answered`] or [`NetworkEvent::Failed`].
//! - An announcement goes no further before it is judged, and each question and
//!   announcement that waits for the driver has a place in a bounded table.

mod address;
mod behaviour;
mod book;
mod chance;
mod codec;
mod config;
mod dialler;
mod events;
mod exchange;
#[cfg(feature = "fuzz")]
pub(crate) mod fuzz;
mod hush;
mod known;
mod tables;
mod traffic;
mod transport;
mod upkeep;

use core::fmt;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use dela_protocol::id::{AgencyId, FederationId, NodeId};
use dela_protocol::key::SecretKey;
use dela_protocol::replica::Verdict;
use dela_protocol::wire::{Request, Response};
use futures::StreamExt as _;
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::{IdentTopic, MessageAcceptance};
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, identity};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use address::Purpose;
pub use address::{check_peer_address, stays_on_this_machine, widest_first};
use behaviour::Behaviour;
use book::Book;
use chance::Chance;
pub use config::{Limits, NetworkConfig, NetworkError, Pace, TransportKind};
use dialler::Dialler;
use exchange::Exchange;
use hush::Hush;
use known::Shown;
use tables::{Announcements, Blocked, Questions};
pub use traffic::Bytes;
use traffic::Traffic;
use upkeep::{BookDial, BookFile, Pulse};

/// How long [`Network::shutdown`] waits for connections to close.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// What happened on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkEvent {
    /// We can be reached here now.
    Listening {
        /// The address, with our `/p2p/<id>`.
        address: String,
    },
    /// A listener ended by itself.
    ListenFailed {
        /// What the system said.
        reason: String,
    },
    /// A node is now connected.
    Connected {
        /// The node.
        node: NodeId,
        /// The node as libp2p writes it.
        peer_id: String,
        /// Where it is, without `/p2p/<id>`.
        address: String,
        /// Whether we dialled it.
        outbound: bool,
    },
    /// The last connection to a node is gone. The questions that it had not
    /// answered fail, shortly before or after this.
    Disconnected {
        /// The node.
        node: NodeId,
    },
    /// A node said which software it runs.
    Identified {
        /// The node.
        node: NodeId,
        /// The software and its version, at most 64 characters.
        software: String,
    },
    /// A node is of no use to us, being of another federation or none; it is
    /// being disconnected.
    Foreign {
        /// The node.
        node: NodeId,
        /// Why.
        reason: String,
        /// Whether it is one that the operator told us of.
        is_configured: bool,
    },
    /// An announcement came; it goes on once it is judged.
    Announced {
        /// The node that passed it to us.
        from: NodeId,
        /// Names it in [`Network::judge`].
        token: u64,
        /// The announcement.
        bytes: Vec<u8>,
    },
    /// A node asks.
    Requested {
        /// The node.
        from: NodeId,
        /// Names the question in [`Network::respond`].
        token: u64,
        /// What it asks.
        request: Request,
    },
    /// A question of ours was answered.
    Answered {
        /// The question, as named in [`Network::request`].
        id: u64,
        /// The answer.
        response: Response,
    },
    /// A question of ours will not be answered.
    Failed {
        /// The question, as named in [`Network::request`].
        id: u64,
        /// Whether the peer sent what it must not.
        malformed: bool,
        /// What happened.
        reason: String,
    },
    /// A node sent a request that it must not.
    Misbehaved {
        /// The node.
        node: NodeId,
        /// What it did.
        reason: String,
    },
    /// A node does not take announcements as fast as they come; some were not
    /// sent to it.
    SlowPeer {
        /// The node.
        node: NodeId,
        /// How many.
        dropped: usize,
    },
    /// A configured peer could not be reached; it will be tried again, unless
    /// the address is our own.
    DialFailed {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
}

/// A node that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The node.
    pub node: NodeId,
    /// The node as libp2p writes it.
    pub peer_id: String,
    /// Where it is.
    pub address: String,
    /// Whether we dialled it.
    pub outbound: bool,
    /// The software it runs, once it has said so.
    pub software: Option<String>,
}

/// What was let go or refused since the start, by whomever it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Questions that found their table full.
    pub questions: u64,
    /// Announcements that had to make room unjudged.
    pub announcements: u64,
    /// Messages refused while they were read: too long, not unpacking to what
    /// they promise, or in no form that is known.
    pub malformed: u64,
    /// Times that a peer's gossip was not listened to any more.
    pub hushed: u64,
}

/// What is known of a connected peer.
#[derive(Debug)]
struct Link {
    node: NodeId,
    place: Multiaddr,
    outbound: bool,
    since: Instant,
    software: Option<String>,
}

/// The network of one node.
pub struct Network {
    swarm: Swarm<Behaviour>,
    listeners: Vec<ListenerId>,
    own: NodeId,
    key: SecretKey,
    federation: FederationId,
    agency: Option<AgencyId>,
    topic: IdentTopic,
    sync_protocol: libp2p::StreamProtocol,
    transport: TransportKind,
    discover: bool,
    limits: Limits,
    pace: Pace,
    events: VecDeque<NetworkEvent>,
    links: BTreeMap<PeerId, Link>,
    announcements: Announcements,
    questions: Questions,
    traffic: Traffic,
    hush: Hush,
    dropped: Dropped,
    requests: HashMap<libp2p::request_response::OutboundRequestId, u64>,
    blocked: Blocked,
    dialler: Dialler,
    book: Book,
    book_dials: HashMap<ConnectionId, BookDial>,
    dials_in_tick: usize,
    book_file: BookFile,
    exchange: Exchange,
    shown: Shown,
    pulse: Pulse,
    rotate_at: Option<Instant>,
    chance: Chance,
    tick: Interval,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("node", &self.own)
            .field("connected", &self.links.len())
            .finish_non_exhaustive()
    }
}

fn listen_on(swarm: &mut Swarm<Behaviour>, place: Multiaddr) -> Result<ListenerId, NetworkError> {
    let address = place.to_string();
    // libp2p shares its port with whoever shares theirs: two nodes could listen
    // at one address, and each would get some of the other's peers.
    if let Some(socket) = address::socket(&place) {
        std::net::TcpListener::bind(socket).map_err(|error| NetworkError::Listen {
            address: address.clone(),
            reason: error.to_string(),
        })?;
    }
    swarm
        .listen_on(place)
        .map_err(|error| NetworkError::Listen { address, reason: events::transport_reason(&error) })
}

impl Network {
    /// Starts to listen and, with the first [`Network::next`], to dial. Must be
    /// called within a tokio runtime.
    #[expect(clippy::needless_pass_by_value, reason = "a network owns its settings")]
    pub fn start(config: NetworkConfig) -> Result<Self, NetworkError> {
        let kind = config.transport;
        let read = |texts: &[String], purpose| {
            let parsed = texts.iter().map(|text| address::parse(text, purpose, kind));
            parsed.collect::<Result<Vec<_>, _>>()
        };
        let listen = read(&config.listen, Purpose::Listen)?;
        let peers = read(&config.peers, Purpose::Dial)?;
        let external = read(&config.external, Purpose::External)?;
        if peers.len() > config::TARGETS_MAX {
            return Err(NetworkError::TooManyPeers);
        }

        let key = identity::Keypair::ed25519_from_bytes(config.secret)
            .map_err(|error| NetworkError::Setup(error.to_string()))?;
        let peer = key.public().to_peer_id();
        let own = address::node_of(&peer)
            .ok_or_else(|| NetworkError::Setup("the node key has no node id".to_owned()))?;
        let behaviour = Behaviour::new(&config, &key)?;
        let traffic = Traffic::default();
        let mut swarm = transport::swarm(kind, &key, behaviour, &traffic)?;
        let listeners = listen
            .into_iter()
            .map(|place| listen_on(&mut swarm, address::split(place).0))
            .collect::<Result<_, _>>()?;
        for place in external {
            swarm.add_external_address(address::split(place).0);
        }
        let mut tick = interval(config.pace.tick);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut book = Book::new(peer, kind);
        let book_file = BookFile::open(config.book.clone(), &mut book, &config.federation);
        let mut network = Self {
            swarm,
            listeners,
            own,
            key: SecretKey::from_bytes(&config.secret),
            federation: config.federation,
            agency: config.agency,
            topic: behaviour::topic(&config.federation),
            sync_protocol: behaviour::sync_protocol(&config.federation)?,
            transport: kind,
            discover: config.discover,
            limits: config.limits,
            pace: config.pace,
            events: VecDeque::new(),
            links: BTreeMap::new(),
            announcements: Announcements::default(),
            questions: Questions::default(),
            traffic,
            hush: Hush::default(),
            dropped: Dropped::default(),
            requests: HashMap::new(),
            blocked: Blocked::default(),
            dialler: Dialler::default(),
            book,
            book_dials: HashMap::new(),
            dials_in_tick: 0,
            book_file,
            exchange: Exchange::default(),
            shown: Shown::default(),
            pulse: Pulse::default(),
            rotate_at: None,
            chance: Chance::new(),
            tick,
        };
        for place in peers {
            network.keep(place);
        }
        network.introduce();
        network.show();
        Ok(network)
    }

    /// Waits for what happens next. Nothing is lost when the wait is cancelled.
    pub async fn next(&mut self) -> NetworkEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                _ = self.tick.tick() => self.on_tick(),
            }
        }
    }

    /// Tells all nodes. Returns whether anybody was told: nobody is where
    /// nobody is connected, or when the announcement was made before.
    pub fn announce(&mut self, bytes: Vec<u8>) -> bool {
        let length = bytes.len();
        match self.swarm.behaviour_mut().gossip.publish(self.topic.hash(), bytes) {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(%error, length, "nobody was told an announcement");
                false
            }
        }
    }

    /// Passes an announcement on, or not. A token that is not known any more is
    /// ignored.
    pub fn judge(&mut self, token: u64, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        if let Some(waiting) = self.announcements.take(token) {
            self.report(&waiting, acceptance);
        }
    }

    fn report(&mut self, waiting: &tables::Waiting, acceptance: MessageAcceptance) {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.report_message_validation_result(&waiting.message, &waiting.from, acceptance);
    }

    /// Asks a connected node. [`NetworkEvent::Answered`] or
    /// [`NetworkEvent::Failed`] follows, with this `id`.
    pub fn request(&mut self, to: NodeId, id: u64, request: Request) {
        let peer = address::peer_of(&to).filter(|peer| self.links.contains_key(peer));
        if let Some(peer) = peer {
            let sent = self.swarm.behaviour_mut().sync.send_request(&peer, Ok(request));
            self.requests.insert(sent, id);
        } else {
            let reason = "the node is not connected".to_owned();
            self.events.push_back(NetworkEvent::Failed { id, malformed: false, reason });
        }
    }

    /// Answers a node. The answer is dropped if the node does not wait for it
    /// any more.
    pub fn respond(&mut self, token: u64, response: Response) {
        if let Some(channel) = self.questions.take(token) {
            let late = self.swarm.behaviour_mut().sync.send_response(channel, response).is_err();
            if late {
                tracing::debug!(token, "an answer came too late");
            }
        }
    }

    /// Ends all connections to a node. It may connect again.
    pub fn disconnect(&mut self, node: NodeId) {
        if let Some(peer) = address::peer_of(&node) {
            // Fails where the node is not connected: then it is as wished.
            self.swarm.disconnect_peer_id(peer).ok();
        }
    }

    /// Ends all connections to a node and lets it make no more, until a
    /// thousand others are blocked or the node restarts.
    pub fn block(&mut self, node: NodeId) {
        let Some(peer) = address::peer_of(&node) else { return };
        let behaviour = self.swarm.behaviour_mut();
        behaviour.blocked.block_peer(peer);
        if let Some(pardoned) = self.blocked.push(peer) {
            behaviour.blocked.unblock_peer(pardoned);
        }
    }

    /// Does not listen to a node's gossip for a while; it stays connected.
    pub fn hush(&mut self, node: NodeId, time: Duration) {
        let Some(peer) = address::peer_of(&node) else { return };
        let received = self.traffic.of(&peer).received;
        if self.hush.begin(peer, time, received, Instant::now()) {
            self.dropped.hushed += 1;
        }
        self.swarm.behaviour_mut().gossip.set_application_score(&peer, hush::SCORE);
    }

    /// Listens again to whom it is time to, and closes the connections of those
    /// that go on sending meanwhile.
    fn on_hush_tick(&mut self) {
        for peer in self.hush.ended(Instant::now()) {
            self.swarm.behaviour_mut().gossip.set_application_score(&peer, 0.0);
        }
        let traffic = self.traffic.clone();
        for peer in self.hush.stubborn(|peer| traffic.of(peer).received) {
            tracing::info!(%peer, "closing the connections of a node that goes on flooding");
            self.swarm.disconnect_peer_id(peer).ok();
        }
    }

    /// Returns how many bytes passed between us and a node since it connected.
    pub fn bytes(&self, node: &NodeId) -> Bytes {
        address::peer_of(node).map(|peer| self.traffic.of(&peer)).unwrap_or_default()
    }

    /// Returns how many bytes passed between us and all nodes since the start.
    pub fn bytes_total(&self) -> Bytes {
        self.traffic.total()
    }

    /// Returns what was let go or refused since the start.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Adds a peer to dial and to keep dialling.
    pub fn dial(&mut self, address: &str) -> Result<(), NetworkError> {
        let place = address::parse(address, Purpose::Dial, self.transport)?;
        if self.dialler.count() >= config::TARGETS_MAX {
            return Err(NetworkError::TooManyPeers);
        }
        self.keep(place);
        self.dial_due();
        Ok(())
    }

    fn keep(&mut self, place: Multiaddr) {
        let (place, expected) = address::split(place);
        if expected.as_ref() == Some(self.swarm.local_peer_id()) {
            self.events.push_back(NetworkEvent::DialFailed {
                address: place.to_string(),
                reason: events::OURSELVES.to_owned(),
            });
        } else {
            if let Some(peer) = &expected {
                // A seed is let in however many others are here.
                self.swarm.behaviour_mut().limits.bypass_peer_id(peer);
            }
            self.dialler.add(place, expected, Instant::now());
        }
    }

    /// Returns our node id.
    pub fn node_id(&self) -> NodeId {
        self.own
    }

    /// Returns our node id as libp2p writes it.
    pub fn peer_id(&self) -> String {
        self.swarm.local_peer_id().to_string()
    }

    /// Returns the addresses we can be dialled at, with `/p2p/<id>`: the
    /// external ones first, then those we listen on.
    pub fn addresses(&self) -> Vec<String> {
        self.own_addresses().map(|address| address.to_string()).collect()
    }

    fn own_addresses(&self) -> impl Iterator<Item = Multiaddr> {
        let own = *self.swarm.local_peer_id();
        let places = self.swarm.external_addresses().chain(self.swarm.listeners());
        places.filter_map(move |place| place.clone().with_p2p(own).ok())
    }

    /// Returns the nodes that are connected.
    pub fn connections(&self) -> Vec<Peer> {
        let peers = self.links.iter().map(|(peer, link)| Peer {
            node: link.node,
            peer_id: peer.to_string(),
            address: link.place.to_string(),
            outbound: link.outbound,
            software: link.software.clone(),
        });
        peers.collect()
    }

    /// Leaves: tells the peers, closes listeners and connections, and waits
    /// until they are closed, but no longer than three seconds.
    pub async fn shutdown(mut self) {
        self.swarm.behaviour_mut().gossip.unsubscribe(&self.topic);
        for listener in std::mem::take(&mut self.listeners) {
            self.swarm.remove_listener(listener);
        }
        let peers: Vec<_> = self.swarm.connected_peers().copied().collect();
        for peer in peers {
            // Fails where the peer has gone already.
            self.swarm.disconnect_peer_id(peer).ok();
        }
        let closed = timeout(SHUTDOWN_TIMEOUT, async {
            while self.swarm.network_info().num_peers() > 0 {
                if let SwarmEvent::ConnectionEstablished { peer_id, .. } =
                    self.swarm.select_next_some().await
                {
                    self.swarm.disconnect_peer_id(peer_id).ok();
                }
            }
        });
        if closed.await.is_err() {
            tracing::info!("some connections did not close in time");
        }
        self.book_file.close(&self.book).await;
    }
}
