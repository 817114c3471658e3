//! From what libp2p reports to what the driver is told, and the housekeeping
//! that follows from it: dialling, asking for addresses, making room.
//!
//! Invariant: everything here is synchronous. An event that was taken from the
//! swarm is translated in full before anything is awaited, so a cancelled
//! [`Network::next`] loses none.

use std::io;
use std::time::{Duration, Instant};

use libp2p::core::ConnectedPoint;
use libp2p::core::transport::TransportError;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::request_response::{self, Message, OutboundFailure};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, identify, mdns, ping};

use super::address;
use super::behaviour::BehaviourEvent;
use super::codec::{self, Malformed, PeersCodec, SyncCodec};
use super::peers::ADDRESSES_PER_NODE_MAX;
use super::tables::{Pushed, Waiting};
use super::{Link, Network, NetworkEvent};

/// Why an address of our own is not dialled.
pub(super) const OURSELVES: &str = "it is our own address; it will not be dialled again";

/// Connections below which more are made: gossip keeps a mesh of six, and as
/// many again can die before anyone notices.
const CONNECTIONS_WANTED: usize = 12;

/// Connections above which no more are made, even if few of them are our own
/// choice.
const CONNECTIONS_ENOUGH: usize = 20;

/// Connections that are our own choice: whoever connects to us cannot be all we
/// see of the network.
const OUTBOUND_WANTED: usize = 4;

/// Dials from the book at the same time.
const BOOK_DIALS_MAX: usize = 8;

/// How often a peer is asked for addresses while connections are wanted, and
/// while there are enough.
const ASK_INTERVAL: Duration = Duration::from_secs(30);
const ASK_INTERVAL_CONTENT: Duration = Duration::from_secs(5 * 60);

/// The longest name of a software that is passed on.
const SOFTWARE_CHARS_MAX: usize = 64;

impl Network {
    pub(super) fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_connected(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.on_disconnected(peer_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                self.on_dial_failed(connection_id, &error);
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let own = *self.swarm.local_peer_id();
                let address = address.with_p2p(own).unwrap_or_else(|address| address).to_string();
                self.events.push_back(NetworkEvent::Listening { address });
            }
            SwarmEvent::ListenerClosed { listener_id, reason: Err(error), .. } => {
                self.listeners.retain(|listener| *listener != listener_id);
                self.events.push_back(NetworkEvent::ListenFailed { reason: error.to_string() });
            }
            SwarmEvent::ListenerError { error, .. } => {
                tracing::warn!(%error, "a connection could not be accepted");
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                tracing::debug!(%send_back_addr, %error, "an incoming connection failed");
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Sync(event) => self.on_sync(event),
            BehaviourEvent::Peers(event) => self.on_peers(event),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(peer_id, &info);
            }
            BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(ping::Failure::Timeout | ping::Failure::Other { .. }),
                ..
            }) => {
                // Reported from the second failure in a row: the other end is
                // gone, whatever the system believes.
                self.swarm.close_connection(connection);
            }
            BehaviourEvent::Mdns(mdns::Event::Discovered(found)) => {
                for (peer, place) in found {
                    self.book.add(peer, address::split(place).0);
                }
                self.seek();
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let now = Instant::now();
        let (place, outbound) = match endpoint {
            ConnectedPoint::Dialer { address, .. } => (address::split(address.clone()).0, true),
            ConnectedPoint::Listener { send_back_addr, .. } => (send_back_addr.clone(), false),
        };
        let Some(node) = address::node_of(&peer) else {
            // Cannot happen while libp2p is built with Ed25519 only.
            self.swarm.disconnect_peer_id(peer).ok();
            return;
        };
        self.book_dials.remove(&connection);
        self.dialler.connected(connection, peer, now);
        if outbound {
            self.book.reached(peer, &place);
        }
        if self.links.contains_key(&peer) {
            return;
        }
        self.events.push_back(NetworkEvent::Connected {
            node,
            peer_id: peer.to_string(),
            address: place.to_string(),
            outbound,
        });
        self.links.insert(peer, Link { node, place, outbound, since: now, software: None });
        if self.hush.is_hushed(&peer) {
            self.swarm.behaviour_mut().gossip.set_application_score(&peer, super::hush::SCORE);
        }
        self.ask_for_peers(peer);
    }

    fn on_disconnected(&mut self, peer: PeerId) {
        let Some(link) = self.links.remove(&peer) else { return };
        let (content, now) = (self.is_content(), Instant::now());
        self.dialler.disconnected(&peer, content, &mut self.chance, now);
        self.book.ended(&peer, now.duration_since(link.since), now);
        self.events.push_back(NetworkEvent::Disconnected { node: link.node });
        self.seek();
    }

    fn on_dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let now = Instant::now();
        if let Some(peer) = self.book_dials.remove(&connection) {
            tracing::debug!(%peer, %error, "a node of the book cannot be reached");
            self.book.failed(&peer, now);
            self.seek();
            return;
        }
        let content = self.is_content();
        let Some(place) = self.dialler.failed(connection, content, &mut self.chance, now) else {
            return;
        };
        let reason = match error {
            DialError::LocalPeerId { .. } | DialError::NoAddresses => {
                self.dialler.give_up(&place);
                OURSELVES.to_owned()
            }
            // Connected by another way: the dialler will see it.
            DialError::DialPeerConditionFalse(_) => return,
            _ => dial_reason(error),
        };
        self.events.push_back(NetworkEvent::DialFailed { address: place.to_string(), reason });
    }

    fn on_identified(&mut self, peer: PeerId, info: &identify::Info) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        let node = link.node;
        if !info.protocols.contains(&self.sync_protocol) {
            self.book.foreign(&peer, Instant::now());
            let reason = if info.protocol_version == "/dela/1" {
                "it belongs to another federation"
            } else {
                "it is no Dela node"
            };
            self.events.push_back(NetworkEvent::Foreign { node, reason: reason.to_owned() });
            self.swarm.disconnect_peer_id(peer).ok();
            return;
        }
        let printable = info.agent_version.chars().filter(|c| !c.is_control());
        let software: String = printable.take(SOFTWARE_CHARS_MAX).collect();
        if link.software.as_ref() != Some(&software) {
            link.software = Some(software.clone());
            self.events.push_back(NetworkEvent::Identified { node, software });
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let waiting = Waiting { message: message_id, from: propagation_source };
                let Some(from) = address::node_of(&propagation_source) else {
                    self.report(&waiting, MessageAcceptance::Ignore);
                    return;
                };
                let (token, evicted) = self.announcements.push(waiting);
                if let Some(evicted) = evicted {
                    self.dropped.announcements += 1;
                    self.report(&evicted, MessageAcceptance::Ignore);
                }
                let bytes = message.data;
                self.events.push_back(NetworkEvent::Announced { from, token, bytes });
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                if let Some(node) = address::node_of(&peer_id) {
                    let dropped = failed_messages.priority + failed_messages.non_priority;
                    self.events.push_back(NetworkEvent::SlowPeer { node, dropped });
                }
            }
            _ => {}
        }
    }

    fn on_sync(&mut self, event: EventOf<SyncCodec>) {
        match event {
            request_response::Event::Message {
                peer,
                message: Message::Request { request_id, request, channel },
                ..
            } => {
                let Some(node) = address::node_of(&peer) else { return };
                match request {
                    Ok(request) => match self.questions.push(request_id, peer, request, channel) {
                        Pushed::Ask(token, request) => {
                            let event = NetworkEvent::Requested { from: node, token, request };
                            self.events.push_back(event);
                        }
                        Pushed::Held => {}
                        Pushed::Dropped => self.dropped.questions += 1,
                    },
                    Err(malformed) => self.misbehaved(&peer, &malformed),
                }
            }
            request_response::Event::Message {
                message: Message::Response { request_id, response },
                ..
            } => {
                if let Some(id) = self.requests.remove(&request_id) {
                    self.events.push_back(NetworkEvent::Answered { id, response });
                }
            }
            request_response::Event::OutboundFailure { request_id, error, .. } => {
                if let Some(id) = self.requests.remove(&request_id) {
                    let (malformed, reason) = failure(&error);
                    self.dropped.malformed += u64::from(malformed);
                    self.events.push_back(NetworkEvent::Failed { id, malformed, reason });
                }
            }
            request_response::Event::InboundFailure { request_id, .. }
            | request_response::Event::ResponseSent { request_id, .. } => {
                self.questions.ended(request_id);
                while let Some((peer, token, request)) = self.questions.next_held() {
                    if let Some(from) = address::node_of(&peer) {
                        self.events.push_back(NetworkEvent::Requested { from, token, request });
                    }
                }
            }
        }
    }

    fn misbehaved(&mut self, peer: &PeerId, malformed: &Malformed) {
        if let Some(node) = address::node_of(peer) {
            self.dropped.malformed += 1;
            let reason = malformed.to_string();
            self.events.push_back(NetworkEvent::Misbehaved { node, reason });
        }
    }

    fn on_peers(&mut self, event: EventOf<PeersCodec>) {
        let (peer, message) = match event {
            request_response::Event::Message { peer, message, .. } => (peer, message),
            request_response::Event::OutboundFailure {
                peer,
                error: OutboundFailure::Io(error),
                ..
            } => {
                if let Some(malformed) = codec::blame(&error) {
                    self.misbehaved(&peer, malformed);
                }
                return;
            }
            _ => return,
        };
        let Some(place) = self.links.get(&peer).map(|link| link.place.clone()) else { return };
        match message {
            Message::Request { request: Ok(told), channel, .. } => {
                self.book.learn(told, &place);
                // From a random one on, so that not everybody is told the same.
                let start = self.chance.below(self.links.len());
                let (after, before) =
                    (self.links.keys().skip(start), self.links.keys().take(start));
                let others = after.chain(before).copied().filter(|other| *other != peer);
                let mut answer = self.introduction(&place);
                answer.extend(self.book.tell(others, &place));
                // Fails where the peer has gone already.
                self.swarm.behaviour_mut().peers.send_response(channel, answer).ok();
            }
            Message::Request { request: Err(malformed), .. } => {
                self.misbehaved(&peer, &malformed);
            }
            Message::Response { response, .. } => self.book.learn(response, &place),
        }
        self.seek();
    }

    /// Returns our own addresses, as far as a peer seen at `listener` can reach
    /// them.
    fn introduction(&self, listener: &Multiaddr) -> codec::Addresses {
        let suiting = self.own_addresses().filter(|own| address::suits(own, listener));
        suiting.take(ADDRESSES_PER_NODE_MAX).collect()
    }

    fn ask_for_peers(&mut self, peer: PeerId) {
        if !self.discover {
            return;
        }
        if let Some(link) = self.links.get(&peer) {
            let introduction = self.introduction(&link.place);
            self.swarm.behaviour_mut().peers.send_request(&peer, Ok(introduction));
        }
    }

    /// Whether we have all the connections that we want.
    fn is_content(&self) -> bool {
        let outbound = self.links.values().filter(|link| link.outbound).count();
        let connected = self.links.len();
        connected >= CONNECTIONS_ENOUGH
            || (connected >= CONNECTIONS_WANTED && outbound >= OUTBOUND_WANTED)
    }

    pub(super) fn on_tick(&mut self) {
        let now = Instant::now();
        self.on_hush_tick();
        self.dial_due();
        self.seek();
        self.make_room(now);
        let every = if self.is_content() { ASK_INTERVAL_CONTENT } else { ASK_INTERVAL };
        if self.asked_at.is_none_or(|at| now.duration_since(at) >= every) {
            self.asked_at = Some(now);
            let choice = self.chance.below(self.links.len());
            if let Some(peer) = self.links.keys().nth(choice).copied() {
                self.ask_for_peers(peer);
            }
        }
    }

    /// Dials the configured peers that are due.
    pub(super) fn dial_due(&mut self) {
        let now = Instant::now();
        while let Some((opts, _)) = self.dialler.due(|peer| self.links.contains_key(peer), now) {
            let connection = opts.connection_id();
            if let Err(error) = self.swarm.dial(opts) {
                self.on_dial_failed(connection, &error);
            }
        }
    }

    /// Dials nodes of the book while connections are wanted.
    fn seek(&mut self) {
        if !self.discover {
            return;
        }
        let now = Instant::now();
        while !self.is_content()
            && self.book_dials.len() < BOOK_DIALS_MAX
            && self.links.len() + self.book_dials.len() < CONNECTIONS_ENOUGH
        {
            let taken = |peer: &PeerId| {
                self.links.contains_key(peer) || self.book_dials.values().any(|dial| dial == peer)
            };
            let Some((peer, places)) = self.book.choose(taken, &mut self.chance, now) else {
                return;
            };
            let opts: DialOpts =
                DialOpts::peer_id(peer).addresses(places).allocate_new_port().build();
            let connection = opts.connection_id();
            match self.swarm.dial(opts) {
                Ok(()) => {
                    self.book_dials.insert(connection, peer);
                }
                Err(_) => self.book.failed(&peer, now),
            }
        }
    }

    /// Keeps room for newcomers: while more than three quarters of the inbound
    /// connections are taken, those that others made longest ago go, one a tick.
    fn make_room(&mut self, now: Instant) {
        let used = self.swarm.network_info().connection_counters().num_established_incoming();
        if used <= self.limits.inbound / 4 * 3 {
            return;
        }
        let spare = self.links.iter().filter(|(peer, link)| {
            !link.outbound
                && !self.dialler.wants(peer)
                && now.duration_since(link.since) >= ASK_INTERVAL
        });
        if let Some(peer) = spare.min_by_key(|(_, link)| link.since).map(|(peer, _)| *peer) {
            self.swarm.disconnect_peer_id(peer).ok();
        }
    }
}

type EventOf<C> = request_response::Event<
    <C as request_response::Codec>::Request,
    <C as request_response::Codec>::Response,
>;

/// Returns whether the peer is to blame for a failed question, and what
/// happened.
fn failure(error: &OutboundFailure) -> (bool, String) {
    match error {
        OutboundFailure::Io(error) => match codec::blame(error) {
            Some(malformed) => (true, malformed.to_string()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                (false, "the node ended the exchange without an answer".to_owned())
            }
            None => (false, error.to_string()),
        },
        OutboundFailure::UnsupportedProtocols => {
            (false, "the node does not speak the protocol of this federation".to_owned())
        }
        OutboundFailure::Timeout => (false, "the node did not answer in time".to_owned()),
        OutboundFailure::ConnectionClosed | OutboundFailure::DialFailure => {
            (false, "the connection closed before an answer came".to_owned())
        }
    }
}

fn dial_reason(error: &DialError) -> String {
    match error {
        DialError::WrongPeerId { obtained, .. } => {
            format!("another node answers there: {obtained}")
        }
        DialError::Transport(attempts) => {
            let reasons = attempts.iter().map(|(_, error)| transport_reason(error));
            reasons.collect::<Vec<_>>().join("; ")
        }
        DialError::Denied { .. } => "there are too many connections, or it is blocked".to_owned(),
        DialError::LocalPeerId { .. }
        | DialError::NoAddresses
        | DialError::DialPeerConditionFalse(_)
        | DialError::Aborted => error.to_string(),
    }
}

/// Says what a transport said, without the layers of wrapping around it.
pub(super) fn transport_reason(error: &TransportError<io::Error>) -> String {
    match error {
        TransportError::MultiaddrNotSupported(_) => "no transport for this address".to_owned(),
        TransportError::Other(error) => {
            let mut innermost: &dyn std::error::Error = error;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            innermost.to_string()
        }
    }
}
